//! Requests that the upstream refuses in HTTP because of something in the handshake. nginx logs nothing then.
//!
//! An answer that is passed on goes through the filters while its connection is alive. When nginx intercepts
//! it (`proxy_intercept_errors`, the next upstream) the connection is closed first: then the answer's status
//! is read when the SSL is freed. Each answer is judged once. A good answer costs one look at its status.

use ngx::ffi::SSL_CTX;
use tlsdiag::capture::{EndingKind, Response, Reused};
use tlsdiag::facts::Facts;

use super::{protocols, recording, say, Established, Observation};
use crate::upstream::UpstreamConnection;
use crate::variables::{self, Negotiated, Values};

/// Says what TLS has to do with the answer, if anything. The body is read from nginx's buffer, unless it
/// came later.
///
/// # Safety
/// The context is alive.
pub(crate) unsafe fn answered(
    observation: &Observation,
    established: &mut Established,
    upstream: &UpstreamConnection<'_>,
    body: Option<&[u8]>,
    context: *mut SSL_CTX,
    verify_result: i64,
) {
    let this = Some(upstream.requests());
    let Some(response) = upstream
        .answer(body)
        .filter(|_| established.judged_at != this)
    else {
        return;
    };
    let reused = match response.refuses_identity() {
        true => reused(observation, upstream),
        false => None,
    };
    let was_asked = observation.recorder.certificate_request.is_some();
    let is_suspicious = response.is_suspicious(was_asked, reused);
    let waits = !is_suspicious && response.waits_for_its_body(was_asked);
    established.judged_at = this.filter(|_| !waits);
    if !is_suspicious || !upstream.wants_diagnosis() {
        return;
    }
    // SAFETY: the caller's promise.
    let mut recording = unsafe {
        recording::recording(
            observation,
            EndingKind::Refused,
            upstream,
            context,
            verify_result,
        )
    };
    recording.handshake.reused = reused;
    recording.response = Some(response);
    let Some(diagnosis) = say(upstream, observation, &Facts::of(&recording)) else {
        return;
    };
    if variables::are_used() {
        let failure = Some((&diagnosis, None));
        let recorder = &observation.recorder;
        let known = established.negotiated;
        let values = Values {
            negotiated: known.unwrap_or_else(|| Negotiated::of(recorder)),
            recorder,
            failure,
        };
        variables::publish(upstream, &values);
    }
}

/// What this request uses although it was made for another identity: the connection, or the session it
/// resumed.
fn reused(observation: &Observation, upstream: &UpstreamConnection<'_>) -> Option<Reused> {
    let is_kept = upstream.requests() > 1;
    if is_kept && observation.identity.differs_from(upstream.identity()) {
        return Some(Reused::Connection);
    }
    let is_resumed = observation.recorder.resumed && observation.offers_session_of_another();
    is_resumed.then_some(Reused::Session)
}

/// Whether a connection ended without data because its peer expected HTTP/2: the peer closed it, and has
/// never answered in any other protocol.
pub(super) fn of_http2_only(
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
) -> Option<Response> {
    let recorder = &observation.recorder;
    let expects = recorder.finished
        && recorder.sent_data
        && recorder.alpn.is_empty()
        && protocols::speaks_only_http2(upstream.http_peer()?)
        && upstream.was_closed_by_peer();
    expects.then(|| Response {
        peer_speaks_http2: true,
        ..Response::default()
    })
}
