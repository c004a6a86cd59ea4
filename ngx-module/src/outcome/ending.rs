//! How a connection ended.

use tlsdiag::capture::EndingKind;

use super::Note;
use crate::openssl;
use crate::runtime::clock;
use crate::upstream::UpstreamConnection;

/// How the attempt failed; `None` where nothing failed that TLS could explain: the client went away
/// mid-handshake, the worker exits, the upstream died after the handshake.
pub(super) fn verdict(
    note: &Note,
    upstream: &UpstreamConnection<'_>,
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
        let rejected = rejected_by_nginx(note, upstream, verify_result);
        if rejected.is_some() {
            return rejected;
        }
        let asked = recorder.certificate_request.is_some();
        let closed = asked && !is_settled(note) && upstream.was_closed_by_peer();
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
    upstream.timed_out().then_some(EndingKind::Timeout)
}

/// Repeats nginx's two tests of a finished handshake, in nginx's order.
fn rejected_by_nginx(
    note: &Note,
    upstream: &UpstreamConnection<'_>,
    verify_result: i64,
) -> Option<EndingKind> {
    // Whoever it is: it has verified before it sends anything.
    let used = upstream.was_used().unwrap_or(note.recorder.sent_data);
    if !note.recorder.verifies || used {
        return None;
    }
    if verify_result != 0 {
        return Some(EndingKind::ChainRejected);
    }
    let matches = match (&note.leaf, upstream.compared_name()) {
        (Some(leaf), Some(name)) => leaf.borrow().matches_host(name),
        _ => true,
    };
    (!matches).then_some(EndingKind::NameRejected)
}

/// Whose TLS accepts a client certificate may still close over it, but then at once (Node does). What
/// ends later was accepted, and ended for another reason.
fn is_settled(note: &Note) -> bool {
    const AT_ONCE_NS: u64 = 1_000_000_000;
    let recorder = &note.recorder;
    let since = clock::monotonic_ns().saturating_sub(recorder.finished_ns);
    recorder.certificate_was_accepted() && since > AT_ONCE_NS
}
