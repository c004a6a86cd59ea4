//! What is recorded while a handshake runs: the core's recorder and references to certificates, fed by
//! OpenSSL's callbacks as in the module.

use core::ffi::{c_int, c_void};
use std::time::Instant;

use tlsdiag::capture::{ClientCertificateSent, Recorder};

use super::error::{handshake_error, ErrorCode};
use super::ffi;
use super::x509::{Chain, X509};

/// SSL3_RT_ALERT, SSL_CB_HANDSHAKE_DONE, SSL_CB_CONNECT_EXIT.
const ALERT: c_int = 21;
const HANDSHAKE_DONE: c_int = 0x20;
const CONNECT_EXIT: c_int = 0x1002;
/// The place of ex_data that is the application's own (`SSL_set_app_data`).
const APP_DATA: c_int = 0;
/// What `SSL_get_error` says of a failure; every other value means "call again".
const FAILURES: [c_int; 3] = [
    ffi::SSL_ERROR_SSL,
    ffi::SSL_ERROR_SYSCALL,
    ffi::SSL_ERROR_ZERO_RETURN,
];

/// What is recorded of one handshake.
pub(super) struct Watch {
    pub(super) recorder: Recorder,
    began: Instant,
    /// The certificate the peer presented.
    pub(super) leaf: Option<X509>,
    /// All that it sent.
    pub(super) chain: Option<Chain>,
    /// The client certificate that was sent.
    pub(super) own_certificate: Option<X509>,
}

impl Watch {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            recorder: Recorder::new(0),
            began: Instant::now(),
            leaf: None,
            chain: None,
            own_certificate: None,
        })
    }

    /// Since it began, nanoseconds.
    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Watches an SSL, until that is freed.
    ///
    /// # Safety
    /// The SSL is alive, and freed before `self`, which stays where it is.
    pub(super) unsafe fn attach(&mut self, ssl: *mut ffi::SSL) {
        // SAFETY: the caller's promise.
        unsafe {
            ffi::SSL_set_ex_data(ssl, APP_DATA, core::ptr::from_mut(self).cast());
            ffi::SSL_set_msg_callback(ssl, Some(message));
            ffi::SSL_set_info_callback(ssl, Some(info));
        }
    }

    /// The watch of an SSL.
    ///
    /// # Safety
    /// The SSL was attached to, and no other reference to the watch is in use.
    unsafe fn of<'a>(ssl: *const ffi::SSL) -> Option<&'a mut Self> {
        // SAFETY: the caller's promise.
        unsafe { ffi::SSL_get_ex_data(ssl, APP_DATA).cast::<Self>().as_mut() }
    }

    /// Our side is done: the negotiated values and the certificates.
    ///
    /// # Safety
    /// The SSL is alive.
    unsafe fn finished(&mut self, ssl: *mut ffi::SSL) {
        self.recorder.finished_ns = self.now_ns();
        let recorder = &mut self.recorder;
        recorder.finished = true;
        // SAFETY: the caller's promise; getters only read it, and what is borrowed is copied here.
        unsafe {
            recorder.version = u16::try_from(ffi::SSL_version(ssl)).unwrap_or(0);
            let cipher = ffi::SSL_get_current_cipher(ssl);
            if !cipher.is_null() {
                recorder.cipher = ffi::SSL_CIPHER_get_protocol_id(cipher);
            }
            recorder.resumed = ffi::SSL_session_reused(ssl) == 1;
            let (mut alpn, mut length) = (core::ptr::null(), 0);
            ffi::SSL_get0_alpn_selected(ssl, &mut alpn, &mut length);
            if !alpn.is_null() {
                let length = usize::try_from(length).unwrap_or(0);
                recorder.alpn = core::slice::from_raw_parts(alpn, length).to_vec();
            }
            recorder.verifies = ffi::SSL_get_verify_depth(ssl) >= 0;
            self.chain = Chain::peer(ssl);
        }
        // SAFETY: the caller's promise.
        unsafe { self.snapshot(ssl) }
    }

    /// What only a live SSL can tell.
    ///
    /// # Safety
    /// The SSL is alive.
    unsafe fn snapshot(&mut self, ssl: *const ffi::SSL) {
        // SAFETY: the caller's promise; references taken are ours.
        unsafe {
            if self.leaf.is_none() && (self.recorder.finished || self.recorder.certificate_came()) {
                self.leaf = X509::peer(ssl);
            }
            if self.recorder.client_certificate == ClientCertificateSent::Certificate
                && self.own_certificate.is_none()
            {
                self.own_certificate = X509::own(ssl);
            }
        }
    }
}

/// `SSL_set_msg_callback`'s callback.
///
/// # Safety
/// OpenSSL passes `length` readable bytes and an SSL that was attached to.
unsafe extern "C" fn message(
    sent: c_int,
    _: c_int,
    content_type: c_int,
    buffer: *const c_void,
    length: usize,
    ssl: *mut ffi::SSL,
    _: *mut c_void,
) {
    super::guard("message", || {
        // SAFETY: the caller's promise; callbacks of one SSL never run at once.
        unsafe {
            let bytes = match buffer.is_null() {
                true => &[][..],
                false => core::slice::from_raw_parts(buffer.cast(), length),
            };
            let Some(watch) = Watch::of(ssl) else { return };
            // The library's way to say that the peer closed, no complaint about what it sent.
            if content_type == ALERT && sent == 1 && ErrorCode::latest().is_unexpected_eof() {
                return;
            }
            watch.recorder.observe(sent == 1, content_type, bytes);
            if content_type == ALERT {
                watch.snapshot(ssl);
            }
        }
    });
}

/// `SSL_set_info_callback`'s callback.
///
/// # Safety
/// OpenSSL passes an SSL that was attached to.
unsafe extern "C" fn info(ssl: *const ffi::SSL, event: c_int, ret: c_int) {
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    super::guard("info", || {
        // SAFETY: the caller's promise; callbacks of one SSL never run at once.
        unsafe {
            let Some(watch) = Watch::of(ssl) else { return };
            if event == HANDSHAKE_DONE {
                watch.finished(ssl.cast_mut());
            } else if event == CONNECT_EXIT && ret <= 0 {
                let ssl_error = ffi::SSL_get_error(ssl, ret);
                if FAILURES.contains(&ssl_error) && watch.recorder.error.is_none() {
                    watch.recorder.error = Some(handshake_error(ssl_error, errno));
                    watch.snapshot(ssl);
                }
            }
        }
    });
}
