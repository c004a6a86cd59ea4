//! OpenSSL's info callback: the end of the handshake, good or bad. nginx's own runs after ours.

use core::ffi::{c_int, c_long};

use ngx::ffi::{
    ngx_errno, ngx_set_errno, SSL_CIPHER_get_protocol_id, SSL_get0_alpn_selected, SSL_get_SSL_CTX,
    SSL_get_current_cipher, SSL_get_error, SSL_get_verify_callback, SSL_get_verify_depth,
    SSL_get_verify_result, SSL_session_reused, SSL_version, SSL, SSL_CB_CONNECT_EXIT,
    SSL_CB_HANDSHAKE_DONE, SSL_ERROR_SSL, SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN, X509_V_OK,
};
use tlsdiag::capture::ClientCertificateSent;

use super::state::{
    handshaking, info_callback_of_nginx, release, stored_info_callback, InfoCallback, Watched,
};
use crate::openssl::{self, Chain, QueueMark, X509};
use crate::outcome::{protocols, Observation};
use crate::runtime::guard;

const HANDSHAKE_DONE: c_int = SSL_CB_HANDSHAKE_DONE as c_int;
const CONNECT_EXIT: c_int = SSL_CB_CONNECT_EXIT as c_int;
/// `SSL_get_error`'s failures; every other value means "call again".
const FAILURES: [c_int; 3] = [
    SSL_ERROR_SSL as c_int,
    SSL_ERROR_SYSCALL as c_int,
    SSL_ERROR_ZERO_RETURN as c_int,
];

/// `SSL_CTX_set_info_callback`'s callback, on a context that had nginx's own.
///
/// # Safety
/// OpenSSL passes the SSL it is working on.
pub(super) unsafe extern "C" fn observe(ssl: *const SSL, event: c_int, ret: c_int) {
    // SAFETY: OpenSSL passes the SSL it is working on; nginx's callback takes what ours took.
    unsafe {
        match info_callback_of_nginx() {
            Some(theirs) if !ends_handshake(event, ret) => theirs(ssl, event, ret),
            theirs => watch(ssl, event, ret, theirs),
        }
    }
}

/// The same on a context that had another one.
///
/// # Safety
/// As for [`observe`].
pub(super) unsafe extern "C" fn observe_before_another(ssl: *const SSL, event: c_int, ret: c_int) {
    // SAFETY: OpenSSL passes the SSL, whose context is alive as long; their callback takes what ours took.
    unsafe {
        match stored_info_callback(SSL_get_SSL_CTX(ssl)) {
            Some(theirs) if !ends_handshake(event, ret) => theirs(ssl, event, ret),
            theirs => watch(ssl, event, ret, theirs),
        }
    }
}

/// All other events are steps on the way.
fn ends_handshake(event: c_int, ret: c_int) -> bool {
    event == HANDSHAKE_DONE || (event == CONNECT_EXIT && ret <= 0)
}

/// Apart, so that the way past it is short.
///
/// # Safety
/// OpenSSL passes the SSL it is working on, and their callback takes what ours took.
#[inline(never)]
unsafe extern "C" fn watch(
    ssl: *const SSL,
    event: c_int,
    ret: c_int,
    theirs: Option<InfoCallback>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let ssl = ssl.cast_mut();
        let failure = match event {
            CONNECT_EXIT => Failure::of(ssl, ret),
            _ => None,
        };
        if event == HANDSHAKE_DONE || failure.is_some() {
            if guard::guard_keeping("info", || observe_end(ssl, failure)).is_none() {
                release(ssl);
            }
            // nginx reads it after us.
            if let Some(failure) = failure {
                ngx_set_errno(failure.errno);
            }
        }
        if let Some(theirs) = theirs {
            theirs(ssl, event, ret);
        }
    }
}

/// How the handshake call failed.
#[derive(Clone, Copy)]
struct Failure {
    /// `SSL_get_error`'s.
    ssl_error: c_int,
    errno: c_int,
}

impl Failure {
    /// `None` where it is to be called again, as it is each time it waits for the peer: asked before all else.
    ///
    /// # Safety
    /// `ssl` is the one OpenSSL passed to its info callback, and `ret` is what the call returned.
    unsafe fn of(ssl: *mut SSL, ret: c_int) -> Option<Self> {
        // SAFETY: the caller's promise; errno is this thread's, and SSL_get_error only peeks the queue.
        unsafe {
            let errno = ngx_errno();
            let ssl_error = SSL_get_error(ssl, ret);
            ngx_set_errno(errno);
            FAILURES
                .contains(&ssl_error)
                .then_some(Self { ssl_error, errno })
        }
    }
}

/// # Safety
/// `ssl` is the one OpenSSL passed to its info callback.
unsafe fn observe_end(ssl: *mut SSL, failure: Option<Failure>) {
    // SAFETY: the caller's promise; nobody else borrows the observation while the callback runs.
    unsafe {
        let Some(watched) = handshaking(ssl) else {
            return;
        };
        match failure {
            Some(failure) => failed(ssl, &mut watched.observation, failure),
            None => finished(ssl, watched),
        }
    }
}

/// Our side is done: the negotiated values, and the chain if nginx is going to reject it.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to its info callback.
unsafe fn finished(ssl: *mut SSL, watched: &mut Watched) {
    let observation = &mut watched.observation;
    // SAFETY: the SSL is alive; getters only read it. References taken are ours.
    unsafe {
        let recorder = &mut observation.recorder;
        recorder.finished = true;
        recorder.finished_ns = crate::runtime::clock::monotonic_ns();
        recorder.version = u16::try_from(SSL_version(ssl)).unwrap_or(0);
        let cipher = SSL_get_current_cipher(ssl);
        if !cipher.is_null() {
            recorder.cipher = SSL_CIPHER_get_protocol_id(cipher);
        }
        recorder.resumed = SSL_session_reused(ssl) == 1;
        let (mut alpn, mut length) = (core::ptr::null(), 0);
        SSL_get0_alpn_selected(ssl, &mut alpn, &mut length);
        let length = usize::try_from(length).unwrap_or(0);
        if !alpn.is_null() && recorder.alpn.try_reserve_exact(length).is_ok() {
            recorder.alpn.clear();
            recorder
                .alpn
                .extend_from_slice(core::slice::from_raw_parts(alpn, length));
        }
        if let Some(connection) = watched.connection.as_ref() {
            protocols::agreed(&recorder.alpn, connection);
        }
        if recorder.client_certificate == ClientCertificateSent::Certificate {
            observation.own_certificate = X509::own(ssl);
        }
        // nginx 1.18 verifies without a callback, but never without a depth of its own.
        recorder.verifies =
            SSL_get_verify_callback(ssl).is_some() || SSL_get_verify_depth(ssl) >= 0;
        if recorder.verifies {
            let _mark = QueueMark::set();
            observation.leaf = X509::peer(ssl);
            if SSL_get_verify_result(ssl) != c_long::from(X509_V_OK) {
                observation.chain = Chain::peer(ssl);
            }
        }
    }
}

/// The handshake call failed. The error queue is exact here and nowhere later; it is left as it was, because
/// nginx reads it after us.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to its info callback.
unsafe fn failed(ssl: *mut SSL, observation: &mut Observation, failure: Failure) {
    if observation.recorder.error.is_none() {
        let Failure { ssl_error, errno } = failure;
        observation.recorder.error = Some(openssl::handshake_error(ssl_error, errno));
        // SAFETY: the caller's promise.
        unsafe { observation.snapshot(ssl) };
    }
}
