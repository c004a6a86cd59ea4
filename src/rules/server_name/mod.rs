//! Server name indication.

pub(super) mod sni_missing;
pub(super) mod sni_unrecognized;
