//! The verification failure belongs to another location: it came with a resumed session.
//!
//! # What it means
//! A resumed handshake carries no certificates and keeps the verify result of the full handshake, which
//! may have been made with other trust settings. nginx caches sessions per upstream block and peer, not
//! per location.
//!
//! # Evidence
//! The session was resumed and the same chain, verified freshly against this location's store, has no
//! error. Without the chain (a session kept in a `zone` is serialised) it is only likely.
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
use crate::rules::{because, Confidence, Family, Finding, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "verify_result_inherited",
    family: Family::Certificate,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "proxy_ssl_trusted_certificate ...;",
    ],
    evaluate,
};

fn evaluate(facts: &Facts<'_>) -> Option<Finding> {
    let check = facts.rejected_chain()?;
    if facts.chosen.as_ref().and_then(|chosen| chosen.resumed) != Some(true) {
        return None;
    }
    let fresh = check.verified_again && check.errors.is_empty();
    let confidence = match (fresh, check.verified_again) {
        (true, _) => Confidence::Certain,
        (false, false) => Confidence::Likely,
        (false, true) => return None,
    };
    let mut evidence = vec![because::SESSION_RESUMED];
    if fresh {
        evidence.push(because::FRESH_VERIFICATION_SUCCEEDS);
    }
    let sentence = format!(
        "verify error {}({}) was inherited from a session that another location began{}",
        X509Error(check.result),
        check.result,
        if fresh {
            ", but the upstream chain verifies with this location's settings"
        } else {
            ""
        }
    );
    Some(Finding::new(
        confidence,
        sentence,
        &evidence,
        Remedy::paste(facts, &["session_reuse off"]),
    ))
}
