//! Upstreams that no stack is by itself.

use std::io::Write;
use std::net::TcpStream;

use crate::certs::Identity;
use crate::peers::scripted::{self, close_gently, read_record};
use crate::peers::{answer, Peer, Version};
use crate::wait;
use openssl::bn::BigNum;
use openssl::ssl::{
    SslContext, SslContextBuilder, SslMethod, SslSessionCacheMode, SslVerifyMode, SslVersion,
};

use crate::lab::Lab;

/// A safe prime of 512 bits, made for this.
const PRIME_512: &str = "FC5A27E18EEB83020F346886363C95B0F12533AF33CBFC1FE951449E7D0676BAE5797AF7DA535A94E43660B6B5FE1638148290CF9EE4C0ED148F0A36A507933F";

/// A server that takes DHE over a group of this size wherever it is offered, and ECDHE otherwise.
/// Not even libssl's lowest security level allows such a group, so what comes up to it is written by
/// hand: nginx refuses the group before it looks at the signature.
pub(super) fn small_dh(lab: &Lab, bits: u32) -> Peer {
    const TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: u16 = 0x009e;
    let identity = lab.identity();
    let context = context(lab).build();
    let flight = dhe_flight(&identity, bits, TLS_DHE_RSA_WITH_AES_128_GCM_SHA256);
    scripted::start_with(move |mut stream| {
        let hello = peek_record(&stream);
        if !suites(&hello).any(|suite| suite == TLS_DHE_RSA_WITH_AES_128_GCM_SHA256) {
            return answer(&context, stream);
        }
        read_record(&mut stream);
        let _ = stream.write_all(&flight);
        close_gently(&stream);
    })
}

/// ServerHello to ServerHelloDone.
fn dhe_flight(identity: &Identity, bits: u32, suite: u16) -> Vec<u8> {
    let prime = match bits {
        512 => BigNum::from_hex_str(PRIME_512),
        _ => BigNum::get_rfc2409_prime_768(),
    };
    let prime = prime.expect("a prime").to_vec();
    let mut public = prime.clone();
    public[0] >>= 1;
    // renegotiation_info, empty.
    let extensions = [0, 5, 0xff, 0x01, 0, 1, 0];
    let hello = [
        &[3, 3][..],
        &[0x5a; 32],
        &[0],
        &suite.to_be_bytes(),
        &[0],
        &extensions,
    ]
    .concat();
    let certificate = identity.certificate.to_der().expect("DER");
    let list = vector(3, &vector(3, &certificate));
    // rsa_pss_rsae_sha256, and a signature nobody reads.
    let signature = [&[0x08, 0x04][..], &vector(2, &[0; 256])].concat();
    let exchange = [
        vector(2, &prime),
        vector(2, &[2]),
        vector(2, &public),
        signature,
    ]
    .concat();
    let messages = [(2, hello), (11, list), (12, exchange), (14, Vec::new())];
    let messages = messages.map(|(kind, body)| [vec![kind], vector(3, &body)].concat());
    record(&messages.concat())
}

/// libssl that asks for client certificates and was given no session id context: it refuses every
/// resumption.
pub(super) fn without_session_id_context(lab: &Lab) -> Peer {
    let mut context = context(lab);
    context.set_verify(SslVerifyMode::PEER);
    let context = context.build();
    scripted::start_with(move |stream| answer(&context, stream))
}

/// How a session is refused.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    /// With this fatal alert.
    Alert(u8),
    /// With FIN.
    Close,
}

/// libssl behind something that refuses every ClientHello with a session in it.
pub(super) fn refuses_sessions(lab: &Lab, refusal: Refusal) -> Peer {
    let context = context(lab).build();
    scripted::start_with(move |mut stream| {
        if !offers_session(&peek_record(&stream)) {
            return answer(&context, stream);
        }
        read_record(&mut stream);
        if let Refusal::Alert(code) = refusal {
            let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, code]);
        }
        close_gently(&stream);
    })
}

fn context(lab: &Lab) -> SslContextBuilder {
    let identity = lab.identity();
    let mut context = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    context
        .set_certificate(&identity.certificate)
        .expect("certificate");
    context.set_private_key(&identity.key).expect("key");
    let newest = match lab.version {
        Some(Version::Tls13) => SslVersion::TLS1_3,
        _ => SslVersion::TLS1_2,
    };
    context
        .set_max_proto_version(Some(newest))
        .expect("version");
    context.set_session_cache_mode(SslSessionCacheMode::SERVER);
    context
}

/// One record, left in the socket.
fn peek_record(stream: &TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; 16 * 1024];
    let whole = wait::poll(wait::PATIENCE, || {
        let count = stream.peek(&mut bytes).ok()?;
        let length = bytes.get(3..5).map(|b| [b[0], b[1]])?;
        let length = 5 + usize::from(u16::from_be_bytes(length));
        // The other side may be gone.
        (count >= length || count == 0).then_some(length.min(count))
    });
    bytes.truncate(whole.unwrap_or(0));
    bytes
}

/// The suites of a ClientHello.
fn suites(record: &[u8]) -> impl Iterator<Item = u16> + '_ {
    let mut hello = Cursor(record.get(5 + 4 + 2 + 32..).unwrap_or_default());
    hello.vector(1);
    let pairs = hello.vector(2).chunks_exact(2);
    pairs.map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

/// Whether a ClientHello carries a ticket or a pre-shared key.
fn offers_session(record: &[u8]) -> bool {
    const SESSION_TICKET: u16 = 35;
    const PRE_SHARED_KEY: u16 = 41;
    let mut hello = Cursor(record.get(5 + 4 + 2 + 32..).unwrap_or_default());
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    let mut extensions = Cursor(hello.vector(2));
    while !extensions.0.is_empty() {
        let kind = extensions.number(2);
        let content = extensions.vector(2);
        if kind == usize::from(PRE_SHARED_KEY)
            || (kind == usize::from(SESSION_TICKET) && !content.is_empty())
        {
            return true;
        }
    }
    false
}

/// Reads a message from its beginning; what is missing is empty.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn number(&mut self, width: usize) -> usize {
        let digits = self.take(width).iter();
        digits.fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    fn vector(&mut self, width: usize) -> &'a [u8] {
        let length = self.number(width);
        self.take(length)
    }
}

/// A ServerHello of TLS 1.2 without extensions: no renegotiation_info (RFC 5746).
pub(super) fn server_hello_without_rfc_5746() -> Vec<u8> {
    // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, no session, no compression.
    let body = [&[3, 3][..], &[0x5a; 32], &[0, 0xc0, 0x2f, 0]].concat();
    server_hello(&body)
}

/// Answers with a HelloRetryRequest for a group that no ClientHello of nginx offers.
pub(super) fn retry_with_unknown_group() -> Peer {
    const BRAINPOOL_P256R1_TLS13: u16 = 31;
    scripted::start_with(|mut stream| {
        let hello = read_record(&mut stream);
        let _ = stream.write_all(&hello_retry_request(&hello, BRAINPOOL_P256R1_TLS13));
        close_gently(&stream);
    })
}

/// A HelloRetryRequest for TLS 1.3 with this group that answers a ClientHello (RFC 8446 section 4.1.4).
pub fn hello_retry_request(client_hello: &[u8], group: u16) -> Vec<u8> {
    /// The random that makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3).
    const RETRY: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
    /// TLS_AES_128_GCM_SHA256, no compression; supported_versions: TLS 1.3; key_share.
    const REST: [u8; 15] = [0x13, 0x01, 0, 0, 12, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2];
    let mut rest = Cursor(client_hello.get(5 + 4 + 2 + 32..).unwrap_or_default());
    let session = vector(1, rest.vector(1));
    let parts = [&[3, 3][..], &RETRY, &session, &REST, &group.to_be_bytes()];
    server_hello(&parts.concat())
}

/// A ServerHello in a record of its own.
fn server_hello(body: &[u8]) -> Vec<u8> {
    record(&[vec![2], vector(3, body)].concat())
}

/// A handshake record.
fn record(messages: &[u8]) -> Vec<u8> {
    [vec![22, 3, 3], vector(2, messages)].concat()
}

/// Bytes behind their length.
fn vector(width: usize, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - width..], content].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_a_ticket() {
        let hello = |extension: &[u8]| {
            let mut bytes = vec![0; 43];
            // No session id, one suite, no compression.
            bytes.extend([0, 0, 2, 0x13, 1, 1, 0]);
            let length = u16::try_from(extension.len()).unwrap();
            bytes.extend(length.to_be_bytes());
            bytes.extend(extension);
            bytes
        };
        assert!(!offers_session(&hello(&[])));
        assert!(!offers_session(&hello(&[0, 35, 0, 0])));
        assert!(offers_session(&hello(&[0, 35, 0, 1, 9])));
        assert!(offers_session(&hello(&[0, 35, 0, 0, 0, 41, 0, 1, 9])));
        assert!(!offers_session(&[]));
    }
}
