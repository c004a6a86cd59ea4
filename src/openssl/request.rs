//! One HTTP/1.1 request, where the user asks for it: some upstreams refuse only then.

use tlsdiag::capture::{Bytes, EndingKind, Response, MAX_BODY};

use super::connection::Deadline;
use super::session::Session;

/// Bytes of an answer's header that are read.
const MAX_HEADER: usize = 16 << 10;

/// What came back.
#[derive(Default)]
pub(super) struct Answered {
    /// The status, where there was an answer.
    pub(super) status: Option<u16>,
    /// The failure that it is.
    pub(super) ending: Option<EndingKind>,
    /// The answer, where it is one that TLS explains.
    pub(super) response: Option<Response>,
}

/// Asks for `/`, and reads the answer's beginning.
pub(super) fn ask(session: &mut Session, host: &str, deadline: Deadline) -> Answered {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: tlsdiag\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    let mut answered = Answered {
        ending: session.write(request.as_bytes(), deadline),
        ..Answered::default()
    };
    if answered.ending.is_some() {
        return answered;
    }
    let mut bytes = Vec::new();
    let is_enough = |bytes: &[u8]| match body_of(bytes) {
        Some(body) => body.len() >= MAX_BODY,
        None => bytes.len() >= MAX_HEADER || (bytes.len() >= 5 && !bytes.starts_with(b"HTTP/")),
    };
    while !is_enough(&bytes) {
        match session.read(&mut bytes, deadline) {
            Ok(true) => {}
            Ok(false) => break,
            // A rejection that came even later; but one who has answered may go.
            Err(kind) => {
                answered.ending = Some(kind).filter(|_| bytes.is_empty());
                break;
            }
        }
    }
    let response = read(&bytes, host);
    answered.status = Some(response.status).filter(|status| *status > 0);
    let asked = session.watch.recorder.certificate_request.is_some();
    if answered.ending.is_none() && response.is_suspicious(asked, None) {
        answered.ending = Some(EndingKind::Refused);
        answered.response = Some(response);
    }
    answered
}

fn read(bytes: &[u8], host: &str) -> Response {
    let status = bytes
        .strip_prefix(b"HTTP/1.")
        .and_then(|rest| std::str::from_utf8(rest.get(2..5)?).ok())
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let body = match status {
        0 => bytes,
        _ => body_of(bytes).unwrap_or_default(),
    };
    let kept = body.get(..MAX_BODY).unwrap_or(body);
    Response {
        status,
        host_sent: Some(host.into()),
        body: Bytes(kept.to_vec()),
        ..Response::default()
    }
}

/// What follows the header; `None` while that is not complete.
fn body_of(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    bytes.get(end + 4..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_what_is_none() {
        let page = b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>";
        let response = read(page, "a.example");
        assert_eq!(
            (response.status, response.body.0.as_slice()),
            (400, &b"<html>"[..])
        );
        let none = read(b"\0\0\x12\x04\0\0\0\0\0", "a.example");
        assert_eq!((none.status, none.begins_http2()), (0, true));
        assert_eq!(read(b"HTTP/1.1 4", "a").status, 0);
        assert_eq!(body_of(b"HTTP/1.1 200 OK\r\n"), None);
    }
}
