//! The upstream's certificate, or one above it, has expired.
//!
//! # What it means
//! nginx verifies the upstream and the validity period of a certificate in its chain is over.
//!
//! # Evidence
//! X509_V_ERR_CERT_HAS_EXPIRED (10) in a verification of the same chain, with the certificate and its
//! dates.
//!
//! # Why it happens
//! A missed renewal, a renewed file that the server has not loaded, or an expired intermediate in an old
//! bundle. A wrong clock on the nginx host looks the same.
//!
//! # Workaround
//! The upstream must renew (and load) its certificate.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 5280 section 4.1.2.5.

use crate::date::day;
use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_expired",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::Expired)?;
    let sentence = move || {
        format!(
            "upstream certificate {} expired on {}",
            found.certificate(),
            day(found.shown().map_or(0, |one| one.not_after))
        )
    };
    let remedy = Remedy::manual("upstream must renew its certificate and load it");
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
