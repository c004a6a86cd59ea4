//! The upstream's chain is good but longer than nginx allows.
//!
//! # What it means
//! `proxy_ssl_verify_depth` counts intermediate certificates and is 1 by default.
//!
//! # Evidence
//! The same chain, verified again with a larger depth, has no error at all.
//!
//! # Why it happens
//! Two or more intermediates. nginx's own line then speaks of a missing issuer (20) on OpenSSL 3 and of a
//! chain too long (22) on 1.1.1.
//!
//! # Workaround
//! `proxy_ssl_verify_depth N;` with the N that was proved.
//!
//! # Dead ends
//! Adding the root again, or switching verification off.
//!
//! # References
//! nginx `proxy_ssl_verify_depth`; OpenSSL SSL_CTX_set_verify_depth(3).

use crate::facts::{Facts, Problem};
use crate::rules::directive::Setting;
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_chain_too_long",
    family: Family::Certificate,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "proxy_ssl_trusted_certificate ...;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let found = super::problem(facts, Problem::TooLong)?;
    let sentence = move || {
        format!(
            "upstream chain of {} needs more intermediates than proxy_ssl_verify_depth {} allows",
            found.certificate_of(0),
            facts.recording.settings.verify_depth.unwrap_or(1)
        )
    };
    let remedy = Remedy::paste(
        facts,
        [Setting::number("verify_depth", found.check.proven_depth?)],
    );
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &found.evidence(),
        remedy,
    ))
}
