//! The upstream does not take back a session it has given out.
//!
//! # What it means
//! nginx keeps one session for each peer and offers it with the next handshake. A server that cannot
//! use it should go on with a full handshake; this one ends the connection.
//!
//! # Evidence
//! A session was offered, so an earlier full handshake with this peer worked with the same settings, and
//! the connection ended before the peer's hello. decrypt_error(51), illegal_parameter(47),
//! bad_record_mac(20), decode_error(50) and internal_error(80) are about the ticket; a handshake_failure(40), a close or a
//! reset allow it; without SNI the 40 is an alternative only, since another location may have begun the
//! session with a name. Or the peer resumed the session with a suite that this offer does not have.
//!
//! # Why it happens
//! Servers behind one address that do not share their ticket keys and mishandle the ones they do not
//! know; servers on OpenSSL without a session id context. nginx keeps the session until it gets another, so every further attempt fails too.
//!
//! # Workaround
//! `proxy_ssl_session_reuse off;` for this upstream, until its servers share their keys.
//!
//! # Dead ends
//! Where no session was offered, switching reuse off changes nothing.
//!
//! # References
//! RFC 8446 section 4.6.1; RFC 5077 section 3.1; nginx `ngx_http_upstream_set_round_robin_peer_session`.

use crate::capture::EndingKind;
use crate::facts::Facts;
use crate::registry::{Alert, SslReason};
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

/// bad_record_mac, illegal_parameter, decode_error, decrypt_error: what a PSK binder or a ticket that
/// does not decrypt is answered with. internal_error: OpenSSL's answer to any session when the server
/// has set no session id context and asks for client certificates.
const ABOUT_THE_TICKET: [Alert; 5] = [
    Alert::BAD_RECORD_MAC,
    Alert::ILLEGAL_PARAMETER,
    Alert::DECODE_ERROR,
    Alert::DECRYPT_ERROR,
    Alert::INTERNAL_ERROR,
];

pub(crate) static RULE: Rule = Rule {
    name: "session_resumption_rejected",
    family: Family::Transport,
    dead_ends: &["proxy_ssl_verify off;", "restarting nginx"],
    evaluate,
};

/// SSL_R_OLD_SESSION_CIPHER_NOT_RETURNED, SSL_R_UNKNOWN_CIPHER_RETURNED, SSL_R_WRONG_CIPHER_RETURNED.
const WRONG_CIPHER: [SslReason; 3] = [
    SslReason::OLD_SESSION_CIPHER_NOT_RETURNED,
    SslReason::UNKNOWN_CIPHER_RETURNED,
    SslReason::WRONG_CIPHER_RETURNED,
];

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if !facts.offered.as_ref()?.session_offered() {
        return None;
    }
    resumed_with_another_suite(facts).or_else(|| refused(facts))
}

/// Sessions are kept by peer, whatever the location: one with other ciphers may have begun this one.
fn resumed_with_another_suite<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    facts
        .ssl_reason()
        .filter(|reason| WRONG_CIPHER.contains(reason))?;
    let chosen = facts.chosen.as_ref()?.cipher?;
    Some(Draft::new(
        Confidence::Likely,
        move || {
            format!("upstream answered the offer of an earlier session with {chosen}, which nginx did not offer now")
        },
        &[Evidence::SessionOffered, Evidence::CipherNotOffered],
        Remedy::paste(facts, ["session_reuse off"]),
    ))
}

fn refused<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if !facts.no_hello_came() || facts.plaintext.is_some() {
        return None;
    }
    let (confidence, seen) = match (facts.received(), facts.ending()) {
        (Some(alert), _) if ABOUT_THE_TICKET.contains(&alert) => {
            (Confidence::Likely, Evidence::AlertReceived)
        }
        (Some(Alert::HANDSHAKE_FAILURE), _) => (Confidence::Possible, Evidence::AlertReceived),
        (None, EndingKind::Eof) if facts.alert.is_none() => {
            (Confidence::Possible, Evidence::PeerClosed)
        }
        (None, EndingKind::Reset) if facts.alert.is_none() => {
            (Confidence::Possible, Evidence::PeerReset)
        }
        _ => return None,
    };
    let sentence = move || {
        let answer = match (facts.alert, facts.ending()) {
            (Some(alert), _) => format!("received alert {}", alert_text(alert)),
            (None, EndingKind::Reset) => "it reset the connection".to_owned(),
            (None, _) => "it closed the connection".to_owned(),
        };
        format!("upstream ended a handshake that offered the session of an earlier one: {answer}")
    };
    let finding = Draft::new(
        confidence,
        sentence,
        &[Evidence::SessionOffered, Evidence::NoServerHello, seen],
        Remedy::paste(facts, ["session_reuse off"])
            .with_action("upstream's servers must share their ticket keys"),
    );
    // A peer that goes away is commoner than one that chokes on a ticket. And sessions are kept by peer:
    // a location that sends a name may have begun this one, so without a name the peer may want that.
    let wants_a_name = facts.received() == Some(Alert::HANDSHAKE_FAILURE) && facts.name.not_sent();
    Some(match facts.alert {
        Some(_) if !wants_a_name => finding,
        _ => finding.as_alternative(),
    })
}
