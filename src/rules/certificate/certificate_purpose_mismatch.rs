//! The upstream's certificate is not meant for a TLS server.
//!
//! # What it means
//! Its extended key usage, or its authority's, excludes server authentication.
//!
//! # Evidence
//! X509_V_ERR_INVALID_PURPOSE (26) in a verification of the same chain.
//!
//! # Why it happens
//! A client certificate was installed on the server, or a CA certificate lacks its CA flag.
//!
//! # Workaround
//! The upstream must present a certificate with serverAuth.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 5280 section 4.2.1.12.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_purpose_mismatch",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::Purpose)?;
    let sentence = move || {
        format!(
            "upstream certificate {} is not meant for a TLS server",
            found.certificate()
        )
    };
    let remedy = Remedy::manual("upstream must present a certificate with the serverAuth purpose");
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
