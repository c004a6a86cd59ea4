//! OpenSSL's message callback: every record header, handshake message and alert, both ways.

use core::ffi::{c_int, c_void};

use ngx::ffi::{
    ngx_connection_t, SSL_is_server, SSL, SSL3_RT_ALERT, SSL3_RT_HANDSHAKE, SSL3_RT_HEADER,
};

use super::state::{connection, release, stop_watching, store, ConnectionState, Watched};
use crate::nginx::cycle;
use crate::openssl::ErrorCode;
use crate::outcome::Observation;
use crate::runtime::clock::monotonic_ns;
use crate::runtime::{allocator, guard};
use crate::upstream::UpstreamConnection;
use crate::variables;

const ALERT: c_int = SSL3_RT_ALERT as c_int;
const HANDSHAKE: c_int = SSL3_RT_HANDSHAKE as c_int;
/// What else is no content type of a record comes after it.
const RECORD_HEADER: c_int = SSL3_RT_HEADER as c_int;
/// HandshakeType (RFC 8446 section 4).
const CLIENT_HELLO: u8 = 1;
const FINISHED: u8 = 20;

/// `SSL_CTX_set_msg_callback`'s callback. Its argument is what is watched, once something is.
///
/// What comes most often needs neither memory nor OpenSSL and cannot fail: it does without the guard.
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
    argument: *mut c_void,
) {
    let mut carries_data = false;
    // SAFETY: NULL, or the box in the SSL's slot, which is only reached from here and from the info
    // callback, never at once.
    if let Some(watched) = unsafe { argument.cast::<Watched>().as_mut() } {
        if let ConnectionState::Established(established) = &watched.state {
            // SAFETY: the connection outlives its SSL.
            let connection = unsafe { watched.connection.as_ref() };
            if !connection.is_some_and(|connection| established.owes_values_to(connection)) {
                return;
            }
        } else if content_type >= RECORD_HEADER {
            // SAFETY: OpenSSL passes `length` readable bytes.
            let bytes = unsafe { slice(buffer, length) };
            let recorder = &mut watched.observation.recorder;
            carries_data = recorder.observe_record(write_p == 1, content_type, bytes);
            if !carries_data && !watched.only_sends() {
                return;
            }
        }
    }
    // SAFETY: what OpenSSL passed.
    unsafe {
        guarded(
            write_p,
            carries_data,
            content_type,
            buffer,
            length,
            ssl,
            argument,
        );
    }
}

/// All else. Apart, so that the way past it is short; with what OpenSSL passed in its places.
///
/// # Safety
/// As for [`observe`].
#[inline(never)]
unsafe extern "C" fn guarded(
    write_p: c_int,
    carries_data: bool,
    content_type: c_int,
    buffer: *const c_void,
    length: usize,
    ssl: *mut SSL,
    argument: *mut c_void,
) {
    let step = guard::guard_keeping("message", || {
        // SAFETY: OpenSSL passed the SSL and the bytes; nobody else borrows what is watched.
        unsafe {
            let watched = argument.cast::<Watched>().as_mut();
            match watched {
                Some(watched) if carries_data || watched.only_sends() => establish(ssl, watched),
                watched => {
                    let bytes = slice(buffer, length);
                    observe_message(ssl, watched, write_p == 1, content_type, bytes);
                }
            }
        }
    });
    if step.is_none() {
        // SAFETY: OpenSSL passed the SSL it is working on. After a fault the request goes on without us.
        unsafe { release(ssl) }
    }
}

/// # Safety
/// The buffer is NULL or has so many bytes, and outlives the slice.
unsafe fn slice<'a>(buffer: *const c_void, length: usize) -> &'a [u8] {
    if buffer.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(buffer.cast(), length) }
}

/// # Safety
/// OpenSSL passed the SSL it is working on, and what is watched of it is borrowed nowhere else.
unsafe fn observe_message(
    ssl: *mut SSL,
    watched: Option<&mut Watched>,
    sent: bool,
    content_type: c_int,
    bytes: &[u8],
) {
    // SAFETY: the SSL is alive inside its callback.
    unsafe {
        let known = match watched {
            None => begin(ssl),
            known => known,
        };
        let Some(Watched {
            connection,
            observation,
            state,
            ..
        }) = known
        else {
            return release(ssl);
        };
        if let ConnectionState::Established(established) = state {
            if let Some(connection) = connection.as_ref() {
                established.publish_for(connection, &observation.recorder);
            }
            return;
        }
        if content_type == ALERT && sent && ErrorCode::latest().is_unexpected_eof() {
            // The library's way to say that the peer closed, no complaint about what it sent.
            return;
        }
        observation.recorder.observe(sent, content_type, bytes);
        match (content_type, sent, bytes.first()) {
            (ALERT, ..) => observation.snapshot(ssl),
            (HANDSHAKE, true, Some(&CLIENT_HELLO)) => observation.offered(ssl),
            (HANDSHAKE, true, Some(&FINISHED)) => {
                observation.identified(ssl, stores_session(*connection));
            }
            _ => {}
        }
    }
}

/// The first data has arrived, or will not.
///
/// # Safety
/// As for [`observe_message`].
unsafe fn establish(ssl: *mut SSL, watched: &mut Watched) {
    // SAFETY: the SSL is alive inside its callback.
    unsafe {
        if !stop_watching(ssl, watched) {
            release(ssl);
        }
    }
}

/// nginx is going to keep the session (`*_ssl_session_reuse on`).
///
/// # Safety
/// nginx's connection, alive.
unsafe fn stores_session(connection: *const ngx_connection_t) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let own = connection.as_ref().and_then(|one| one.ssl.as_ref());
        own.is_some_and(|own| own.save_session.is_some())
    }
}

/// Starts a recording if this is an upstream connection of nginx and the operator wants it.
///
/// # Safety
/// As for [`observe_message`], and nothing is watched of it.
unsafe fn begin<'a>(ssl: *mut SSL) -> Option<&'a mut Watched> {
    // SAFETY: the SSL is alive; nginx's connection outlives its SSL.
    unsafe {
        if SSL_is_server(ssl) != 0 || !cycle::is_loaded() {
            return None;
        }
        let connection = connection(ssl).as_ref()?;
        let upstream = UpstreamConnection::of(connection);
        if !upstream.wants_diagnosis() && !variables::are_used() {
            return None;
        }
        let watched = allocator::try_box(|| Watched {
            connection,
            is_session: upstream.is_session(),
            observation: Observation::new(monotonic_ns()),
            state: ConnectionState::Handshaking,
        });
        store(ssl, watched?)
    }
}
