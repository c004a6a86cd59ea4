//! The verification failure belongs to another location: it came with a resumed session.
//!
//! # What it means
//! A resumed handshake carries no certificates and keeps the verify result of the full handshake, which
//! may have been made with other trust settings. nginx caches sessions per upstream block and peer, not
//! per location.
//!
//! # Evidence
//! The session was resumed and the same chain, verified freshly against this location's store, has no
//! error. Without the chain (a session kept in a `zone` is serialised) it is only possible: the location
//! may have begun that session itself, and the chain is as bad as the error says.
//!
//! # Why it happens
//! Two locations use the same upstream with different `proxy_ssl_trusted_certificate` or
//! `proxy_ssl_verify` settings.
//!
//! # Workaround
//! `proxy_ssl_session_reuse off;` in this location, or one upstream block per trust setting.
//!
//! # Dead ends
//! The certificate and the trusted file are fine: changing either does nothing.
//!
//! # References
//! OpenSSL SSL_get_verify_result(3); nginx `proxy_ssl_session_reuse`.

use crate::facts::Facts;
use crate::registry::X509Error;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "verify_result_inherited",
    family: Family::Certificate,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "proxy_ssl_trusted_certificate ...;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let check = facts.rejected_chain()?;
    if facts.chosen.as_ref().and_then(|chosen| chosen.resumed) != Some(true) {
        return None;
    }
    let error = format!("verify error {}({})", X509Error(check.result), check.result);
    let remedy = Remedy::paste(facts, ["session_reuse off"]);
    if facts.verdict_came_with_a_session() {
        let sentence = move || {
            format!(
                "{error} came with a resumed session: no certificate was checked in this handshake"
            )
        };
        let remedy = remedy
            .with_action("without a session, the next failure says what is wrong, if anything is");
        let evidence = [Evidence::SessionResumed];
        return Some(Draft::new(
            Confidence::Possible,
            sentence,
            &evidence,
            remedy,
        ));
    }
    let sentence = move || {
        format!(
            "{error} was inherited from a session that another location began, but the upstream chain verifies with this location's settings"
        )
    };
    check.errors.is_empty().then(|| {
        Draft::new(
            Confidence::Certain,
            sentence,
            &[
                Evidence::SessionResumed,
                Evidence::FreshVerificationSucceeds,
            ],
            remedy,
        )
    })
}
