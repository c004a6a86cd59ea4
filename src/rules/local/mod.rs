//! nginx or its library gave up.

pub(super) mod client_key_failed;
pub(super) mod local_error;
