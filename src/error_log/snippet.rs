//! A few pasted lines, with words around them or out of the upstream's log. They are read so closely only
//! where they are all of the input.

use memchr::memmem;

use super::entry::may_precede;
use super::fragment;
use super::kind::Kind;
use super::message::{self, Failure, Seen};

/// An input with more lines is a log.
pub(super) const MAX_LINES: u64 = 20;
/// Bytes of one that are kept.
pub(super) const MAX_LINE: usize = 4096;

/// Where nginx's own words may begin.
const OF_NGINX: [&str; 4] = [
    "SSL_do_handshake() failed",
    "peer closed connection in SSL handshake",
    "upstream SSL certificate ",
    "upstream timed out (",
];

/// Words of servers about a handshake they refused, and what was wrong with nginx's side of it: Go, grpc-go,
/// OpenSSL (Apache, HAProxy, nginx), Apache, Java.
const OF_UPSTREAMS: [(&str, &str); 16] = [
    (
        "client offered only unsupported versions",
        "protocol_version_mismatch",
    ),
    (
        "no cipher suite supported by both client and server",
        "cipher_mismatch",
    ),
    (
        "tls: client didn't provide a certificate",
        "client_certificate_required",
    ),
    (
        "tls: failed to verify client certificate",
        "client_certificate_untrusted",
    ),
    (
        "client requested unsupported application protocols",
        "alpn_mismatch",
    ),
    ("missing selected ALPN property", "alpn_mismatch"),
    (":no shared cipher", "cipher_mismatch"),
    (":version too low", "protocol_version_mismatch"),
    (":unsupported protocol", "protocol_version_mismatch"),
    (
        ":peer did not return a certificate",
        "client_certificate_required",
    ),
    ("provided via SNI and hostname", "sni_unrecognized"),
    ("no cipher suites in common", "cipher_mismatch"),
    (
        "Empty client certificate chain",
        "client_certificate_required",
    ),
    (
        "Empty server certificate chain",
        "client_certificate_required",
    ),
    (
        "is not enabled or supported in server context",
        "protocol_version_mismatch",
    ),
    (
        "client sent no required SSL certificate",
        "client_certificate_required",
    ),
];

/// The failure in a line. An access log shows what clients write, so no quote may stand before it.
pub(super) fn read(line: &[u8]) -> Option<Failure<'_>> {
    let find = |words: &str| {
        let at = memmem::find(line, words.as_bytes())?;
        line.get(..at).filter(|before| may_precede(before))?;
        line.get(at..)
    };
    let of_nginx = OF_NGINX
        .iter()
        .find_map(|words| fragment::read(find(words)?));
    let of_action = || {
        let end = memmem::find(line, b" while SSL handshaking to upstream")?;
        message::library(line.get(..end).filter(|said| may_precede(said))?)
    };
    let of_upstream = || {
        let mut known = OF_UPSTREAMS.iter();
        let (_, cause) = known.find(|(words, _)| find(words).is_some())?;
        Some(Kind::UpstreamLog(cause))
    };
    of_nginx
        .or_else(|| Some(fragment::failure(of_action()?, line)))
        .or_else(|| Some(fragment::failure(of_upstream()?, b"")))
}

/// Whether a line without date and level says what follows from failures.
pub(super) fn is_consequence(line: &[u8]) -> bool {
    message::read(line.trim_ascii_start()) == Seen::Consequence
}
