//! The upstream accepted the connection and then did not go on with the handshake in time.
//!
//! # What it means
//! `proxy_connect_timeout` ran out while nginx waited for the next handshake message.
//!
//! # Evidence
//! nginx's timer fired; the report says what had come until then.
//!
//! # Why it happens
//! A port that accepts and never answers (another protocol that waits for the client, a stopped process
//! behind a balancer), packets of a large ClientHello lost on the way, or a slow server.
//!
//! # Workaround
//! Find out who was silent: `openssl s_client` to the same address and port from the nginx host. A server
//! that is only slow needs a longer `proxy_connect_timeout`, which covers the handshake too.
//!
//! # Dead ends
//! No certificate was looked at: verification plays no part.
//!
//! # References
//! nginx `proxy_connect_timeout`.

use crate::capture::EndingKind;
use crate::facts::{Facts, ONE_SEGMENT};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "handshake_timeout",
    family: Family::Transport,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.ending() != EndingKind::Timeout {
        return None;
    }
    let silent = facts.no_hello_came();
    let seconds = facts.recording.handshake.duration_ns / 1_000_000_000;
    let hello = facts
        .offered
        .as_ref()
        .map_or(0, |offered| offered.client_hello_bytes);
    let sentence = move || {
        let mut sentence = if silent {
            format!("upstream accepted the connection but sent nothing for {seconds} s")
        } else {
            format!(
                "upstream went silent {} ({seconds} s in all)",
                facts.phase.describe()
            )
        };
        if hello > ONE_SEGMENT {
            sentence.push_str(&format!(
                ", and the ClientHello of {hello} bytes takes two segments, which some middleboxes drop"
            ));
        }
        sentence
    };
    let evidence: &[_] = match silent {
        true => &[Evidence::PeerSilent, Evidence::NoServerHello],
        false => &[Evidence::PeerSilent],
    };
    let mut action =
        "find out who is silent: run tlsdiag probe with this address and port from this host"
            .to_owned();
    // Whoever answered is there, and may only be slow.
    let timeout = facts.with_prefix("proxy_connect_timeout");
    if let (false, Some(timeout)) = (silent, timeout) {
        action.push_str(&format!(", or raise {timeout} if upstream is just slow"));
    }
    let remedy = Remedy::manual(action);
    let confidence = match silent && (facts.name.missing() || hello > ONE_SEGMENT) {
        true => Confidence::Likely,
        false => Confidence::Certain,
    };
    Some(Draft::new(confidence, sentence, evidence, remedy))
}
