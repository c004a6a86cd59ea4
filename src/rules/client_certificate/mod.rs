//! The certificate nginx presents.

pub(super) mod client_certificate_expired;
pub(super) mod client_certificate_rejected;
pub(super) mod client_certificate_required;
pub(super) mod client_certificate_untrusted;
pub(super) mod client_certificate_unusable;

use super::wording::alert_text;
use crate::capture::{ClientCertificate, Page};
use crate::facts::{Facts, Phase};
use crate::registry::Alert;

/// The directives that give nginx a certificate to present.
const OWN_CERTIFICATE: [&str; 2] = [
    "certificate </path/to/client.crt>",
    "certificate_key </path/to/client.key>",
];

/// Alerts that reject a certificate presented (RFC 8446 section 6.2), without certificate_expired(45).
const REJECTIONS: [Alert; 7] = [
    Alert::HANDSHAKE_FAILURE,
    Alert::BAD_CERTIFICATE,
    Alert::UNSUPPORTED_CERTIFICATE,
    Alert::CERTIFICATE_REVOKED,
    Alert::CERTIFICATE_UNKNOWN,
    Alert::ACCESS_DENIED,
    Alert::DECRYPT_ERROR,
];

/// nginx is configured with a certificate and sent an empty message in its place.
fn holds_one_unused(facts: &Facts<'_>) -> bool {
    facts.recording.settings.client_certificate == Some(true)
        && facts.client_certificate().is_some_and(|sent| sent.empty)
}

/// The certificate nginx sent, if it was asked and sent one.
fn sent_certificate<'a>(facts: &Facts<'a>) -> Option<&'a ClientCertificate> {
    let sent = facts.recording.handshake.client_certificate.as_ref()?;
    (!sent.empty && facts.certificate_request.is_some() && facts.rejected_chain().is_none())
        .then_some(sent)
}

/// nginx's own page for a client certificate that is missing or that failed.
fn page(facts: &Facts<'_>) -> Option<Page> {
    facts.certificate_request.as_ref()?;
    let page = facts.own_refusal()?.page()?;
    matches!(page, Page::NoCertificate | Page::BadCertificate).then_some(page)
}

/// What the upstream answered, as the end of a sentence.
fn answer(facts: &Facts<'_>) -> String {
    let late = match facts.phase {
        Phase::Established => " after the handshake",
        _ => "",
    };
    match (facts.refusal(), facts.alert) {
        (Some(response), _) => format!(": it answered {}", response.status),
        (None, Some(alert)) => format!(": received alert {}{late}", alert_text(alert)),
        (None, None) => format!(": it closed the connection{late}"),
    }
}
