//! Good handshakes. They are counted with the first application data: before that nginx may still reject
//! the upstream's certificate, and in TLS 1.3 the upstream may still reject ours.

use ngx::ffi::{
    ngx_connection_t, SSL_CTX_get0_certificate, SSL_get_SSL_CTX, SSL_get_servername,
    TLSEXT_NAMETYPE_host_name, SSL,
};
use tlsdiag::capture::Summary;
use tlsdiag::fixed::Text;
use tlsdiag::table::Good;
use tlsdiag::wire::ServerHello;

use super::place::{place, Place};
use super::Observation;
use crate::conf::{generation, with_zone, Scope};
use crate::openssl::{Borrowed, QueueMark, X509};
use crate::runtime::allocator::with_reserve;
use crate::runtime::clock::monotonic_ns;
use crate::upstream::UpstreamConnection;
use crate::zone::{now_ms, Zone};

const HOST_NAME: core::ffi::c_int = TLSEXT_NAMETYPE_host_name as core::ffi::c_int;

/// Counts the handshake of a connection whose first data has arrived.
///
/// # Safety
/// SSL and connection are alive: only in a message callback.
pub(crate) unsafe fn count(
    ssl: *mut SSL,
    observation: &Observation,
    connection: *const ngx_connection_t,
) {
    with_zone(|zone| {
        // SAFETY: the caller's promise.
        let upstream = unsafe { UpstreamConnection::of(connection.as_ref()?) };
        let scope = upstream.scope().filter(|scope| scope.diag())?;
        let place = place(zone, &upstream);
        add(&place, observation);
        if place.is_own {
            // SAFETY: the caller's promise.
            unsafe { remember(zone, &place, ssl, observation, &upstream, scope) };
        }
        Some(())
    });
}

/// Counts the handshake of a connection that ends and has only sent data.
pub(super) fn count_closed(observation: &Observation, upstream: &UpstreamConnection<'_>) {
    if observation.recorder.finished && observation.recorder.sent_data {
        with_zone(|zone| add(&place(zone, upstream), observation));
    }
}

fn add(place: &Place<'_>, observation: &Observation) {
    let recorder = &observation.recorder;
    place.slot.count_good(&Good {
        now_ms: now_ms(),
        version: recorder.version,
        resumed: recorder.resumed,
        duration_us: recorder.finished_ns.saturating_sub(recorder.started_ns) / 1000,
    });
}

/// Records what was agreed on, unless that is recorded already. It does not wait for the lock: the next
/// handshake can do it as well.
///
/// # Safety
/// The SSL is alive.
unsafe fn remember(
    zone: &Zone<'_>,
    place: &Place<'_>,
    ssl: *mut SSL,
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
    scope: Scope<'_>,
) {
    // SAFETY: the caller's promise.
    let leaf = unsafe { X509::peer(ssl) };
    // SAFETY: the caller's promise.
    let key = unsafe { key(zone, ssl, observation, scope.number(), leaf.as_ref()) };
    let now_ms = now_ms();
    if place.slot.is_recorded(key, now_ms) {
        return;
    }
    // What comes now may leave errors behind; what came before does not.
    let _mark = QueueMark::set();
    let summary = with_reserve(|| {
        let context = upstream.describe().0;
        // SAFETY: the caller's promise; the SSL holds its context, and that its certificate.
        let own = unsafe { Borrowed::of(SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl))) };
        let own = own.map(Borrowed::describe);
        let leaf = leaf.map(|leaf| leaf.borrow().describe());
        let handshake = observation.recorder.handshake(monotonic_ns());
        Summary {
            time_ms: now_ms,
            generation: generation(),
            location: Text::from(context.location.as_deref().unwrap_or_default()),
            ..Summary::new(&handshake, leaf.as_ref(), own.as_ref())
        }
    });
    if let Some(held) = zone.try_lock() {
        held.locked.record(&place.slot, &summary, key);
    }
}

/// A number that two good handshakes share when they agreed on the same. It must be cheap: it is made for
/// every handshake.
///
/// # Safety
/// The SSL is alive.
unsafe fn key(
    zone: &Zone<'_>,
    ssl: *mut SSL,
    observation: &Observation,
    level: u32,
    leaf: Option<&X509>,
) -> u64 {
    let recorder = &observation.recorder;
    // TLS 1.2 names it in ServerKeyExchange, 1.3 in the hello.
    let group = match recorder.group {
        0 => {
            let hello = recorder.server_hellos.iter().flatten().next_back();
            let group = hello.and_then(|hello| ServerHello::read(&hello.bytes).group);
            group.map_or(0, |group| group.0)
        }
        group => group,
    };
    let mut numbers = [0; 16];
    let parts = [
        u32::from(recorder.version) << 16 | u32::from(recorder.cipher),
        u32::from(group),
        generation(),
        level,
    ];
    for (to, from) in numbers.chunks_exact_mut(4).zip(parts) {
        to.copy_from_slice(&from.to_le_bytes());
    }
    // SAFETY: the caller's promise; what is borrowed from the SSL lives as long as it.
    unsafe {
        let own = SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl)) as usize;
        let own = own.to_le_bytes();
        let name = SSL_get_servername(ssl, HOST_NAME);
        let name = match name.is_null() {
            true => &[][..],
            false => core::ffi::CStr::from_ptr(name).to_bytes(),
        };
        let tail = leaf.map_or(&[][..], |leaf| leaf.borrow().signature_tail());
        zone.table
            .digest(&[&numbers, &own, name, &recorder.alpn, tail])
    }
}
