//! The upstream does not support secure renegotiation.
//!
//! # What it means
//! The server's hello lacks the extension that binds a renegotiation to the connection it happens on.
//! Without it somebody on the path could put a request of his own before nginx's.
//!
//! # Evidence
//! The library's own "unsafe legacy renegotiation disabled" at the ServerHello. It has no other meaning.
//!
//! # Why it happens
//! The server's TLS code is from before 2010, often an appliance, or the extension is switched off.
//! OpenSSL 1.1.1 connected nevertheless; OpenSSL 3 refuses by default, so it appears with an upgrade.
//!
//! # Workaround
//! The upstream must be given RFC 5746. Until then, from nginx 1.19.4 on,
//! `proxy_ssl_conf_command Options UnsafeLegacyServerConnect;`, which weakens security.
//!
//! # Dead ends
//! Verification comes later, and no version or cipher up to TLS 1.2 makes the extension appear.
//!
//! # References
//! RFC 5746 section 3.4; OpenSSL migration_guide(7).

use crate::facts::Facts;
use crate::registry::SslReason;
use crate::rules::wording::constant;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule, Security};

/// The first version that knows the narrower of the two options by name.
const OPENSSL_3_0_4: u64 = 0x3000_0040;

pub(crate) static RULE: Rule = Rule {
    name: "legacy_renegotiation",
    family: Family::Parameters,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_ciphers ...;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.ssl_reason() != Some(SslReason::UNSAFE_LEGACY_RENEGOTIATION_DISABLED) {
        return None;
    }
    let upstream = "upstream needs TLS code with RFC 5746 (secure renegotiation)";
    // In OpenSSL 1.1.1 only a program can ask for the refusal, and only a program can lift it.
    let option = match facts.recording.environment.openssl {
        OPENSSL_3_0_4.. => "conf_command Options UnsafeLegacyServerConnect",
        _ => "conf_command Options UnsafeLegacyRenegotiation",
    };
    let remedy = match facts.has_conf_command() && facts.is_openssl3() {
        true => Remedy::paste(facts, [option])
            .with_security(Security::Weakens)
            .with_action(format!("{upstream}: the fix is for the meantime")),
        false => Remedy::manual(upstream),
    };
    Some(Draft::new(
        Confidence::Certain,
        constant("upstream does not support secure renegotiation (RFC 5746), and nginx's TLS library refuses \
         such servers"),
        &[Evidence::LibraryReasonIsSpecific],
        remedy,
    ))
}
