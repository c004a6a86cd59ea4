//! Recorder + identity + certificates = the core's `Recording`.

use ngx::ffi::{
    nginx_version, ngx_connection_t, ngx_pid, ngx_timeofday, OPENSSL_sk_num, OPENSSL_sk_value,
    OpenSSL_version_num, SSL_CIPHER_get_protocol_id, SSL_CTX_get0_certificate, SSL_CTX_get_ciphers,
    SSL_CTX_get_security_level, SSL_CTX_get_verify_depth, SSL_CTX,
};
use tlsdiag::capture::{
    Bytes, CertificateCheck, ClientCertificate, Ending, EndingKind, Environment, Handshake,
    Presented, Recorder, Recording, Settings, FORMAT,
};

use crate::identity::Owner;
use crate::note::Note;
use crate::runtime::clock::monotonic_ns;
use crate::{openssl, recent};

/// Offset of an alert's number in OpenSSL's reasons (SSL_AD_REASON_OFFSET).
const ALERT_REASONS: u32 = 1000;

/// Everything observed on a failed connection.
///
/// # Safety
/// Connection, owner and context are alive: only in the trigger.
pub(crate) unsafe fn recording(
    note: &Note,
    kind: EndingKind,
    connection: &ngx_connection_t,
    owner: &Owner,
    ssl_context: *mut SSL_CTX,
    verify_result: i64,
) -> Recording {
    let recorder = &note.recorder;
    let now_ns = monotonic_ns();
    // SAFETY: the caller's promise.
    unsafe {
        let (mut context, settings) = owner.describe(connection);
        recent::recall(&mut context);
        let certificate = note.leaf.as_ref().map(|leaf| match kind {
            EndingKind::ChainRejected => openssl::check(
                ssl_context,
                leaf,
                note.chain.as_ref(),
                verify_result,
                owner.compared_name(),
                now_ns,
            ),
            _ => CertificateCheck {
                result: i32::try_from(verify_result).unwrap_or(i32::MAX),
                name_matches: (kind == EndingKind::NameRejected).then_some(false),
                chain: vec![leaf.borrow().describe()],
                chain_length: 1,
                ..CertificateCheck::default()
            },
        });
        Recording {
            format: FORMAT,
            environment: environment(),
            context,
            settings: with_context(settings, recorder, ssl_context),
            handshake: Handshake {
                client_certificate: client_certificate(note),
                ..recorder.handshake(now_ns)
            },
            ending: ending(recorder, kind),
            certificate,
            history: None,
            response: None,
        }
    }
}

fn environment() -> Environment {
    // SAFETY: nginx's cached time and pid are set before any connection exists.
    unsafe {
        let now = ngx_timeofday();
        Environment {
            nginx: nginx_version,
            openssl: OpenSSL_version_num(),
            time_ms: now.sec * 1000 + i64::try_from(now.msec).unwrap_or(0),
            pid: u32::try_from(ngx_pid).unwrap_or(0),
        }
    }
}

/// What the SSL context tells about the configuration.
unsafe fn with_context(
    settings: Settings,
    recorder: &Recorder,
    ssl_context: *mut SSL_CTX,
) -> Settings {
    // SAFETY: the caller's context is alive; getters only read it.
    unsafe {
        Settings {
            verify: settings
                .verify
                .or(recorder.finished.then_some(recorder.verifies)),
            verify_depth: u32::try_from(SSL_CTX_get_verify_depth(ssl_context)).ok(),
            security_level: u32::try_from(SSL_CTX_get_security_level(ssl_context)).ok(),
            tls13_suites: tls13_suites(ssl_context),
            client_certificate: Some(!SSL_CTX_get0_certificate(ssl_context).is_null()),
            ..settings
        }
    }
}

/// How many suites of TLS 1.3 (0x13xx) the context would offer.
unsafe fn tls13_suites(ssl_context: *mut SSL_CTX) -> Option<u32> {
    // SAFETY: the caller's context is alive and owns the list; STACK_OF(SSL_CIPHER) is an
    // OPENSSL_STACK.
    unsafe {
        let list = SSL_CTX_get_ciphers(ssl_context);
        if list.is_null() {
            return None;
        }
        let suites = (0..OPENSSL_sk_num(list.cast())).filter(|index| {
            let suite = OPENSSL_sk_value(list.cast(), *index);
            SSL_CIPHER_get_protocol_id(suite.cast()) >> 8 == 0x13
        });
        u32::try_from(suites.count()).ok()
    }
}

fn client_certificate(note: &Note) -> Option<ClientCertificate> {
    match note.recorder.presented {
        Presented::Nothing => None,
        Presented::Empty => Some(ClientCertificate {
            empty: true,
            ..Default::default()
        }),
        Presented::Certificate => {
            let own = note.own_certificate.as_ref();
            Some(ClientCertificate {
                empty: false,
                certificate: own.map(|own| own.borrow().describe()),
                issuer_name: own.and_then(|own| own.borrow().issuer_der()).map(Bytes),
            })
        }
    }
}

/// A late alert's error is off the queue by now: its code follows from the alert.
fn ending(recorder: &Recorder, kind: EndingKind) -> Ending {
    let exit = recorder.exit;
    let code = match (exit.map_or(0, |exit| exit.code), kind) {
        (0, EndingKind::LateAlert) => recorder.fatal_alert(false).map_or(0, |alert| {
            openssl::packed(ALERT_REASONS + u32::from(alert.code))
        }),
        (code, _) => code,
    };
    let known = code != 0;
    Ending {
        kind,
        code: known.then_some(code),
        library: known.then(|| openssl::library(code)),
        reason: known.then(|| openssl::reason(code)),
        errno: exit.map(|exit| exit.errno).filter(|errno| *errno != 0),
        text: known.then(|| openssl::text(code).into()),
    }
}
