//! Protocol versions.

pub(super) mod inappropriate_fallback;
pub(super) mod no_protocols_enabled;
pub(super) mod protocol_version_mismatch;

use crate::facts::Facts;
use crate::registry::ProtocolVersion;
use crate::rules::directive::Setting;
use crate::rules::{Remedy, Security};

/// TLS 1.2 and 1.3, and what a command takes away of them.
pub(super) fn both(facts: &Facts<'_>) -> Vec<Setting> {
    let mut settings = vec!["protocols TLSv1.2 TLSv1.3".into()];
    settings.extend(without_bounds(facts));
    settings
}

/// nginx applies its commands last: what they leave out is not offered whatever `protocols` says.
fn without_bounds(facts: &Facts<'_>) -> Vec<Setting> {
    let mut settings = Vec::new();
    settings.extend(down_to(facts, ProtocolVersion::TLS1_2));
    let highest = facts.recording.settings.max_version.map(ProtocolVersion);
    if highest.is_some_and(|highest| highest < ProtocolVersion::TLS1_3) {
        settings.push("conf_command MaxProtocol TLSv1.3".into());
    }
    settings
}

/// The command that lets this version in, where a `MinProtocol` is above it.
fn down_to(facts: &Facts<'_>, version: ProtocolVersion) -> Option<Setting> {
    let lowest = facts.recording.settings.min_version.map(ProtocolVersion)?;
    let name = version.config_name().filter(|_| lowest > version)?;
    Some(Setting::list("conf_command MinProtocol", &[name], ""))
}

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
