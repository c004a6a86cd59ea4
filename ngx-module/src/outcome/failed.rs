//! Failed handshakes and refused requests: counted with their diagnosis.

use ngx::ffi::{ngx_timeofday, SSL_CTX_get0_certificate, SSL_CTX};
use tlsdiag::capture::{History, OwnCertificate, RecordedAlert, Response};
use tlsdiag::changes::{since_last_good, Changes};
use tlsdiag::counters::reason;
use tlsdiag::facts::Facts;
use tlsdiag::registry::Alert;
use tlsdiag::table::Failed;
use tlsdiag::Diagnosis;

use super::place::place;
use super::Observation;
use crate::conf::{generation, with_zone};
use crate::openssl::Borrowed;
use crate::upstream::UpstreamConnection;
use crate::zone::now_ms;

/// The last good handshake with this server; `None` without a zone, and where none was good.
///
/// # Safety
/// The context is alive.
pub(super) unsafe fn history(
    upstream: &UpstreamConnection<'_>,
    ssl_context: *mut SSL_CTX,
) -> Option<History> {
    let last_good = with_zone(|zone| {
        let place = place(zone, upstream);
        place.slot.last_good().filter(|_| place.is_own)
    });
    let last_good = last_good.flatten()?;
    // SAFETY: the context holds the certificate as long as it lives.
    let own = unsafe { Borrowed::of(SSL_CTX_get0_certificate(ssl_context)) };
    let own = own.map(Borrowed::describe);
    Some(History {
        last_good,
        generation: generation(),
        client_certificate: own.as_ref().map(OwnCertificate::of),
        utc_offset_min: i32::try_from(ngx_timeofday().gmtoff).unwrap_or(0),
    })
}

/// Counts a failure.
pub(super) fn count(
    upstream: &UpstreamConnection<'_>,
    observation: &Observation,
    diagnosis: &Diagnosis,
    facts: &Facts<'_>,
) {
    let Some(reason) = reason(diagnosis.name) else {
        return;
    };
    let failed = Failed {
        refused: facts.refusal().is_some_and(Response::has_come),
        ..of_handshake(observation, reason, changes(facts))
    };
    with_zone(|zone| place(zone, upstream).slot.count_failed(&failed));
}

/// A handshake that failed for this reason, a place in the catalogue.
pub(super) fn of_handshake(
    observation: &Observation,
    reason: usize,
    changed: Option<Changes>,
) -> Failed {
    let alert = |alert: RecordedAlert| Alert(alert.code);
    Failed {
        now_ms: now_ms(),
        reason,
        received: observation.recorder.fatal_alert(false).map(alert),
        sent: observation.recorder.fatal_alert(true).map(alert),
        refused: false,
        changed,
    }
}

/// What changed since the last good handshake; `None` without one.
pub(super) fn changes(facts: &Facts<'_>) -> Option<Changes> {
    since_last_good(facts).map(|(good, now)| Changes::between(&good, &now))
}
