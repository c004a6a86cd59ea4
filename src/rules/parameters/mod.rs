//! Ciphers, groups, signatures and other negotiated parameters.

pub(super) mod cipher_mismatch;
