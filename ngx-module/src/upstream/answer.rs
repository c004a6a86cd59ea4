//! What was asked and answered in HTTP, read from nginx's own buffers.

use tlsdiag::capture::{Bytes, Response, MAX_BODY};
use tlsdiag::text::bounded;
use tlsdiag::wire::{first_data, inadequate_security, is_http2_request, request_host};

use super::http::Http;
use crate::nginx::buffer::between;

/// The status can be about TLS.
pub(super) fn is_suspicious(http: &Http<'_>) -> bool {
    let status = u16::try_from(http.upstream.headers_in.status_n);
    status.is_ok_and(Response::may_be_about_tls)
}

/// The answer whose header nginx has just read; `body` where that came after the header.
pub(super) fn read(http: &Http<'_>, body: Option<&[u8]>) -> Response {
    let (upstream, request) = (http.upstream, request(http));
    let buffer = &upstream.buffer;
    // SAFETY: the upstream's own buffer, which lives as long as it.
    let whole = unsafe { between(buffer.start, buffer.last) };
    // SAFETY: the same buffer.
    let rest = unsafe { between(buffer.pos, buffer.last) };
    let status = u16::try_from(upstream.headers_in.status_n).unwrap_or(0);
    let body = body.unwrap_or_else(|| match (is_http2_request(request), status) {
        // nginx has read on, in vain.
        (true, 0) => inadequate_security(whole),
        (true, _) => first_data(rest),
        (false, _) => rest,
    });
    Response {
        status,
        host_sent: request_host(request).map(|host| bounded(&host).into()),
        body: Bytes(body.get(..MAX_BODY).unwrap_or(body).to_vec()),
        peer_speaks_http2: false,
    }
}

/// The first buffer of the request, which holds its header even after it was sent.
fn request<'c>(http: &Http<'c>) -> &'c [u8] {
    // SAFETY: the request's buffers live in its pool.
    unsafe {
        let first = http.upstream.request_bufs.as_ref();
        let buffer = first.and_then(|chain| chain.buf.as_ref());
        buffer.map_or(&[], |buffer| between(buffer.start, buffer.last))
    }
}
