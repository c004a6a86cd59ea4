//! The upstream presents a self-signed certificate that nginx was not told to trust.
//!
//! # What it means
//! The certificate is its own issuer, so the only way to trust it is to have it in the trusted file.
//!
//! # Evidence
//! X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT (18) in a verification of the same chain.
//!
//! # Why it happens
//! An internal service with a generated certificate, or a server that fell back to its default one.
//!
//! # Workaround
//! Get the certificate over a path you trust and add it: `proxy_ssl_trusted_certificate <path>;`, with
//! `proxy_ssl_verify on;`. The directive names one file and replaces an inherited one: where there is a file
//! already, the certificate belongs into that one, or the other peers lose their authority.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! nginx `proxy_ssl_trusted_certificate`.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_self_signed",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::SelfSigned)?;
    let sentence = move || {
        format!(
            "upstream certificate {} is self-signed and not trusted",
            found.certificate()
        )
    };
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        super::trust(
            facts,
            "trusted_certificate </path/to/upstream-certificate.pem>",
            format!(
                "{} is your upstream's own, compared out of band",
                found.certificate()
            ),
        ),
    ))
}
