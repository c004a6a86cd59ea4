//! One side sent what the protocol does not allow.
//!
//! # What it means
//! A message or record was malformed, out of order, or did not decrypt. The side that noticed says so
//! with an alert.
//!
//! # Evidence
//! unexpected_message(10), bad_record_mac(20), record_overflow(22), illegal_parameter(47),
//! decode_error(50), decrypt_error(51), missing_extension(109) or unsupported_extension(110), received
//! or sent, or an error of the library while it read the peer's bytes; and nothing that explains it
//! better. A ServerHello that chooses a version below TLS 1.0 or above TLS 1.3 is one, too: nothing in
//! nginx.conf could enable such a version.
//!
//! # Why it happens
//! A faulty TLS implementation, a middlebox that changes what passes, two servers behind one address
//! that disagree, a program on the port that speaks almost TLS.
//!
//! # Workaround
//! The sentence says which side complained: the other one is at fault. `openssl s_client` with the same
//! offer shows whether it is the path or the server.
//!
//! # Dead ends
//! No setting of nginx causes a violation.
//!
//! # References
//! RFC 8446 section 6.2.

use crate::capture::{Direction, EndingKind};
use crate::facts::Facts;
use crate::registry::{Alert, SslReason};
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

const VIOLATIONS: [Alert; 8] = [
    Alert::UNEXPECTED_MESSAGE,
    Alert::BAD_RECORD_MAC,
    Alert::RECORD_OVERFLOW,
    Alert::ILLEGAL_PARAMETER,
    Alert::DECODE_ERROR,
    Alert::DECRYPT_ERROR,
    Alert::MISSING_EXTENSION,
    Alert::UNSUPPORTED_EXTENSION,
];
pub(crate) static RULE: Rule = Rule {
    name: "protocol_violation",
    family: Family::Peer,
    dead_ends: &["proxy_ssl_verify off;", "restarting nginx"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let place = facts.phase.describe();
    let chosen = facts.chosen.as_ref().and_then(|chosen| chosen.version);
    if let Some(version) = chosen.filter(|version| !version.exists()) {
        let sentence = move || {
            format!(
                "upstream chose TLS version 0x{:04x}, which nobody has",
                version.0
            )
        };
        let evidence = [Evidence::VersionDoesNotExist];
        return Some(Draft::new(
            Confidence::Certain,
            sentence,
            &evidence,
            remedy(),
        ));
    }
    let evidence = match facts.alert {
        Some(alert) if !VIOLATIONS.contains(&Alert(alert.code)) => return None,
        Some(alert) if alert.from == Direction::Received => Evidence::AlertReceived,
        Some(_) => Evidence::AlertSent,
        None if unreadable(facts) => Evidence::NotReadable,
        None => return None,
    };
    let sentence = move || match facts.alert {
        Some(alert) if alert.from == Direction::Received => format!(
            "upstream calls what nginx sent a protocol violation, {place}: received alert {}",
            alert_text(alert)
        ),
        Some(alert) => format!(
            "upstream violated the protocol {place}: nginx sent alert {}",
            alert_text(alert)
        ),
        None => format!("upstream sent bytes that are no valid TLS, {place}"),
    };
    Some(Draft::new(
        Confidence::Possible,
        sentence,
        &[evidence],
        remedy(),
    ))
}

fn remedy() -> Remedy {
    Remedy::manual(
        "compare with tlsdiag probe from this host: a middlebox, or a fault of the TLS software",
    )
}

/// The library stopped at what the peer sent, without an alert of its own.
fn unreadable(facts: &Facts<'_>) -> bool {
    facts.ending() == EndingKind::Error
        && facts.recording.handshake.bytes_received > 0
        && facts
            .ssl_reason()
            .is_some_and(|reason| reason != SslReason::UNEXPECTED_EOF_WHILE_READING)
}
