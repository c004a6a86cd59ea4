//! OpenSSL's message callback: every record header, handshake message and alert, both ways.

use core::ffi::{c_int, c_void};

use ngx::ffi::{SSL_is_server, SSL, SSL3_RT_ALERT, SSL3_RT_HANDSHAKE};

use super::state::{connection, release, stop_watching, store, watched, ConnectionState, Watched};
use crate::nginx::cycle;
use crate::openssl::ErrorCode;
use crate::outcome::Observation;
use crate::runtime::clock::monotonic_ns;
use crate::runtime::{allocator, guard};
use crate::upstream::UpstreamConnection;
use crate::variables;

const ALERT: c_int = SSL3_RT_ALERT as c_int;
const HANDSHAKE: c_int = SSL3_RT_HANDSHAKE as c_int;
/// HandshakeType (RFC 8446 section 4).
const CLIENT_HELLO: u8 = 1;
const FINISHED: u8 = 20;

/// `SSL_CTX_set_msg_callback`'s callback.
///
/// # Safety
/// OpenSSL passes the SSL it is working on, and `length` readable bytes or NULL.
pub(super) unsafe extern "C" fn observe(
    write_p: c_int,
    _version: c_int,
    content_type: c_int,
    buffer: *const c_void,
    length: usize,
    ssl: *mut SSL,
    _argument: *mut c_void,
) {
    let step = guard::guard_keeping("message", || {
        let bytes = match (buffer.is_null(), length) {
            (true, _) | (_, 0) => &[],
            // SAFETY: the caller's promise.
            _ => unsafe { core::slice::from_raw_parts(buffer.cast::<u8>(), length) },
        };
        // SAFETY: the caller's promise.
        unsafe { observe_message(ssl, write_p == 1, content_type, bytes) }
    });
    if step.is_none() {
        // After a fault the request goes on without us.
        // SAFETY: OpenSSL works on the SSL, and the body that panicked has given its borrow back.
        unsafe { release(ssl) }
    }
}

/// # Safety
/// `ssl` is the one OpenSSL passed to its message callback.
unsafe fn observe_message(ssl: *mut SSL, sent: bool, content_type: c_int, bytes: &[u8]) {
    // SAFETY: the caller's promise; what is watched is only reached from here and from the info callback,
    // never at once.
    unsafe {
        let mut known = watched(ssl);
        if known.is_none() && begin(ssl) {
            known = watched(ssl);
        }
        let Some(watched) = known else {
            return release(ssl);
        };
        let Watched { observation, state } = &mut *watched;
        if let ConnectionState::Established(established) = state {
            if let Some(negotiated) = &mut established.negotiated {
                negotiated.publish_for(connection(ssl));
            }
            return;
        }
        if content_type == ALERT && sent && ErrorCode::latest().is_unexpected_eof() {
            // The library's way to say that the peer closed, no complaint about what it sent.
            return;
        }
        let carries_data = observation.recorder.observe(sent, content_type, bytes);
        match (content_type, sent, bytes.first()) {
            (ALERT, ..) => observation.snapshot(ssl),
            (HANDSHAKE, true, Some(&CLIENT_HELLO)) => observation.offered(ssl),
            (HANDSHAKE, true, Some(&FINISHED)) => observation.identified(ssl, stores_session(ssl)),
            _ => {}
        }
        if carries_data && !stop_watching(ssl, watched) {
            release(ssl);
        }
    }
}

/// nginx is going to keep the session (`*_ssl_session_reuse on`).
///
/// # Safety
/// `ssl` is the one OpenSSL passed to its message callback.
unsafe fn stores_session(ssl: *const SSL) -> bool {
    // SAFETY: the caller's promise; nginx's connection outlives its SSL.
    unsafe {
        let own = connection(ssl).as_ref().and_then(|one| one.ssl.as_ref());
        own.is_some_and(|own| own.save_session.is_some())
    }
}

/// Begins to watch if this is an upstream connection of nginx and the operator wants it.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to its message callback, and its slot is empty.
unsafe fn begin(ssl: *mut SSL) -> bool {
    // SAFETY: the caller's promise; nginx's connection outlives its SSL.
    unsafe {
        if SSL_is_server(ssl) != 0 || !cycle::is_loaded() {
            return false;
        }
        let Some(connection) = connection(ssl).as_ref() else {
            return false;
        };
        if !UpstreamConnection::of(connection).wants_diagnosis() && !variables::are_used() {
            return false;
        }
        let watched = Watched {
            observation: Observation::new(monotonic_ns()),
            state: ConnectionState::Handshaking,
        };
        allocator::try_box(watched).is_some_and(|watched| store(ssl, watched))
    }
}
