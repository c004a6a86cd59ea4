//! A key or signature in the upstream's chain is too weak for nginx's security level.
//!
//! # What it means
//! OpenSSL's security level (2 on Debian) refuses short keys and old digests.
//!
//! # Evidence
//! X509_V_ERR_EE_KEY_TOO_SMALL, CA_KEY_TOO_SMALL or CA_MD_TOO_WEAK (66, 67, 68) in a verification of the
//! same chain.
//!
//! # Why it happens
//! Certificates of an old authority: RSA below 2048 bits, or signatures with SHA-1 or MD5.
//!
//! # Workaround
//! The upstream must have its certificate issued again. Lowering the level with `@SECLEVEL` weakens every
//! handshake of this location.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! OpenSSL SSL_CTX_set_security_level(3).

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};
use crate::text::quote;

pub(crate) static RULE: Rule = Rule {
    name: "certificate_too_weak",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::TooWeak)?;
    let sentence = move || {
        format!(
            "upstream certificate {} is too weak for security level {} ({} bit, {})",
            found.certificate(),
            facts.recording.settings.security_level.unwrap_or(0),
            found.shown().map_or(0, |one| one.key_bits),
            quote(
                found
                    .shown()
                    .map_or("", |one| one.signature_algorithm.raw())
            )
        )
    };
    let remedy = Remedy::manual(
        "upstream must have its certificate issued again with a stronger key and digest",
    );
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
