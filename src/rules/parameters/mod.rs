//! Ciphers, groups, signatures and other negotiated parameters.

pub(super) mod cipher_mismatch;
pub(super) mod no_ciphers_enabled;
