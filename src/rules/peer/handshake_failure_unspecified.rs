//! The upstream refused the handshake, and nothing seen says why.
//!
//! # What it means
//! handshake_failure(40) is the alert for "nothing of your offer suits me": no common cipher, group,
//! signature algorithm or version, an unknown server name, a missing client certificate.
//!
//! # Evidence
//! The alert came and no more specific diagnosis fits better.
//!
//! # Why it happens
//! The server's own settings; its log usually names the reason.
//!
//! # Workaround
//! The alternatives, in their order. `openssl s_client` with the same offer reproduces it.
//!
//! # Dead ends
//! Verification comes later. An nginx upgrade or a restart changes no TLS setting; the issue is usually
//! on the upstream's side.
//!
//! # References
//! RFC 8446 section 6.2.

use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "handshake_failure_unspecified",
    family: Family::Peer,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "upgrading nginx alone",
        "restarting nginx",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.received() != Some(Alert::HANDSHAKE_FAILURE) {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream refused the handshake {} without saying why: received alert handshake_failure(40)",
            facts.phase.describe()
        )
    };
    let remedy = Remedy::manual("look at the upstream's log");
    Some(Draft::new(
        Confidence::Possible,
        sentence,
        &[Evidence::AlertReceived, Evidence::NothingDecides],
        remedy,
    ))
}
