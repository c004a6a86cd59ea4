//! The certificate nginx presents.

pub(super) mod client_certificate_expired;
pub(super) mod client_certificate_rejected;
pub(super) mod client_certificate_required;
pub(super) mod client_certificate_untrusted;

use super::wording::alert_text;
use crate::capture::ClientCertificate;
use crate::facts::{Facts, Phase};
use crate::registry::Alert;

/// The directives that give nginx a certificate to present.
const OWN_CERTIFICATE: [&str; 2] = [
    "certificate </path/to/client.crt>",
    "certificate_key </path/to/client.key>",
];

/// Alerts that reject a certificate presented (RFC 8446 section 6.2), without certificate_expired(45).
const REJECTIONS: [Alert; 7] = [
    Alert(40),
    Alert(42),
    Alert(43),
    Alert(44),
    Alert(46),
    Alert(49),
    Alert(51),
];

/// The certificate nginx sent, if it was asked and sent one.
fn sent_certificate<'a>(facts: &Facts<'a>) -> Option<&'a ClientCertificate> {
    let sent = facts.recording.handshake.client_certificate.as_ref()?;
    (!sent.empty && facts.certificate_request.is_some() && facts.rejected_chain().is_none())
        .then_some(sent)
}

/// What the upstream answered, as the end of a sentence.
fn answer(facts: &Facts<'_>) -> String {
    let late = match facts.phase {
        Phase::Established => " after the handshake",
        _ => "",
    };
    match facts.alert {
        Some(alert) => format!(": received alert {}{late}", alert_text(alert)),
        None => format!(": it closed the connection{late}"),
    }
}
