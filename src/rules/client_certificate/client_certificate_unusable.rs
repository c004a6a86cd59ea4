//! nginx holds a client certificate that it could not use with this upstream.
//!
//! # What it means
//! The upstream asked for a certificate, nginx is configured with one, and its TLS library sent none: with
//! this key it cannot sign in any way that both sides allow.
//!
//! # Evidence
//! A CertificateRequest came, the context holds a client certificate, and an empty Certificate went out.
//!
//! # Why it happens
//! A `SignatureAlgorithms` command that excludes the key's kind, a key of a kind or size that the upstream
//! or the security level does not allow, or a TLS version without a signature for it.
//!
//! # Workaround
//! `proxy_ssl_conf_command SignatureAlgorithms <list>;` with algorithms of the key's kind, where the list is
//! nginx's. Otherwise a certificate with another key. In TLS 1.0 and 1.1, which sign with SHA-1, OpenSSL 3
//! also takes `proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;`, which weakens security.
//!
//! # Dead ends
//! The same certificate a second time is not sent either.
//!
//! # References
//! RFC 8446 sections 4.3.2 and 4.4.2; RFC 5246 section 7.4.4; OpenSSL SSL_CTX_set1_sigalgs(3).

use crate::facts::{Breadth, Facts, Offered};
use crate::registry::ProtocolVersion;
use crate::rules::parameters::signature_algorithm_mismatch::wider;
use crate::rules::version::enable_old_signatures;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_certificate_unusable",
    family: Family::ClientCertificate,
    dead_ends: &["proxy_ssl_certificate ...;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    facts.certificate_request.as_ref()?;
    let failed =
        facts.received().is_some() || facts.closed_silently() || super::page(facts).is_some();
    if !super::holds_one_unused(facts) || !failed || facts.rejected_chain().is_some() {
        return None;
    }
    let is_narrow = facts
        .offered
        .as_ref()
        .map(Offered::signature_breadth)
        .is_some_and(|breadth| breadth > Breadth::Full);
    let (why, remedy) = match is_narrow {
        _ if level_excludes_old_signatures(facts) => (
            "its TLS library does not sign as TLS 1.0 and 1.1 do",
            enable_old_signatures(facts),
        ),
        true => (
            "nginx's list of signature algorithms has none for its key",
            wider(facts),
        ),
        false => (
            "upstream's request and its key have no signature algorithm in common",
            Remedy::manual(
                "nginx needs a client certificate with a key of a kind the upstream takes",
            ),
        ),
    };
    let sentence = move || {
        format!(
            "upstream asked for a client certificate and nginx sent none, though it has one: {why}{}",
            super::answer(facts)
        )
    };
    Some(Draft::new(
        Confidence::Likely,
        sentence,
        &[
            Evidence::CertificateRequested,
            Evidence::CertificateConfigured,
            Evidence::NoCertificateSent,
        ],
        remedy,
    ))
}

/// Before TLS 1.2 keys sign with SHA-1, which OpenSSL 3 does at level 0 only.
fn level_excludes_old_signatures(facts: &Facts<'_>) -> bool {
    let chosen = facts.chosen.as_ref().and_then(|chosen| chosen.version);
    let is_old = chosen.is_some_and(|version| version < ProtocolVersion::TLS1_2);
    is_old && facts.is_openssl3() && facts.recording.settings.security_level != Some(0)
}
