//! The client certificate nginx presents is out of date.
//!
//! # What it means
//! The server verified nginx's certificate and its validity period excludes today.
//!
//! # Evidence
//! nginx's own certificate went out, and its dates say so; or certificate_expired(45) came.
//!
//! # Why it happens
//! The file was renewed but nginx was not reloaded, or it was not renewed.
//!
//! # Workaround
//! Renew the certificate and reload nginx: it reads the file when the configuration is loaded.
//!
//! # Dead ends
//! Nothing in nginx.conf extends a certificate's validity.
//!
//! # References
//! RFC 5280 section 4.1.2.5; RFC 8446 section 6.2.

use crate::date::day;
use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_certificate_expired",
    family: Family::ClientCertificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let certificate = super::sent_certificate(facts)?.certificate.as_ref()?;
    let now = facts.recording.environment.time_ms / 1000;
    let out_of_date = !(certificate.not_before..=certificate.not_after).contains(&now);
    let is_said = facts.received() == Some(Alert::CERTIFICATE_EXPIRED);
    let refused = facts
        .received()
        .is_some_and(|alert| super::REJECTIONS.contains(&alert));
    let confidence = match (out_of_date, is_said, refused || facts.closed_silently()) {
        (true, true, _) => Confidence::Certain,
        (true, false, true) | (false, true, _) => Confidence::Likely,
        _ => return None,
    };
    let mut evidence = vec![Evidence::CertificateSent];
    if out_of_date {
        evidence.push(Evidence::OwnCertificateOutOfDate);
    }
    if is_said {
        evidence.push(Evidence::AlertIsSpecific);
    }
    let sentence = move || {
        format!(
            "upstream rejected nginx's client certificate {} (valid until {}){}",
            certificate.subject,
            day(certificate.not_after),
            super::answer(facts)
        )
    };
    let remedy =
        Remedy::manual("renew the client certificate and reload nginx, which reads it only then");
    Some(Draft::new(confidence, sentence, &evidence, remedy))
}
