//! The upstream gave up for reasons of its own.

pub(super) mod handshake_failure_unspecified;
pub(super) mod insufficient_security;
pub(super) mod peer_access_denied;
pub(super) mod peer_internal_error;
pub(super) mod protocol_violation;
