//! Protocol versions.

pub(super) mod protocol_version_mismatch;
