//! The end of an SSL: decides whether anything is to be said, and says it.
//!
//! OpenSSL calls this inside `SSL_free`, which nginx calls right after it logged its own error. The
//! SSL is only read for its ex_data, its context and its verify result: from OpenSSL 3.5 on nothing
//! else of it is alive here. nginx's connection, request and configuration are.

use core::ffi::{c_int, c_long, c_void};

use ngx::ffi::{ngx_connection_t, SSL_get_SSL_CTX, SSL_get_verify_result, CRYPTO_EX_DATA, SSL};
use tlsdiag::capture::EndingKind;

use super::connection;
use crate::identity::Owner;
use crate::nginx::cycle;
use crate::note::{Note, Watched};
use crate::openssl::{self, QueueMark};
use crate::runtime::{clock, guard};
use crate::variables::Negotiated;
use crate::{assemble, identity, recent, sink, variables};

/// OpenSSL's `CRYPTO_EX_free` for our slot, inside `SSL_free`.
pub(super) unsafe extern "C" fn ssl_freed(
    ssl: *mut c_void,
    slot: *mut c_void,
    _: *mut CRYPTO_EX_DATA,
    _: c_int,
    _: c_long,
    _: *mut c_void,
) {
    if slot.is_null() {
        return;
    }
    guard::guard("free", || {
        // SAFETY: the slot held a box of ours, and OpenSSL forgets the slot after this call.
        let watched = unsafe { Box::from_raw(slot.cast::<Watched>()) };
        let Watched::Running(note) = *watched else {
            return;
        };
        if !cycle::is_live() {
            return;
        }
        let _mark = QueueMark::set();
        // SAFETY: see the module's first lines.
        unsafe { close(ssl.cast(), &note) };
    });
}

unsafe fn close(ssl: *mut SSL, note: &Note) {
    // SAFETY: nginx frees the SSL before the connection it belongs to.
    unsafe {
        let Some(connection) = connection(ssl).as_ref() else {
            return;
        };
        let owner = identity::of(connection);
        let verify_result = SSL_get_verify_result(ssl);
        let failure = verdict(note, connection, &owner, verify_result);
        let wanted = failure.filter(|_| owner.wants_diagnosis(connection));
        let diagnosis = wanted.and_then(|kind| {
            let context = SSL_get_SSL_CTX(ssl);
            let recording =
                assemble::recording(note, kind, connection, &owner, context, verify_result);
            let diagnosis = sink::write(connection, &owner, &recording)?;
            recent::note(&recording.context, diagnosis.name);
            Some(diagnosis)
        });
        if variables::are_used() {
            let recorder = &note.recorder;
            let alert = recorder.fatal_alert(false).or(recorder.fatal_alert(true));
            let failure = diagnosis.as_ref().map(|diagnosis| (diagnosis, alert));
            let values = variables::values(&Negotiated::of(recorder), failure);
            variables::record(&owner, &values);
        }
    }
}

/// How the attempt failed; `None` where nothing failed that TLS could explain: the client went away
/// mid-handshake, the worker exits, the upstream died after the handshake.
unsafe fn verdict(
    note: &Note,
    connection: &ngx_connection_t,
    owner: &Owner,
    verify_result: i64,
) -> Option<EndingKind> {
    let recorder = &note.recorder;
    let received = recorder.fatal_alert(false);
    if recorder.finished {
        if recorder.exit.is_some() || recorder.fatal_alert(true).is_some() {
            return Some(EndingKind::Error);
        }
        if received.is_some() {
            return Some(EndingKind::LateAlert);
        }
        // SAFETY: the owner's structures are alive in the trigger.
        let rejected = unsafe { rejected_by_nginx(note, owner, verify_result) };
        if rejected.is_some() {
            return rejected;
        }
        let asked = recorder.certificate_request.is_some();
        let closed = asked && !is_settled(note) && closed_by_peer(connection);
        return closed.then_some(EndingKind::LateClose);
    }
    if received.is_some() {
        // Some libraries see the end of the connection behind the alert first.
        return Some(EndingKind::Error);
    }
    if let Some(exit) = recorder.exit {
        return Some(openssl::exit_kind(exit));
    }
    if recorder.fatal_alert(true).is_some() {
        return Some(EndingKind::Error);
    }
    timed_out(connection).then_some(EndingKind::Timeout)
}

/// Repeats nginx's two tests of a finished handshake, in nginx's order.
unsafe fn rejected_by_nginx(note: &Note, owner: &Owner, verify_result: i64) -> Option<EndingKind> {
    let used = match owner {
        // Whoever it is: it has verified before it sends anything.
        Owner::Other => note.recorder.sent_data,
        // SAFETY: the owner's structures are alive in the trigger.
        _ => unsafe { owner.has_used_connection() },
    };
    if !note.recorder.verifies || used {
        return None;
    }
    if verify_result != 0 {
        return Some(EndingKind::ChainRejected);
    }
    // SAFETY: as above.
    let name = unsafe { owner.compared_name() };
    let matches = match (&note.leaf, name) {
        (Some(leaf), Some(name)) => leaf.borrow().matches_host(name),
        _ => true,
    };
    (!matches).then_some(EndingKind::NameRejected)
}

fn timed_out(connection: &ngx_connection_t) -> bool {
    // nginx's upstreams set the timer of the write event; njs sets both, and the read event's fires first.
    [connection.write, connection.read]
        .into_iter()
        // SAFETY: nginx's connections always have both events.
        .filter_map(|event| unsafe { event.as_ref() })
        .any(|event| event.timedout() == 1)
}

/// Whose TLS accepts a client certificate may still close over it, but then at once (Node does). What
/// ends later was accepted, and ended for another reason.
fn is_settled(note: &Note) -> bool {
    const AT_ONCE_NS: u64 = 1_000_000_000;
    let recorder = &note.recorder;
    let since = clock::monotonic_ns().saturating_sub(recorder.finished_ns);
    recorder.certificate_was_accepted() && since > AT_ONCE_NS
}

/// nginx may not have read yet when it closes (`connect() failed (32: Broken pipe)`): then the socket
/// itself is asked. The connection's own error flag says nothing: a worker that must shut down sets it.
/// Only reached when a client certificate was asked for and no data came.
fn closed_by_peer(connection: &ngx_connection_t) -> bool {
    // SAFETY: as above.
    let read = unsafe { connection.read.as_ref() };
    if read.is_some_and(|event| event.eof() == 1 || event.error() == 1) {
        return true;
    }
    let mut socket = libc::pollfd {
        fd: connection.fd,
        events: libc::POLLRDHUP,
        revents: 0,
    };
    // SAFETY: one descriptor, no waiting. nginx closes the socket after the SSL.
    let ready = unsafe { libc::poll(&mut socket, 1, 0) };
    ready == 1 && socket.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0
}
