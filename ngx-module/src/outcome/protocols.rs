//! Which peers of this worker speak HTTP/2 only.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ngx::ffi::ngx_connection_t;
use tlsdiag::capture::Recorder;
use tlsdiag::protocols::Protocols;

use crate::upstream::UpstreamConnection;

const HTTP2: &[u8] = b"h2";

/// Holds no memory of its own.
static PROTOCOLS: Mutex<Protocols> = Mutex::new(Protocols::new());
/// Whether the table holds a peer; otherwise nobody needs to lock it.
static IS_USED: AtomicBool = AtomicBool::new(false);

fn protocols() -> MutexGuard<'static, Protocols> {
    PROTOCOLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handshake is done.
///
/// # Safety
/// nginx made the connection, and calls us on its thread.
pub(crate) unsafe fn agreed(alpn: &[u8], connection: &ngx_connection_t) {
    if alpn != HTTP2 {
        return;
    }
    // SAFETY: the caller's promise.
    if let Some(peer) = unsafe { UpstreamConnection::of(connection) }.http_peer() {
        protocols().chose_http2(peer);
        IS_USED.store(true, Ordering::Relaxed);
    }
}

/// Data has come over the connection.
pub(crate) fn answered(upstream: &UpstreamConnection<'_>, recorder: &Recorder) {
    if !IS_USED.load(Ordering::Relaxed) || recorder.alpn == HTTP2 {
        return;
    }
    if let Some(peer) = upstream.http_peer() {
        protocols().answered_otherwise(peer);
    }
}

/// The peer has chosen HTTP/2 whenever it was offered, and answered nothing else.
pub(super) fn speaks_only_http2(peer: &[u8]) -> bool {
    IS_USED.load(Ordering::Relaxed) && protocols().speaks_only_http2(peer)
}
