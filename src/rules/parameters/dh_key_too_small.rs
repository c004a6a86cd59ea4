//! The upstream's Diffie-Hellman parameters are shorter than nginx's library accepts.
//!
//! # What it means
//! The server chose a DHE suite and sent parameters, often of 1024 bits, below the library's security
//! level. ECDHE suites do not use them.
//!
//! # Evidence
//! The library's own "dh key too small" during the key exchange. It has no other meaning.
//!
//! # Why it happens
//! A server that prefers DHE and still has the parameters of its first installation. Since Debian 10
//! and RHEL 8, and everywhere since OpenSSL 3.2, the default security level is 2: at least 2048 bits.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_ciphers <list>:!kDHE;`: then the server must choose ECDHE,
//! or TLS 1.3, whose groups are no server's own. Putting ECDHE first does not bind the server. If it then refuses the handshake it has nothing but DHE: it needs parameters of
//! 2048 bits or more. Until then 1024 bits pass with `@SECLEVEL=1` in the list, which weakens security.
//!
//! # Dead ends
//! Verification comes later. The parameters are the upstream's: a restart of nginx changes nothing.
//!
//! # References
//! RFC 7919; SSL_CTX_set_security_level(3); weakdh.org.

use crate::facts::{Facts, Offered};
use crate::registry::{CipherSuite, KeyExchange, ProtocolVersion};
use crate::rules::directive::Setting;
use crate::rules::version::both;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

/// SSL_R_DH_KEY_TOO_SMALL, and below 512 bits DH_R_MODULUS_TOO_SMALL of libcrypto (OpenSSL 3).
const TOO_SMALL: [(u32, u32); 2] = [(20, 394), (5, 126)];
/// Bytes of a list that is still spelled out: a directive is quoted up to 128 bytes.
const LONGEST_LIST: usize = 96;
/// Levels that are some build's default; another one was set on purpose and is kept.
const DEFAULT_LEVELS: [u32; 2] = [1, 2];

pub(crate) static RULE: Rule = Rule {
    name: "dh_key_too_small",
    family: Family::Parameters,
    dead_ends: &["proxy_ssl_verify off;", "restarting nginx"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    facts
        .library_error()
        .filter(|error| TOO_SMALL.contains(error))?;
    let suite = facts.chosen.as_ref().and_then(|chosen| chosen.cipher);
    let sentence = move || {
        let chosen = suite.map_or_else(String::new, |suite| format!(" (it chose {suite})"));
        format!(
            "upstream's Diffie-Hellman parameters are too short for nginx's TLS library{chosen}"
        )
    };
    let remedy = Remedy::paste(facts, without_its_parameters(facts)).with_action(
        "upstream needs ECDHE suites, or DH parameters of 2048 bits or more: while it has nothing \
             but DHE, only a lower @SECLEVEL in the list helps, which weakens security",
    );
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &[Evidence::LibraryReasonIsSpecific],
        remedy,
    ))
}

/// No DHE, and TLS 1.3, whose groups no server makes up, where that was not offered.
fn without_its_parameters(facts: &Facts<'_>) -> Vec<Setting> {
    let highest = facts.offered.as_ref().and_then(Offered::max_version);
    let lacks_tls13 = highest < Some(ProtocolVersion::TLS1_3);
    let mut settings = match lacks_tls13 {
        true => both(facts),
        false => Vec::new(),
    };
    settings.push(without_dhe(facts));
    settings
}

/// What was offered, less the DHE suites: a short list as it was, a long one by its usual name. Plain RSA
/// key exchange is in it only where it was offered.
fn without_dhe(facts: &Facts<'_>) -> Setting {
    let offered = facts.offered.as_ref();
    let has_rsa = offered.is_some_and(Offered::has_plain_rsa);
    let suites = offered.map(Offered::ciphers).unwrap_or_default();
    let others = suites.iter().filter(|suite| {
        !suite.is_tls13() && !suite.is_signal() && suite.key_exchange() != KeyExchange::Dhe
    });
    let names: Option<Vec<_>> = others.copied().map(CipherSuite::openssl_name).collect();
    let length = |names: &Vec<&str>| names.iter().map(|name| name.len() + 1).sum::<usize>();
    let setting = match names.filter(|names| !names.is_empty() && length(names) <= LONGEST_LIST) {
        Some(names) => Setting::list("ciphers", &names, ":"),
        None if has_rsa => "ciphers HIGH:!aNULL:!MD5:!kDHE".into(),
        None => "ciphers HIGH:!aNULL:!MD5:!kDHE:!kRSA".into(),
    };
    match facts.recording.settings.security_level {
        Some(level) if !DEFAULT_LEVELS.contains(&level) => setting.at_level(level),
        _ => setting,
    }
}
