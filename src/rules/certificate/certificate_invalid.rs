//! The upstream's certificate failed verification for a reason without a diagnosis of its own.
//!
//! # What it means
//! nginx verifies the upstream, and OpenSSL refused the chain.
//!
//! # Evidence
//! An X509_V_ERR code other than those that have their own name, with its depth.
//!
//! # Why it happens
//! Name constraints, path length, malformed extensions, unhandled critical extensions and others.
//!
//! # Workaround
//! The upstream must present a chain that verifies; the code says what is wrong with this one.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! OpenSSL X509_STORE_CTX_get_error(3).

use crate::facts::{Facts, Problem};
use crate::registry::X509Error;
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_invalid",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::Other)?;
    let sentence = move || {
        format!(
            "upstream certificate {} failed verification: {}({}) at depth {}",
            found.certificate(),
            X509Error(found.error.code),
            found.error.code,
            found.error.depth
        )
    };
    let remedy = Remedy::manual("upstream must present a chain that verifies");
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
