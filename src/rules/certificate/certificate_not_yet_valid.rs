//! The upstream's certificate is not valid yet.
//!
//! # What it means
//! nginx verifies the upstream and the validity period of a certificate in its chain has not begun.
//!
//! # Evidence
//! X509_V_ERR_CERT_NOT_YET_VALID (9) in a verification of the same chain.
//!
//! # Why it happens
//! A certificate was made for later, or the clock of the nginx host or of the authority is wrong.
//!
//! # Workaround
//! Check the clock of the nginx host; else the upstream must present a valid certificate.
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
    name: "certificate_not_yet_valid",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::NotYetValid)?;
    let sentence = move || {
        format!(
            "upstream certificate {} is not valid before {}",
            found.certificate(),
            day(found.shown().map_or(0, |one| one.not_before))
        )
    };
    let remedy = Remedy::manual(
        "check the clock of this host, else upstream must present a valid certificate",
    );
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
