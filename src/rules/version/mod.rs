//! Protocol versions.

pub(super) mod inappropriate_fallback;
pub(super) mod no_protocols_enabled;
pub(super) mod protocol_version_mismatch;

use crate::facts::Facts;
use crate::rules::{Remedy, Security};

/// Lets OpenSSL 3 sign, and accept signatures, as TLS 1.0 and 1.1 do. With RSA key exchange there are none,
/// but an upstream that chose otherwise need not have it: of the two fixes, neither of which is free, the one
/// that always works is printed.
pub(super) fn enable_old_signatures(facts: &Facts<'_>) -> Remedy {
    Remedy::paste(facts, ["ciphers DEFAULT:@SECLEVEL=0"])
        .with_security(Security::Weakens)
        .with_action(
            "upstream must be upgraded to TLS 1.2 or newer: the fix is for the meantime, and where the \
             upstream has RSA key exchange, ciphers HIGH:!aNULL:!MD5:!kDHE:!kECDHE keeps the level",
        )
}
