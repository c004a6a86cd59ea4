//! The upstream rejected the client certificate nginx presents, without saying why.
//!
//! # What it means
//! nginx sent its certificate and the server did not accept it: revoked, of the wrong kind, not on its
//! list, or its proof of possession failed.
//!
//! # Evidence
//! nginx's certificate went out and bad_certificate(42), unsupported_certificate(43),
//! certificate_revoked(44), certificate_unknown(46), access_denied(49) or decrypt_error(51) came; or
//! nginx's own page in a 400 says so; or, only possible, the server closed before any data.
//!
//! # Why it happens
//! Servers map certificates to accounts or check purpose, name and revocation; alerts do not carry the
//! result of that.
//!
//! # Workaround
//! The server's log says which check failed. Then present another certificate.
//!
//! # Dead ends
//! `proxy_ssl_verify` and `proxy_ssl_trusted_certificate` are about the upstream's certificate.
//!
//! # References
//! RFC 8446 section 6.2.

use crate::capture::{EndingKind, Page};
use crate::facts::Facts;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_certificate_rejected",
    family: Family::ClientCertificate,
    dead_ends: &[
        "proxy_ssl_trusted_certificate ...;",
        "proxy_ssl_verify off;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let sent = super::sent_certificate(facts)?;
    let (confidence, seen) = match facts.received() {
        _ if super::page(facts) == Some(Page::BadCertificate) => {
            (Confidence::Likely, Evidence::PageSaysSo)
        }
        Some(alert) if super::REJECTIONS.contains(&alert) => {
            (Confidence::Likely, Evidence::AlertReceived)
        }
        Some(_) => return None,
        None if facts.closed_silently() => (Confidence::Possible, Evidence::PeerClosed),
        None => return None,
    };
    let sentence = move || {
        let own = sent.certificate.as_ref();
        let subject = own.map_or_else(String::new, |own| own.subject.to_string());
        match facts.ending() {
            // Nothing but the moment speaks for it.
            EndingKind::LateClose => format!(
                "upstream closed right after the handshake in which nginx presented {subject}, and may have rejected it"
            ),
            _ => format!(
                "upstream rejected nginx's client certificate {subject}{}",
                super::answer(facts)
            ),
        }
    };
    let remedy =
        Remedy::manual("the upstream's log says which check of the client certificate failed");
    Some(Draft::new(
        confidence,
        sentence,
        &[Evidence::CertificateSent, seen],
        remedy,
    ))
}
