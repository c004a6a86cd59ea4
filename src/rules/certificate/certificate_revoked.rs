//! The upstream's certificate, or one above it, is revoked.
//!
//! # What it means
//! A CRL that nginx was given lists a certificate of the chain.
//!
//! # Evidence
//! X509_V_ERR_CERT_REVOKED (23) in a verification of the same chain.
//!
//! # Why it happens
//! The certificate was replaced and the server still presents the old one, or its key was compromised.
//!
//! # Workaround
//! The upstream must present a new certificate.
//!
//! # Dead ends
//! Removing the CRL or switching verification off accepts a certificate its authority withdrew.
//!
//! # References
//! RFC 5280 section 5; nginx `proxy_ssl_crl`.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_revoked",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;", "removing proxy_ssl_crl"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::Revoked)?;
    let sentence = move || format!("upstream certificate {} is revoked", found.certificate());
    let remedy = Remedy::manual("upstream must present a certificate that is not revoked");
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
