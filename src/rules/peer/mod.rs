//! The upstream gave up for reasons of its own.

pub(super) mod handshake_failure_unspecified;
pub(super) mod insufficient_security;
