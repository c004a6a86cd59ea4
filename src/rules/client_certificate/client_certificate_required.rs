//! The upstream wants a client certificate, and nginx presented none.
//!
//! # What it means
//! The server asked for a certificate (mutual TLS). nginx has none for this location, answered with an
//! empty Certificate, and the server gave up.
//!
//! # Evidence
//! A CertificateRequest came and an empty Certificate went out; then any fatal alert (stacks choose 40,
//! 41, 42, 46, 49 or 50), a close or a reset. certificate_required(116) says nothing else, and neither does nginx's own page in a 400. In TLS 1.3 all of this comes after nginx's side
//! has finished, so that nginx logs it while reading the response header.
//!
//! # Why it happens
//! No `proxy_ssl_certificate` in this location, or a directive of another family: `grpc_pass` ignores
//! `proxy_ssl_*`.
//!
//! # Workaround
//! `proxy_ssl_certificate <client.crt>; proxy_ssl_certificate_key <client.key>;` with a certificate of
//! one of the authorities the server lists.
//!
//! # Dead ends
//! A missing cipher causes the same alert 40, but changing ciphers does not help here. `proxy_ssl_verify` is
//! about the upstream's certificate.
//!
//! # References
//! RFC 8446 sections 4.3.2 and 6.2; RFC 5246 section 7.4.4.

use crate::capture::{EndingKind, Page};
use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_certificate_required",
    family: Family::ClientCertificate,
    dead_ends: &["proxy_ssl_ciphers ...;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let authorities = facts.certificate_request.as_ref()?;
    if !facts.sent_no_client_certificate() || facts.rejected_chain().is_some() {
        return None;
    }
    let (confidence, seen) = match facts.received() {
        _ if super::page(facts) == Some(Page::NoCertificate) => {
            (Confidence::Certain, Evidence::PageSaysSo)
        }
        Some(Alert::CERTIFICATE_REQUIRED) => (Confidence::Certain, Evidence::AlertIsSpecific),
        // Stacks answer 40, 41, 42, 46, 49 or 50 to an empty Certificate: the place decides.
        Some(_) => (Confidence::Likely, Evidence::AlertReceived),
        None => match facts.ending() {
            EndingKind::LateClose => (Confidence::Possible, Evidence::PeerClosed),
            EndingKind::Eof => (Confidence::Likely, Evidence::PeerClosed),
            EndingKind::Reset => (Confidence::Likely, Evidence::PeerReset),
            _ => return None,
        },
    };
    let sentence = move || {
        let mut sentence =
            "upstream asked for a client certificate and nginx has none for it".to_owned();
        sentence.push_str(&super::answer(facts));
        if let Some(first) = authorities.names.first() {
            sentence.push_str(&format!(", it accepts certificates of {first}"));
            if authorities.count() > 1 {
                sentence.push_str(&format!(" and {} more", authorities.count() - 1));
            }
        }
        sentence
    };
    let remedy = Remedy::paste(facts, super::OWN_CERTIFICATE);
    let finding = Draft::new(
        confidence,
        sentence,
        &[
            Evidence::CertificateRequested,
            Evidence::NoCertificateSent,
            seen,
        ],
        remedy,
    );
    // One that is configured and was not used is another diagnosis.
    Some(match super::holds_one_unused(facts) {
        true => finding.as_alternative(),
        false => finding,
    })
}
