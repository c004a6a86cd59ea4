//! What carries the handshake.

pub(super) mod client_hello_too_large;
pub(super) mod handshake_timeout;
pub(super) mod peer_closed;
pub(super) mod peer_reset;
pub(super) mod plaintext_upstream;
pub(super) mod session_identity_mismatch;
pub(super) mod session_resumption_rejected;

use crate::facts::Facts;
use crate::rules::{Confidence, Draft, Evidence, Remedy};

/// The peer ended the connection without a word of TLS: `verb` says how, `seen` is the evidence.
fn ended<'f>(facts: &'f Facts<'_>, verb: &'static str, seen: Evidence) -> Draft<'f> {
    let sentence = move || {
        format!(
            "upstream {verb} the connection {} without an alert",
            facts.phase.describe()
        )
    };
    let mut evidence = vec![seen];
    if facts.no_hello_came() {
        evidence.push(Evidence::NoServerHello);
    }
    let log = "look at the upstream's or balancer's log: no live backend, IP filter, PROXY protocol expected";
    let remedy = Remedy::manual(match (facts.no_hello_came(), facts.name.not_sent()) {
        (true, true) => format!("{log}, a server name it wants"),
        (true, false) => format!("{log}, unknown server name"),
        (false, _) => "look at the upstream's log: it ended the handshake on its own".to_owned(),
    });
    Draft::new(Confidence::Possible, sentence, &evidence, remedy)
}
