//! What the upstream answered in HTTP over a handshake that stands.

use serde::{Deserialize, Serialize};

use super::Reused;
use crate::capture::Bytes;
use crate::text::Foreign;
use crate::wire::{begins_http2, inadequate_security};

/// Bytes kept of an answer's beginning.
pub const MAX_BODY: usize = 128;

/// An answer that TLS may have caused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Response {
    /// Its status; 0 where what came is no answer of HTTP/1, or nothing came.
    pub status: u16,
    /// The Host that nginx sent, as it stands in its request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_sent: Option<Foreign>,
    /// Its first bytes, at most [`MAX_BODY`]: of the body, of what is no answer of HTTP/1, or of the GOAWAY
    /// that came for TLS's sake in place of one of HTTP/2.
    pub body: Bytes,
    /// The peer has chosen HTTP/2 whenever it was offered, and answered nothing else.
    #[serde(skip_serializing_if = "is_false")]
    pub peer_speaks_http2: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A server's own page that says what it missed in TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// nginx's 496, sent as 400: no client certificate came.
    NoCertificate,
    /// nginx's 495, sent as 400: the client certificate failed.
    BadCertificate,
    /// Node's: no ALPN came, and it speaks HTTP/2 only.
    NoAlpn,
}

/// 421 Misdirected Request (RFC 9110 section 15.5.20).
const MISDIRECTED: u16 = 421;
/// Answers by which a server refuses a client's identity; 494 to 497 are nginx's own.
const IDENTITY: [u16; 8] = [400, 401, 403, MISDIRECTED, 494, 495, 496, 497];

impl Response {
    /// Whether an answer of this status can be about TLS at all; 0 is no answer of HTTP/1. Every good answer
    /// pays for this test.
    pub fn may_be_about_tls(status: u16) -> bool {
        status == 0 || matches!(status, 400..500)
    }

    /// Whether the body of such an answer can say more than its status.
    pub fn has_a_telling_body(status: u16) -> bool {
        matches!(status, 400 | 403)
    }

    /// Whether this one can, given whether a client certificate was asked for and what was used again. An
    /// answer that is declined here gets no diagnosis: most refusals are the application's own.
    pub fn is_suspicious(&self, asked: bool, reused: Option<Reused>) -> bool {
        let about_certificate = matches!(
            self.page(),
            Some(Page::NoCertificate | Page::BadCertificate)
        );
        self.is_misdirected()
            || (asked && about_certificate)
            || (reused.is_some() && self.refuses_identity())
            || self.page() == Some(Page::NoAlpn)
            || self.begins_http2()
            || self.finds_tls_inadequate()
    }

    /// Its body decides, and has not come yet: in HTTP/2 it often comes in a record of its own.
    pub fn waits_for_its_body(&self, asked: bool) -> bool {
        let decides = (self.status == 400 && asked) || self.status == 403;
        decides && self.body.0.is_empty()
    }

    /// Something came, be it no answer of HTTP/1: the handshake was good.
    pub fn has_come(&self) -> bool {
        self.status != 0 || !self.body.0.is_empty()
    }

    /// The upstream does not serve this Host over this connection.
    pub fn is_misdirected(&self) -> bool {
        self.status == MISDIRECTED
    }

    /// The status is one of those that refuse the identity nginx has shown.
    pub fn refuses_identity(&self) -> bool {
        IDENTITY.contains(&self.status)
    }

    /// The body is such a page.
    pub fn page(&self) -> Option<Page> {
        const PAGES: [(u16, &[u8], Page); 4] = [
            (
                400,
                b"<html>\r\n<head><title>400 No required SSL certificate was sent",
                Page::NoCertificate,
            ),
            (
                400,
                b"<html>\r\n<head><title>400 The SSL certificate error",
                Page::BadCertificate,
            ),
            (403, b"Missing ALPN Protocol, expected `h2`", Page::NoAlpn),
            (403, b"Unknown ALPN Protocol, expected `h2`", Page::NoAlpn),
        ];
        let is_this = |(status, begin, _): &&(u16, &[u8], Page)| {
            self.status == *status && self.body.0.starts_with(begin)
        };
        PAGES.iter().find(is_this).map(|(_, _, page)| *page)
    }

    /// In place of an answer the upstream says that HTTP/2 asks more of TLS.
    pub fn finds_tls_inadequate(&self) -> bool {
        self.status == 0 && !inadequate_security(&self.body.0).is_empty()
    }

    /// What came is HTTP/2 and no answer of HTTP/1.
    pub fn begins_http2(&self) -> bool {
        self.status == 0 && begins_http2(&self.body.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &[u8]) -> Response {
        Response {
            status,
            body: Bytes(body.to_vec()),
            ..Response::default()
        }
    }

    #[test]
    fn only_what_tls_can_cause_is_suspicious() {
        const MISSING: &[u8] = b"<html>\r\n<head><title>400 No required SSL certificate was sent";
        let plain = |response: &Response| response.is_suspicious(false, None);
        assert!(plain(&response(421, b"")));
        assert!(plain(&response(
            403,
            b"Missing ALPN Protocol, expected `h2`."
        )));
        assert!(plain(&response(0, b"\0\0\x00\x04\0\0\0\0\0")));
        assert!(plain(&response(
            0,
            b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0c"
        )));
        for (status, body) in [
            (200, &b""[..]),
            (400, MISSING),
            (401, b""),
            (403, b"<html>Missing ALPN Protocol, expected `h2`."),
            (404, MISSING),
            (0, b"hello"),
            (502, b"\0\0\x00\x04\0\0\0\0\0"),
        ] {
            assert!(!plain(&response(status, body)), "{status}");
        }
        assert!(response(400, MISSING).is_suspicious(true, None));
        assert!(!response(404, MISSING).is_suspicious(true, None));
        assert!(!response(400, b"<html>").is_suspicious(true, None));
        for status in [400, 401, 403, 496] {
            let refusal = response(status, b"");
            assert!(refusal.is_suspicious(false, Some(Reused::Connection)));
        }
        for status in [200, 404, 429, 500] {
            let other = response(status, b"");
            assert!(!other.is_suspicious(true, Some(Reused::Session)));
        }
    }

    #[test]
    fn the_first_test_lets_every_suspect_through() {
        for status in [0, 400, 401, 403, 421, 499] {
            assert!(Response::may_be_about_tls(status), "{status}");
        }
        for status in [101, 200, 301, 399, 500, 502, 999] {
            assert!(!Response::may_be_about_tls(status), "{status}");
        }
    }
}
