//! The end of a line of nginx: `, client: A, server: B, request: "C", upstream: "D", host: "E"`.
//!
//! Only B and the beginning of D are nginx's (`ngx_http_log_error_handler`). Request, host, referrer and the
//! path in D are a client's bytes, each of which can hold a forged tail. nginx cuts its lines at 2048 bytes,
//! so the genuine D may be missing.

use memchr::{memchr2, memchr_iter, memmem};

/// A tail that is longer may have been cut (`NGX_MAX_ERROR_STR`, less what stands before).
const MAX_WHOLE: usize = 1700;
/// Bytes of a name or an address; longer ones are not taken.
const MAX_NAME: usize = 512;

/// What is known of the connection that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tail<'l> {
    /// The first name of the `server` block; of stream, its address.
    pub(super) server: Option<&'l [u8]>,
    /// Scheme, address and port: `https://192.0.2.7:443`; of stream without a scheme. Absent where
    /// another place in the line could be meant, too.
    pub(super) upstream: Option<&'l [u8]>,
    /// A request is being served: the line is none of a bare connection.
    pub(super) has_request: bool,
}

impl<'l> Tail<'l> {
    /// Reads what follows `, client: `, once from comma to comma.
    pub(super) fn read(tail: &'l [u8]) -> Self {
        let mut found = Self::default();
        let (mut server, mut upstream, mut upstreams) = (None, None, 0);
        for (number, at) in memchr_iter(b',', tail).enumerate() {
            let Some([b',', b' ', field @ ..]) = tail.get(at..) else {
                continue;
            };
            // The address of a client holds no comma.
            if number == 0 {
                server = field
                    .strip_prefix(b"server: ")
                    .map(|_| at + b", server: ".len());
            } else if let Some(start) = server.take() {
                let name = tail.get(start..at);
                found.server = name.filter(|name| (1..=MAX_NAME).contains(&name.len()));
                found.has_request = field.starts_with(b"request: \"");
            }
            if let Some(value) = field.strip_prefix(b"upstream: \"") {
                (upstream, upstreams) = (Some(value), upstreams + 1);
            }
        }
        if let Some(start) = server {
            let name = tail.get(start..);
            found.server = name.filter(|name| (1..=MAX_NAME).contains(&name.len()));
        }
        // Of a line that may have been cut, the genuine one may be missing.
        let whole = tail.len() <= MAX_WHOLE && (tail.ends_with(b"\"") || is_of_stream(tail));
        found.upstream = upstream
            .filter(|_| upstreams == 1 && whole)
            .and_then(address);
        found
    }
}

/// `, bytes from/to client:0/0, bytes from/to upstream:0/0` ends the lines of stream.
fn is_of_stream(tail: &[u8]) -> bool {
    memmem::find(tail, b", bytes from/to ").is_some()
}

/// `scheme://address:port` without what follows: the path is the client's.
pub(super) fn address(text: &[u8]) -> Option<&[u8]> {
    // A scheme has up to six letters.
    let scheme = text.iter().take(7).position(|one| *one == b':');
    let scheme = scheme.filter(|at| text.get(at + 1..at + 3) == Some(b"//"));
    let host = text.get(scheme.map_or(0, |at| at + 3)..)?;
    let most = host.get(..MAX_NAME).unwrap_or(host);
    let end = match most.strip_prefix(b"unix:") {
        // A colon stands between the path of a socket and that of the request.
        Some(path) => b"unix:".len() + memchr2(b':', b'"', path).unwrap_or(path.len()),
        None => memchr2(b'/', b'"', most).unwrap_or(most.len()),
    };
    text.get(..text.len() - host.len() + end)
        .filter(|_| end > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(tail: &str, server: &str, upstream: &str) {
        let found = Tail::read(tail.as_bytes());
        let text =
            |part: Option<&[u8]>| String::from_utf8(part.unwrap_or_default().to_vec()).unwrap();
        assert_eq!(
            (text(found.server), text(found.upstream)),
            (server.into(), upstream.into()),
            "{tail}"
        );
    }

    const REQUEST: &str = "192.0.2.1, server: app.test, request: \"GET /x?y HTTP/1.1\"";

    #[test]
    fn the_tails_of_every_module() {
        reads(
            &format!("{REQUEST}, upstream: \"https://192.0.2.7:443/x?y\", host: \"app.test\", referrer: \"https://a/\""),
            "app.test",
            "https://192.0.2.7:443",
        );
        reads(
            &format!("{REQUEST}, subrequest: \"/auth\", upstream: \"grpcs://[2001:db8::1]:443\""),
            "app.test",
            "grpcs://[2001:db8::1]:443",
        );
        reads(
            &format!("{REQUEST}, upstream: \"https://unix:/run/a.sock:/x\""),
            "app.test",
            "https://unix:/run/a.sock",
        );
        reads(
            "unix:, server: , request: \"x\", upstream: \"suwsgi://192.0.2.7:9000\"",
            "",
            "suwsgi://192.0.2.7:9000",
        );
        reads(
            "192.0.2.1, server: 0.0.0.0:9210, upstream: \"192.0.2.7:9243\", bytes from/to client:0/0, bytes from/to upstream:0/0",
            "0.0.0.0:9210",
            "192.0.2.7:9243",
        );
        reads(
            "192.0.2.1, server: ~^(a{1,2})$, request: \"x\"",
            "~^(a{1,2})$",
            "",
        );
        reads("192.0.2.1, server: app.test", "app.test", "");
        assert!(Tail::read(REQUEST.as_bytes()).has_request);
        assert!(!Tail::read(b"192.0.2.1, server: app.test").has_request);
    }

    /// A client's forgeries never become the upstream. At worst none is named.
    #[test]
    fn forged_fields_are_not_taken() {
        const FORGED: &str = "\", upstream: \"https://203.0.113.9:443/";
        const GENUINE: &str = ", upstream: \"https://192.0.2.7:443/x\"";
        for tail in [
            format!("192.0.2.1, server: app.test, request: \"GET /{FORGED} HTTP/1.1\"{GENUINE}, host: \"a\""),
            format!("{REQUEST}{GENUINE}, host: \"{FORGED}\""),
            format!("{REQUEST}{GENUINE}, host: \"a\", referrer: \"{FORGED}\""),
            format!("{REQUEST}, upstream: \"https://192.0.2.7:443/{FORGED}\", host: \"a\""),
            // The genuine one is cut off.
            format!("192.0.2.1, server: app.test, request: \"GET /{FORGED}{}\"", "a".repeat(1900)),
            format!("192.0.2.1, server: app.test, request: \"GET /{FORGED}{}", "a".repeat(190)),
        ] {
            reads(&tail, "app.test", "");
        }
        let server = "192.0.2.1, server: app.test, request: \"GET /, server: evil, request: \"x\"";
        reads(server, "app.test", "");
    }

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let tail =
            format!("{REQUEST}, upstream: \"https://unix:/run/a.sock:/x\", host: \"app.test\"");
        for end in 0..tail.len() {
            Tail::read(&tail.as_bytes()[..end]);
        }
        reads(&format!("192.0.2.1, server: {}", "a".repeat(600)), "", "");
    }
}
