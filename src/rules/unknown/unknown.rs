//! The handshake failed, and no diagnosis fits.
//!
//! # What it means
//! This is a case the catalogue does not know yet.
//!
//! # Evidence
//! None that decides; the facts are in the line and in the JSON document.
//!
//! # Why it happens
//! Something new. Please report it with the JSON document.
//!
//! # Workaround
//! The upstream's log, and the reproduce command of the JSON document.
//!
//! # Dead ends
//! Switching verification off hides certificate trouble and changes nothing else.
//!
//! # References
//! None.

use crate::capture::Direction;
use crate::facts::Facts;
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "unknown",
    family: Family::Unknown,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    Some(finding(facts))
}

/// Always an answer.
pub(crate) fn finding<'f>(facts: &'f Facts<'_>) -> Draft<'f> {
    let sentence = move || {
        let place = facts.phase.describe();
        match facts.alert {
            Some(alert) => {
                let verb = match alert.from {
                    Direction::Sent => "sent",
                    Direction::Received => "received",
                };
                format!(
                    "upstream TLS handshake failed {place}: {verb} alert {}",
                    alert_text(alert)
                )
            }
            None => format!("upstream TLS handshake failed {place}"),
        }
    };
    let remedy = Remedy::manual("see the facts, and the upstream's log");
    Draft::new(
        Confidence::Possible,
        sentence,
        &[Evidence::NothingDecides],
        remedy,
    )
}
