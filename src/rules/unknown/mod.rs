//! Nothing decides.

pub(super) mod unknown;
