//! The connection to the upstream was reset during the handshake.
//!
//! # What it means
//! The server, or a device before it, ended the connection without an alert.
//!
//! # Evidence
//! ECONNRESET or EPIPE before the handshake was done, and nothing that fits a more specific diagnosis. The
//! phase says how far it came.
//!
//! # Why it happens
//! Right after the ClientHello: a balancer without a live backend, an IP filter, a server that expects
//! the PROXY protocol or a known server name (nginx may have sent none), a rate limit. Later: a crash, or a rejected certificate.
//!
//! # Workaround
//! What is left to try on this side is printed first: `proxy_ssl_name <host>;` where no name was sent, or one
//! that nothing confirms.
//! The upstream's or the balancer's log says who ended it. `openssl s_client` from the nginx host, with
//! and without `-servername`, narrows it down.
//!
//! # Dead ends
//! Nothing came that verification or ciphers could apply to.
//!
//! # References
//! RFC 8446 section 6.1; nginx `proxy_protocol` (stream).

use crate::capture::EndingKind;
use crate::facts::Facts;
use crate::rules::{Draft, Evidence, Family, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "peer_reset",
    family: Family::Transport,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_session_reuse off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let ended = facts.ending() == EndingKind::Reset;
    ended.then(|| super::ended(facts, "reset", Evidence::PeerReset))
}
