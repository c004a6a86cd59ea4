//! Only TLS 1.1 and older are allowed, which OpenSSL 3 refuses at its default security level.
//!
//! # Why
//! From OpenSSL 3.0 on, signatures with SHA-1 are too weak for security level 1, and TLS 1.1 and
//! older have no others: suites that sign their key exchange (ECDHE, DHE) fail. RSA key exchange
//! needs no signature and works with 3.0. From 3.1 on these versions are of level 0 only, whatever
//! the suite.
//!
//! # What to write
//! Let the upstream speak TLS 1.2: `proxy_ssl_protocols TLSv1.2 TLSv1.3;`. Where it cannot, RSA key
//! exchange if nginx runs with OpenSSL 3.0: `proxy_ssl_ciphers kRSA;`. With a newer one only a lower
//! level is left, which weakens security: `proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;`.
//!
//! # How it is known
//! CHANGES.md of OpenSSL 3.0 and 3.1; tried end to end with 3.0 and 3.5.

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "legacy_needs_seclevel",
    severity: Severity::Error,
    run,
};

const LEGACY: [&[u8]; 4] = [b"SSLv2", b"SSLv3", b"TLSv1", b"TLSv1.1"];

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls.directive("protocols")?;
        let versions = tls.protocols()?;
        let legacy = |version: &&[u8]| LEGACY.iter().any(|one| version.eq_ignore_ascii_case(one));
        if versions.is_empty() || !versions.iter().all(legacy) || is_prepared(&tls) {
            return None;
        }
        let message = "OpenSSL 3 refuses TLS 1.1 and older at its default security level, \
                       except 3.0 with RSA key exchange";
        let both = rewritten_versions(&tls);
        let ciphers = tls.name_of("ciphers");
        Some(
            Draft::new(Severity::Error, directive, message)
                .help(both)
                .help(format!("{ciphers} kRSA; (OpenSSL 3.0)"))
                .help(format!(
                    "{ciphers} DEFAULT:@SECLEVEL=0; (newer, weakens security)"
                ))
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

fn rewritten_versions(tls: &UpstreamTls<'_, '_>) -> String {
    format!("{} TLSv1.2 TLSv1.3;", tls.name_of("protocols"))
}

/// Level 0 is set, or no suite is left that signs: whether that is enough depends on OpenSSL's version,
/// which the configuration does not tell.
fn is_prepared(tls: &UpstreamTls<'_, '_>) -> bool {
    let commands = tls.conf_commands();
    let mut texts = commands
        .iter()
        .map(|(_, _, value)| *value)
        .chain(tls.ciphers());
    texts.any(|text| {
        let text = String::from_utf8_lossy(text).to_ascii_uppercase();
        let mut suites = text
            .split([':', ',', ' '])
            .filter(|suite| !suite.starts_with(['!', '-', '@']));
        text.contains("@SECLEVEL=0") || suites.all(|suite| RSA_ONLY.contains(&suite))
    })
}

/// Suites and groups of them with RSA key exchange, in upper case.
const RSA_ONLY: &[&str] = &[
    "KRSA",
    "RSA",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
    "CAMELLIA128-SHA",
    "CAMELLIA256-SHA",
    "RC4-SHA",
    "RC4-MD5",
    "SEED-SHA",
];
