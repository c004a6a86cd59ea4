//! nginx or its library gave up.

pub(super) mod local_error;
