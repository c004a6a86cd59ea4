//! The upstream ran into an error of its own.
//!
//! # What it means
//! internal_error(80) says that the server could not go on for a reason unrelated to what nginx sent:
//! a missing key, a failed callback, no memory. Some servers use it for everything.
//!
//! # Evidence
//! A received alert 80, with a server name that the configured host confirms, and no session offered that it may have choked on.
//!
//! # Why it happens
//! Go answers it when its configuration callback fails, balancers when they have no backend or no
//! certificate to present, others for unknown names and rejected client certificates.
//!
//! # Workaround
//! What is left to try on this side is printed first: `proxy_ssl_name <host>;` where no name was sent, or one
//! that nothing confirms. The upstream's log has the error; nothing in nginx.conf does.
//!
//! # Dead ends
//! The server did not complain about ciphers or certificates: changing them is guessing.
//!
//! # References
//! RFC 8446 section 6.2.

use crate::facts::{Facts, Offered};
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "peer_internal_error",
    family: Family::Peer,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_ciphers ...;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.received() != Some(Alert::INTERNAL_ERROR) {
        return None;
    }
    let mut evidence = vec![Evidence::AlertReceived];
    let name_is_ruled_out = facts.name.confirmed() || !facts.name_may_decide();
    // A server that chokes on a session offered says so in the same way.
    let session =
        facts.no_hello_came() && facts.offered.as_ref().is_some_and(Offered::session_offered);
    let confidence = match name_is_ruled_out && facts.certificate_request.is_none() && !session {
        true => Confidence::Likely,
        false => Confidence::Possible,
    };
    if name_is_ruled_out {
        evidence.push(Evidence::ServerNameRuledOut);
    }
    let sentence = move || {
        format!(
            "upstream ran into an error of its own {}: received alert internal_error(80)",
            facts.phase.describe()
        )
    };
    let remedy = Remedy::manual("look at the upstream's log: the error is on its side");
    Some(Draft::new(confidence, sentence, &evidence, remedy))
}
