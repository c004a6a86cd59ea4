//! Parts of a recording that only OpenSSL can tell.

use core::ffi::c_int;
use core::ptr;

use tlsdiag::capture::{
    Bytes, ClientCertificate, ClientCertificateSent, Ending, EndingKind, Recorder, Settings,
};
use tlsdiag::registry::{Alert, SslReason};

use super::error::ErrorCode;
use super::ffi::{
    OPENSSL_sk_num, OPENSSL_sk_value, SSL_CIPHER_get_protocol_id, SSL_CTX_ctrl,
    SSL_CTX_get0_certificate, SSL_CTX_get_ciphers, SSL_CTX_get_security_level,
    SSL_CTX_get_verify_depth, SSL_CTRL_GET_MAX_PROTO_VERSION, SSL_CTRL_GET_MIN_PROTO_VERSION,
    SSL_CTX,
};
use super::X509;

/// The settings, with what the context tells of them.
///
/// # Safety
/// `context` is alive.
pub(crate) unsafe fn with_context(settings: Settings, context: *mut SSL_CTX) -> Settings {
    // SAFETY: the caller's promise; getters only read it.
    unsafe {
        Settings {
            verify_depth: u32::try_from(SSL_CTX_get_verify_depth(context)).ok(),
            security_level: u32::try_from(SSL_CTX_get_security_level(context)).ok(),
            min_version: bound(context, SSL_CTRL_GET_MIN_PROTO_VERSION),
            max_version: bound(context, SSL_CTRL_GET_MAX_PROTO_VERSION),
            tls13_suites: tls13_suites(context),
            client_certificate: Some(!SSL_CTX_get0_certificate(context).is_null()),
            ..settings
        }
    }
}

/// A bound of the versions; `None` where there is none.
///
/// # Safety
/// `context` is alive.
unsafe fn bound(context: *mut SSL_CTX, which: impl TryInto<c_int>) -> Option<u16> {
    let which = which.try_into().ok()?;
    // SAFETY: the caller's promise; these controls take no argument and only read.
    let version = unsafe { SSL_CTX_ctrl(context, which, 0, ptr::null_mut()) };
    u16::try_from(version).ok().filter(|version| *version != 0)
}

/// How many suites of TLS 1.3 (0x13xx) the context would offer: they come first (`ssl_create_cipher_list`).
///
/// # Safety
/// `context` is alive.
unsafe fn tls13_suites(context: *mut SSL_CTX) -> Option<u32> {
    // SAFETY: the caller's context owns the list; STACK_OF(SSL_CIPHER) is an OPENSSL_STACK.
    unsafe {
        let list = SSL_CTX_get_ciphers(context);
        if list.is_null() {
            return None;
        }
        let suites = (0..OPENSSL_sk_num(list.cast())).take_while(|index| {
            let suite = OPENSSL_sk_value(list.cast(), *index);
            SSL_CIPHER_get_protocol_id(suite.cast()) >> 8 == 0x13
        });
        u32::try_from(suites.count()).ok()
    }
}

/// Our answer to a CertificateRequest; `own` is the certificate that was sent.
pub(crate) fn client_certificate(
    recorder: &Recorder,
    own: Option<&X509>,
) -> Option<ClientCertificate> {
    match recorder.client_certificate {
        ClientCertificateSent::Nothing => None,
        ClientCertificateSent::Empty => Some(ClientCertificate {
            empty: true,
            ..Default::default()
        }),
        ClientCertificateSent::Certificate => Some(ClientCertificate {
            empty: false,
            certificate: own.map(|own| own.borrow().describe()),
            issuer_name: own.and_then(|own| own.borrow().issuer_der()).map(Bytes),
        }),
    }
}

/// The end, with the library's own words. A late alert's error is off the queue by now: its code follows
/// from the alert.
pub(crate) fn ending(recorder: &Recorder, kind: EndingKind) -> Ending {
    let error = recorder.error;
    let late_alert = || {
        let alert = recorder.fatal_alert(false)?;
        Some(ErrorCode::of_ssl(SslReason::of_alert(Alert(alert.code))))
    };
    let code = error.map(|error| error.code).filter(|code| *code != 0);
    let code = match code.map(ErrorCode) {
        None if kind == EndingKind::LateAlert => late_alert(),
        code => code,
    };
    Ending {
        kind,
        code: code.map(|code| code.0),
        library: code.map(ErrorCode::library),
        reason: code.map(ErrorCode::reason),
        errno: error.map(|error| error.errno).filter(|errno| *errno != 0),
        text: code.map(|code| code.text().into()),
    }
}
