//! The upstream does not let this client in.
//!
//! # What it means
//! access_denied(49) is the alert of an access control: the sender decided not to negotiate with us.
//!
//! # Evidence
//! A received alert 49 where no client certificate was asked for: so the address, the name or the time
//! decided, not a certificate.
//!
//! # Why it happens
//! Firewalls and API gateways with a list of addresses, server names that are not open to everyone.
//!
//! # Workaround
//! Have the address of this nginx (or the one its traffic leaves with) put on the upstream's list.
//!
//! # Dead ends
//! TLS settings are not what was refused.
//!
//! # References
//! RFC 8446 section 6.2.

use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "peer_access_denied",
    family: Family::Peer,
    dead_ends: &[
        "proxy_ssl_protocols ...;",
        "proxy_ssl_ciphers ...;",
        "proxy_ssl_verify off;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.received() != Some(Alert::ACCESS_DENIED) || facts.certificate_request.is_some() {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream does not let this client in, {}: received alert access_denied(49)",
            facts.phase.describe()
        )
    };
    let remedy =
        Remedy::manual("upstream must allow this server's address: look at its access control");
    Some(Draft::new(
        Confidence::Likely,
        sentence,
        &[Evidence::AlertReceived, Evidence::AlertIsSpecific],
        remedy,
    ))
}
