//! Failures between the handshake and the response. In TLS 1.3 the upstream judges nginx's certificate after
//! nginx has finished its side. Upstreams that speak another protocol are found here, too.

use memchr::memmem;

use super::action::{split, Action};
use super::{library, module, Failure, Seen};
use crate::capture::Module;
use crate::error_log::kind::Kind;
use crate::error_log::tail::Tail;

/// What such a message says at its beginning.
#[derive(Clone, Copy)]
pub(super) enum Opening {
    /// `SSL_read() failed`, `SSL_write() failed`.
    Library,
    /// nginx has just begun to use the connection.
    Closed,
    /// `upstream sent no valid HTTP/1.0 header`.
    NoHttp,
    /// The length of a frame, where "HTT" stands.
    Http1AsFrame,
}

/// Reads a message after its opening.
pub(super) fn read(said: &[u8], opening: Opening) -> Option<Seen<'_>> {
    let (head, rest) = split(said);
    if Action::of(head) != Action::Exchange {
        return None;
    }
    let tail = Tail::read(rest);
    let module = module(&tail);
    let of_http = matches!(module, Some(Module::Proxy | Module::Grpc | Module::Uwsgi));
    let kind = match opening {
        Opening::Library if is_unused(rest) => late(library(head)?)?,
        Opening::Closed if of_http => Kind::LateClose,
        Opening::Http1AsFrame if module == Some(Module::Grpc) => Kind::NotHttp2,
        Opening::NoHttp => return plain_to_tls(tail),
        _ => return None,
    };
    Some(Seen::Failure(Failure { kind, module, tail }))
}

fn late(kind: Kind) -> Option<Kind> {
    match kind {
        Kind::Alert(alert) => Some(Kind::LateAlert(alert)),
        Kind::Closed | Kind::Reset => Some(Kind::LateClose),
        _ => None,
    }
}

/// Of stream it is a failed handshake only while nothing came through it.
fn is_unused(tail: &[u8]) -> bool {
    const RECEIVED: &[u8] = b", bytes from/to upstream:";
    let received = memmem::find(tail, RECEIVED).and_then(|at| tail.get(at + RECEIVED.len()..));
    received.is_none_or(|count| count.starts_with(b"0/"))
}

/// Plain HTTP to a port that nobody gives it.
fn plain_to_tls(tail: Tail<'_>) -> Option<Seen<'_>> {
    let upstream = tail.upstream.filter(|one| one.starts_with(b"http://"))?;
    let ports = [":443", ":8443", ":9443", ":6443"];
    if !ports.iter().any(|port| upstream.ends_with(port.as_bytes())) {
        return None;
    }
    Some(Seen::Failure(Failure {
        kind: Kind::PlainToTls,
        module: Some(Module::Proxy),
        tail,
    }))
}
