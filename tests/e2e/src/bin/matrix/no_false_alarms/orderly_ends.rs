//! Connections that end for reasons of their own: clients and upstreams that go away, idle connections
//! that are closed, nginx that is reloaded.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVersion};
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::lab::API;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::wait;

use super::Count;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const KEEP: &str = "proxy_http_version 1.1; proxy_set_header Connection '';";
const PROTOCOLS: &str = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

pub(super) fn run() -> Vec<Count> {
    let mut counts = vec![aborts_in_the_handshake()];
    for version in VERSIONS {
        counts.push(aborts_after_the_handshake(version));
        counts.push(exits(
            "upstream exits right after the handshake",
            version,
            |_| {},
        ));
        counts.push(exits("upstream exits after the request", version, |tls| {
            read_request(tls);
        }));
        counts.push(exits("upstream exits inside its answer", version, |tls| {
            read_request(tls);
            let _ = tls.write_all(&ANSWER[..30]);
        }));
        counts.push(idle(
            "idle connection ended with close_notify",
            version,
            |mut tls| {
                let _ = tls.shutdown();
            },
        ));
        counts.push(idle(
            "idle connection closed without a word",
            version,
            |tls| {
                let _ = tls.get_ref().shutdown(Shutdown::Write);
            },
        ));
        counts.push(idle("idle connection reset", version, |tls| {
            scripted::reset(tls.get_ref().try_clone().expect("duplicate a socket"));
        }));
        counts.push(reloads(version));
    }
    counts
}

/// The client goes while the upstream is silent in the handshake.
fn aborts_in_the_handshake() -> Count {
    const EVENTS: usize = 130;
    let peer = scripted::start(Script::Silence);
    let nginx = Nginx::start(config(&peer));
    abort(&nginx, EVENTS);
    Count::of("client gone in the handshake", EVENTS, nginx)
}

/// The client goes while nginx waits for the answer.
fn aborts_after_the_handshake(version: SslVersion) -> Count {
    const EVENTS: usize = 30;
    let peer = upstream(version, |mut tls| {
        let _ = std::io::copy(&mut tls, &mut std::io::sink());
    });
    let nginx = Nginx::start(config(&peer));
    abort(&nginx, EVENTS);
    Count::of(
        &said("client gone after the handshake", version),
        EVENTS,
        nginx,
    )
}

/// As many clients that send a request and go; returns when nginx has noticed all of them.
fn abort(nginx: &Nginx, clients: usize) {
    for _ in 0..clients {
        let mut client = client::connect(nginx.port());
        write!(client, "GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").expect("a request");
    }
    wait::until("nginx to notice that the clients are gone", || {
        let log = nginx.log();
        let gone = "client prematurely closed connection";
        (log.text.matches(gone).count() >= clients).then_some(())
    });
}

/// The upstream's process is gone some time after the handshake.
fn exits(what: &str, version: SslVersion, before: fn(&mut SslStream<TcpStream>)) -> Count {
    const EVENTS: usize = 30;
    let peer = upstream(version, move |mut tls| {
        before(&mut tls);
        // No close_notify.
        scripted::close_gently(tls.get_ref());
    });
    let nginx = Nginx::start(config(&peer));
    for _ in 0..EVENTS {
        let status = client::get(nginx.port(), "/").status;
        assert_ne!(status, 0, "no answer");
    }
    Count::of(&said(what, version), EVENTS, nginx)
}

/// The upstream answers, and ends the connection that nginx has kept.
fn idle(what: &str, version: SslVersion, end: fn(SslStream<TcpStream>)) -> Count {
    const EVENTS: usize = 20;
    let peer = upstream(version, move |mut tls| {
        read_request(&mut tls);
        let _ = tls.write_all(ANSWER);
        end(tls);
    });
    let nginx = Nginx::start(kept(&peer));
    for _ in 0..EVENTS {
        // A connection that is found closed when it is used again is nginx's to retry.
        let status = client::get(nginx.port(), "/").status;
        assert!(matches!(status, 200 | 502), "{status}");
    }
    Count::of(&said(what, version), EVENTS, nginx)
}

/// Workers are replaced while they hold a kept connection.
fn reloads(version: SslVersion) -> Count {
    const EVENTS: usize = 10;
    let peer = upstream(version, |mut tls| {
        while read_request(&mut tls) && tls.write_all(ANSWER).is_ok() {}
    });
    let mut nginx = Nginx::start(kept(&peer));
    for _ in 0..EVENTS {
        assert_eq!(client::get(nginx.port(), "/").status, 200);
        nginx.reload(|_| {}).expect("the same configuration");
    }
    Count::of(
        &said("graceful reload with a kept connection", version),
        EVENTS,
        nginx,
    )
}

fn config(peer: &Peer) -> Config {
    let pass = format!("proxy_pass https://127.0.0.1:{}; {PROTOCOLS}", peer.port());
    Config::new().module(Module::Ours).location("/", &pass)
}

fn kept(peer: &Peer) -> Config {
    let block = format!(
        "upstream kept {{ server 127.0.0.1:{}; keepalive 4; }}",
        peer.port()
    );
    Config::new()
        .module(Module::Ours)
        .http(&block)
        .location("/", &format!("proxy_pass https://kept; {KEEP} {PROTOCOLS}"))
}

/// libssl that shakes hands and then does what `serve` says.
fn upstream(
    version: SslVersion,
    serve: impl Fn(SslStream<TcpStream>) + Send + Sync + 'static,
) -> Peer {
    let identity = Authority::root("Example Root").issue(&Leaf::named(API));
    let mut builder = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    builder
        .set_max_proto_version(Some(version))
        .expect("version");
    builder
        .set_certificate(&identity.certificate)
        .expect("certificate");
    builder.set_private_key(&identity.key).expect("key");
    let context = builder.build();
    scripted::start_with(move |stream| {
        let ssl = Ssl::new(&context).expect("SSL_new");
        // A client that gives up is the other tests' business.
        if let Ok(tls) = ssl.accept(stream) {
            serve(tls);
        }
    })
}

/// Reads a request head; whether one came.
fn read_request(tls: &mut SslStream<TcpStream>) -> bool {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match tls.read(&mut part) {
            Ok(0) | Err(_) => return false,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
    true
}

fn said(what: &str, version: SslVersion) -> String {
    let version = if version == SslVersion::TLS1_3 {
        "1.3"
    } else {
        "1.2"
    };
    format!("{what}, TLS {version}")
}
