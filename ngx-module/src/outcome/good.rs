//! Good handshakes. They are counted with the first application data: before that nginx may still reject
//! the upstream's certificate, and in TLS 1.3 the upstream may still reject ours.
//!
//! All of this is paid for by every handshake, but for [`record`]: see docs/cost.md.

use ngx::ffi::{SSL_CTX_get0_certificate, SSL_get_SSL_CTX, SSL};
use tlsdiag::capture::{Recorder, Summary};
use tlsdiag::fixed::Text;
use tlsdiag::registry::ProtocolVersion;
use tlsdiag::table::{Good, Kind};
use tlsdiag::wire::ServerHello;

use super::place::{place, Place};
use super::Observation;
use crate::conf::{generation, with_zone, Scope};
use crate::openssl::{Borrowed, QueueMark};
use crate::runtime::allocator::with_reserve;
use crate::runtime::clock::monotonic_ns;
use crate::upstream::UpstreamConnection;
use crate::zone::{now_ms, Zone};

/// Counts the handshake of a connection whose first data has arrived.
///
/// # Safety
/// The SSL is alive: only in a message callback.
pub(crate) unsafe fn count(
    ssl: *mut SSL,
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
) {
    with_zone(|zone| {
        let scope = upstream.scope().filter(|scope| scope.diag())?;
        let place = place(zone, upstream);
        add(&place, &observation.recorder);
        if !place.is_own {
            return None;
        }
        // SAFETY: the caller's promise.
        unsafe {
            let kind = kind(zone, ssl, observation, scope);
            if !place.slot.is_recorded(kind, now_ms()) {
                record(zone, &place, ssl, observation, upstream, kind);
            }
        }
        Some(())
    });
}

/// Counts the handshake of a connection that ends and has only sent data.
pub(super) fn count_closed(observation: &Observation, upstream: &UpstreamConnection<'_>) {
    let recorder = &observation.recorder;
    if recorder.finished && recorder.sent_data {
        with_zone(|zone| add(&place(zone, upstream), recorder));
    }
}

fn add(place: &Place<'_>, recorder: &Recorder) {
    place.slot.count_good(&Good {
        now_ms: now_ms(),
        version: recorder.version,
        resumed: recorder.resumed,
        duration_us: recorder.finished_ns.saturating_sub(recorder.started_ns) / 1000,
    });
}

/// What this handshake has in common with another that agreed on the same.
///
/// # Safety
/// The SSL is alive.
unsafe fn kind(
    zone: &Zone<'_>,
    ssl: *mut SSL,
    observation: &Observation,
    scope: Scope<'_>,
) -> Kind {
    let recorder = &observation.recorder;
    // SAFETY: the caller's promise; the certificate is the SSL's.
    let (held, leaf) = unsafe { (observation.held(ssl), Borrowed::peer(ssl)) };
    let numbers = [
        u64::from(recorder.version) << 16 | u64::from(recorder.cipher),
        u64::from(scope.number()) << 32 | u64::from(generation()),
        held.name.unwrap_or(0),
        held.certificate.unwrap_or(0),
    ];
    let numbers = numbers.map(u64::to_le_bytes);
    let parts = [
        numbers.as_flattened(),
        &recorder.alpn,
        Borrowed::signature_tail(leaf),
    ];
    Kind {
        digest: zone.table.digest(&parts),
        group: group(recorder),
    }
}

/// TLS 1.2 names it in ServerKeyExchange, 1.3 in the hello.
fn group(recorder: &Recorder) -> u16 {
    if recorder.version < ProtocolVersion::TLS1_3.0 {
        return recorder.group;
    }
    let hello = recorder.server_hellos.iter().flatten().next_back();
    let group = hello.and_then(|hello| ServerHello::read(&hello.bytes).group);
    group.map_or(0, |group| group.0)
}

/// Records what was agreed on. It does not wait for the lock: the next handshake can do it as well.
///
/// # Safety
/// The SSL is alive.
#[cold]
unsafe fn record(
    zone: &Zone<'_>,
    place: &Place<'_>,
    ssl: *mut SSL,
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
    kind: Kind,
) {
    // SAFETY: the caller's promise; the SSL holds its context, and that its certificate.
    let (own, leaf) = unsafe {
        let own = Borrowed::of(SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)));
        (own, Borrowed::peer(ssl))
    };
    let number = zone.table.digest(&[Borrowed::signature_tail(leaf)]);
    let known = place.slot.certificate(number);
    // What comes now may leave errors behind; what came before does not.
    let _mark = QueueMark::set();
    let summary = with_reserve(|| {
        let context = upstream.describe().0;
        let own = own.map(Borrowed::describe);
        let leaf = leaf.filter(|_| known.is_none()).map(Borrowed::describe);
        let handshake = observation.recorder.handshake(monotonic_ns());
        let summary = Summary::new(&handshake, leaf.as_ref(), own.as_ref());
        Summary {
            time_ms: now_ms(),
            generation: generation(),
            location: Text::from(context.location.as_deref().unwrap_or_default()),
            certificate: known.or(summary.certificate),
            ..summary
        }
    });
    if let Some(held) = zone.try_lock() {
        held.locked.record(&place.slot, &summary, number, kind);
    }
}
