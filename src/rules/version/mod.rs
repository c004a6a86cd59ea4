//! Protocol versions.

pub(super) mod inappropriate_fallback;
pub(super) mod no_protocols_enabled;
pub(super) mod protocol_version_mismatch;
