//! From what was observed to the core's `Recording`.

use ngx::ffi::{nginx_version, ngx_pid, ngx_timeofday, OpenSSL_version_num, SSL_CTX};
use tlsdiag::capture::{EndingKind, Environment, Handshake, Recording, Reused, Settings, FORMAT};
use tlsdiag::text::bounded;

use super::{failed, recent, Observation};
use crate::openssl;
use crate::runtime::clock::monotonic_ns;
use crate::upstream::UpstreamConnection;

/// Everything observed on a failed connection.
///
/// # Safety
/// The context is alive.
pub(crate) unsafe fn recording(
    observation: &Observation,
    kind: EndingKind,
    upstream: &UpstreamConnection<'_>,
    ssl_context: *mut SSL_CTX,
    verify_result: i64,
) -> Recording {
    let recorder = &observation.recorder;
    let now_ns = monotonic_ns();
    // SAFETY: the caller's promise.
    unsafe {
        let (mut context, settings) = upstream.describe();
        recent::recall(&mut context);
        let certificate = observation.leaf.as_ref().map(|leaf| match kind {
            EndingKind::ChainRejected => openssl::check(
                ssl_context,
                leaf,
                observation.chain.as_ref(),
                verify_result,
                upstream.compared_name(),
                now_ns,
            ),
            _ => openssl::unverified(leaf, kind, verify_result),
        });
        Recording {
            format: FORMAT,
            environment: environment(),
            context,
            settings: Settings {
                verify: settings
                    .verify
                    .or(recorder.finished.then_some(recorder.verifies)),
                ..openssl::with_context(settings, ssl_context)
            },
            handshake: Handshake {
                session_name: observation
                    .session
                    .name
                    .as_deref()
                    .map(|name| bounded(name).into()),
                reused: observation
                    .offers_session_of_another()
                    .then_some(Reused::Session),
                client_certificate: openssl::client_certificate(
                    recorder,
                    observation.own_certificate.as_ref(),
                ),
                ..recorder.handshake(now_ns)
            },
            ending: openssl::ending(recorder, kind),
            certificate,
            history: failed::history(upstream, ssl_context),
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
