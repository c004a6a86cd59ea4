//! The upstream does not trust the authority of the client certificate nginx presents.
//!
//! # What it means
//! nginx sent its certificate; the server could not build a chain from it to an authority it accepts.
//!
//! # Evidence
//! nginx's certificate went out and unknown_ca(48) came; or its issuer is not among the names the server
//! listed, and any other fatal alert came, or (only possible) the server closed.
//!
//! # Why it happens
//! A certificate of another environment's authority, or its intermediate missing in the file.
//!
//! # Workaround
//! Present a certificate of one of the authorities listed; a certificate file may hold its intermediates
//! after the leaf.
//!
//! # Dead ends
//! `proxy_ssl_trusted_certificate` is for the other direction: whom nginx trusts.
//!
//! # References
//! RFC 8446 sections 4.2.4 and 6.2.

use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_certificate_untrusted",
    family: Family::ClientCertificate,
    dead_ends: &[
        "proxy_ssl_trusted_certificate ...;",
        "proxy_ssl_verify off;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let sent = super::sent_certificate(facts)?;
    let authorities = facts.certificate_request.as_ref()?;
    let listed = sent
        .issuer_name
        .as_ref()
        .and_then(|issuer| authorities.lists(issuer));
    let (confidence, seen) = match (facts.received(), listed) {
        (Some(Alert::CERTIFICATE_EXPIRED), _) => return None,
        (Some(Alert::UNKNOWN_CA), Some(false)) => (Confidence::Certain, Evidence::AlertReceived),
        (Some(Alert::UNKNOWN_CA), _) | (Some(_), Some(false)) => {
            (Confidence::Likely, Evidence::AlertReceived)
        }
        (None, Some(false)) if facts.closed_silently() => {
            (Confidence::Possible, Evidence::PeerClosed)
        }
        _ => return None,
    };
    let mut evidence = vec![Evidence::CertificateSent, seen];
    evidence.extend(match listed {
        Some(true) => Some(Evidence::IssuerListed),
        Some(false) => Some(Evidence::IssuerNotListed),
        None => None,
    });
    let sentence = move || {
        let own = sent.certificate.as_ref();
        let issuer = own.map_or_else(|| "its authority".to_owned(), |own| own.issuer.to_string());
        let mut sentence = format!(
            "upstream does not trust the issuer of nginx's client certificate ({issuer}){}",
            super::answer(facts)
        );
        if let Some(first) = authorities.names.first() {
            sentence.push_str(&format!(", it accepts certificates of {first}"));
        }
        sentence
    };
    let remedy = Remedy::paste(facts, super::OWN_CERTIFICATE).with_action(
        "use a certificate of an authority the upstream accepts, its intermediates in the same file",
    );
    Some(Draft::new(confidence, sentence, &evidence, remedy))
}
