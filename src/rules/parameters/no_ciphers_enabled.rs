//! nginx's settings leave no cipher suite that its TLS versions could use.
//!
//! # What it means
//! nginx did not send a byte: none of the suites of `proxy_ssl_ciphers` works with the versions of
//! `proxy_ssl_protocols`.
//!
//! # Evidence
//! The library's own "no ciphers available" before any ClientHello. It has no other meaning.
//!
//! # Why it happens
//! AES-GCM suites, which TLS 1.2 brought, with `proxy_ssl_protocols TLSv1;`; a security level that
//! excludes every suite; an empty `Ciphersuites` for TLS 1.3.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_ciphers HIGH:!aNULL:!MD5;`. The suites of TLS 1.3 are
//! not in that list: if `proxy_ssl_conf_command Ciphersuites` names none, that line must go.
//!
//! # Dead ends
//! The upstream has not been asked anything yet: nothing on its side is at fault.
//!
//! # References
//! OpenSSL ciphers(1), SSL_CTX_set_ciphersuites(3).

use super::cipher_mismatch::TLS13_SUITES;
use crate::facts::Facts;
use crate::registry::SslReason;
use crate::rules::wording::constant;
use crate::rules::{command, Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "no_ciphers_enabled",
    family: Family::Parameters,
    dead_ends: &["proxy_ssl_verify off;", "restarting nginx"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.ssl_reason() != Some(SslReason::NO_CIPHERS_AVAILABLE) {
        return None;
    }
    let remedy = match facts.recording.settings.tls13_suites {
        Some(0) => command(facts, "conf_command Ciphersuites", &TLS13_SUITES),
        _ => Remedy::paste(
            facts,
            ["protocols TLSv1.2 TLSv1.3", "ciphers HIGH:!aNULL:!MD5"],
        ),
    };
    Some(Draft::new(
        Confidence::Certain,
        constant("nginx has no cipher suite to offer: none that is enabled works with the TLS versions enabled"),
        &[Evidence::LibraryReasonIsSpecific],
        remedy,
    ))
}
