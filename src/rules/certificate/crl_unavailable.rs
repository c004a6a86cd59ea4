//! nginx was told to check revocation and has no CRL for an issuer of the chain.
//!
//! # What it means
//! With `proxy_ssl_crl` every certificate of the chain needs a CRL of its issuer.
//!
//! # Evidence
//! X509_V_ERR_UNABLE_TO_GET_CRL (3) or UNABLE_TO_GET_CRL_ISSUER (33), with the depth.
//!
//! # Why it happens
//! The file holds the CRL of one authority; the intermediate's or the root's is missing.
//!
//! # Workaround
//! Put the CRLs of every issuer in the chain into the file of `proxy_ssl_crl`.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! nginx `proxy_ssl_crl`; OpenSSL X509_V_FLAG_CRL_CHECK_ALL.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "crl_unavailable",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::CrlMissing)?;
    let sentence = move || {
        format!(
            "nginx has no CRL of {} to check the upstream certificate {}",
            super::issuer(found.shown()),
            found.certificate()
        )
    };
    let remedy = Remedy::paste(facts, ["crl </path/to/crls-of-every-issuer.pem>"]);
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
