//! The other side of a handshake, which knows how it went.

use std::io::{Read, Write};
use std::net::TcpStream;

use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslSessionCacheMode};
use tlsdiag_e2e::certs::Identity;
use tlsdiag_e2e::peers::scripted::{close_gently, read_record};

/// A fatal handshake_failure(40).
const REFUSAL: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 40];

pub(super) enum Kind {
    /// It speaks TLS.
    Tls(SslContext),
    /// It answers every ClientHello with an alert.
    Refuses,
}

impl Kind {
    /// Serves one connection. Whether a request came by.
    pub(super) fn serve(&self, stream: TcpStream) -> bool {
        match self {
            Self::Tls(context) => answer(context, stream),
            Self::Refuses => refuse(stream),
        }
    }
}

/// TLS for a server with this certificate.
pub(super) fn context(identity: &Identity) -> SslContextBuilder {
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&identity.certificate).unwrap();
    builder.set_private_key(&identity.key).unwrap();
    builder.set_session_cache_mode(SslSessionCacheMode::SERVER);
    builder.set_session_id_context(b"soak").unwrap();
    builder
}

fn refuse(mut stream: TcpStream) -> bool {
    read_record(&mut stream);
    let _ = stream.write_all(&REFUSAL);
    close_gently(&stream);
    false
}

/// One request is answered.
fn answer(context: &SslContext, stream: TcpStream) -> bool {
    let ssl = Ssl::new(context).unwrap();
    let copy = stream.try_clone().unwrap();
    let Ok(mut tls) = ssl.accept(stream) else {
        close_gently(&copy);
        return false;
    };
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match tls.read(&mut part) {
            Ok(0) | Err(_) => return false,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
    let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
    let _ = tls.shutdown();
    true
}
