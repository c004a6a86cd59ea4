//! nginx's settings and its TLS library leave no protocol version to offer.
//!
//! # What it means
//! nginx did not send a byte: every version that `proxy_ssl_protocols` enables is one that the library
//! does not have, or forbids.
//!
//! # Evidence
//! The library's own "no protocols available" before any ClientHello. It has no other meaning.
//!
//! # Why it happens
//! `proxy_ssl_protocols SSLv3;` with a library built without it; an old version under a security level
//! or a system-wide `MinProtocol` that excludes it; two directives whose ranges do not meet.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3;`. An upstream that has neither must be upgraded; until then
//! `@SECLEVEL=0` in `proxy_ssl_ciphers` lets OpenSSL 3 offer TLS 1.0 and 1.1, which weakens security.
//!
//! # Dead ends
//! The upstream has not been asked anything yet: nothing on its side is at fault.
//!
//! # References
//! OpenSSL SSL_CONF_cmd(3), MinProtocol; SSL_CTX_set_security_level(3); RFC 7568.

use crate::facts::Facts;
use crate::registry::SslReason;
use crate::rules::wording::constant;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "no_protocols_enabled",
    family: Family::Version,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.ssl_reason() != Some(SslReason::NO_PROTOCOLS_AVAILABLE) {
        return None;
    }
    let remedy = Remedy::paste(facts, super::both(facts)).with_action(
        "where it stays so, a MinProtocol or MaxProtocol in openssl.cnf or in a conf_command excludes \
         both versions, and an upstream that has neither must be upgraded, and meanwhile @SECLEVEL=0 in \
         the list of ciphers lets OpenSSL 3 offer TLS 1.0 and 1.1, which weakens security",
    );
    Some(Draft::new(
        Confidence::Certain,
        constant(
            "nginx has no TLS version to offer: the library excludes every one that is enabled",
        ),
        &[Evidence::LibraryReasonIsSpecific],
        remedy,
    ))
}
