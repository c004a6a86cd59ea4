//! How a connection ended.

use ngx::ffi::ngx_connection_t;
use tlsdiag::capture::EndingKind;

use super::Note;
use crate::identity::Owner;
use crate::openssl;
use crate::runtime::clock;

/// How the attempt failed; `None` where nothing failed that TLS could explain: the client went away
/// mid-handshake, the worker exits, the upstream died after the handshake.
///
/// # Safety
/// Connection and owner are alive.
pub(super) unsafe fn verdict(
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
