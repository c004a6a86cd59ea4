//! A CRL nginx was given is out of date.
//!
//! # What it means
//! Revocation cannot be checked with a CRL whose nextUpdate has passed.
//!
//! # Evidence
//! X509_V_ERR_CRL_HAS_EXPIRED (12) or CRL_NOT_YET_VALID (11).
//!
//! # Why it happens
//! nginx reads CRLs when it loads its configuration; a job that fetches them must reload it too.
//!
//! # Workaround
//! Fetch the current CRL, and reload nginx.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 5280 section 5.1.2.5.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "crl_expired",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::CrlExpired)?;
    let sentence = move || {
        format!(
            "the CRL of {} that nginx was given is out of date",
            super::issuer(found.shown())
        )
    };
    let remedy = Remedy::manual("fetch the current CRL of that issuer and reload nginx");
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
