//! Connections and sessions that outlive the request which made them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::ssl::{Ssl, SslContext, SslSessionCacheMode, SslVersion};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{block, keeping, refusing, tls_server, KEEP, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, close_gently, read_record};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_line_of, assert_says, only_failure};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// A fatal handshake_failure(40).
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

fn server(version: SslVersion) -> SslContext {
    let mut builder = tls_server(Some(version));
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_session_id_context(b"kept").unwrap();
    builder.set_session_cache_mode(SslSessionCacheMode::SERVER);
    builder.build()
}

/// Serves the first `good` connections and refuses every later one.
fn first_good(good: usize, version: SslVersion, serve: fn(&SslContext, TcpStream)) -> Peer {
    let (context, count) = (server(version), AtomicUsize::new(0));
    scripted::start_with(move |mut stream| {
        if count.fetch_add(1, Ordering::AcqRel) < good {
            return serve(&context, stream);
        }
        read_record(&mut stream);
        let _ = stream.write_all(&ALERT);
        close_gently(&stream);
    })
}

/// One request a connection.
fn one(context: &SslContext, stream: TcpStream) {
    tlsdiag_e2e::peers::answer(context, stream);
}

/// Two requests, then the connection is gone while a third is under way.
fn two_and_gone(context: &SslContext, stream: TcpStream) {
    let Ok(mut tls) = Ssl::new(context).unwrap().accept(stream) else {
        return;
    };
    let mut request = [0; 4096];
    for _ in 0..2 {
        if tls.read(&mut request).unwrap_or(0) == 0 || tls.write_all(ANSWER).is_err() {
            return;
        }
    }
    let _ = tls.read(&mut request);
    // In the clear, into the middle of a TLS connection: an alert, too late to be of a handshake.
    let _ = tls.get_mut().write_all(&ALERT);
    close_gently(tls.get_ref());
}

const THREE: [&str; 3] = ["/first", "/second", "/third"];

/// Three locations of one block, whose connections are kept.
fn keeping_three(ports: &[u16]) -> Config {
    let config = Config::new()
        .http(&block("backend", ports, "keepalive 4;"))
        .server(&format!("{KEEP}{PROTOCOLS}proxy_next_upstream off;"));
    let pass = |config: Config, path| config.location(path, "proxy_pass https://backend;");
    THREE.into_iter().fold(config, pass)
}

/// The handshake was good and the connection carried data for others: what ends it later, even a
/// fatal alert, is no failure of a handshake, and of no request in particular.
#[test]
fn a_kept_connection_that_breaks() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let peer = first_good(1000, version, two_and_gone);
        let trial = Trial::new(|| keeping_three(&[peer.port()]), &THREE);
        trial.assert_silent();
        assert_eq!(trial.statuses(), [200, 200, 502]);
    }
}

/// The first request's connection is busy or gone; the second makes its own, and that one fails.
#[test]
fn the_next_connection_of_a_keepalive_upstream() {
    let (good, bad) = (keeping(), refusing());
    let config = || keeping_three(&[good.port(), bad.port()]);
    // Round robin: the good peer, the bad one, the kept connection of the good one.
    let trial = Trial::new(config, &THREE);
    let failure = only_failure(&trial, &[200, 502, 200]);
    assert_line_of(&failure, "/second");
    let port = bad.port();
    let said = format!(
        "url/path=/second location_name=/second upstream=backend server/port={port} attempt=1 \
         final=true"
    );
    assert_says(&failure.document, &said);
}

/// nginx keeps the session of `/first` with the peer; the handshake of `/second` offers it and is
/// refused.
#[test]
fn a_session_of_another_request() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let config = |port: u16| {
            Config::new()
                .http(&block("backend", &[port], ""))
                .server(PROTOCOLS)
                .location("/first", "proxy_pass https://backend;")
                .location("/second", "proxy_pass https://backend;")
        };
        // A peer counts: each of the two runs needs its own, behind one port.
        let count = AtomicUsize::new(0);
        let context = server(version);
        let peer = scripted::start_with(move |mut stream| {
            if count.fetch_add(1, Ordering::AcqRel) % 2 == 0 {
                return one(&context, stream);
            }
            read_record(&mut stream);
            let _ = stream.write_all(&ALERT);
            close_gently(&stream);
        });
        let trial = Trial::new(|| config(peer.port()), &["/first", "/second"]);
        let failure = only_failure(&trial, &[200, 502]);
        assert_line_of(&failure, "/second");
        let port = peer.port();
        let said = format!(
            "url/path=/second location_name=/second upstream=backend server/address=backend \
             server/port={port} attempt=1"
        );
        assert_says(&failure.document, &said);
    }
}

/// Two locations share a block and its connections; where one has no diagnosis, the other's remain.
#[test]
fn a_connection_made_where_nothing_is_diagnosed() {
    let (good, bad) = (keeping(), refusing());
    let config = || {
        Config::new()
            .http(&block("backend", &[good.port()], "keepalive 4;"))
            .server(KEEP)
            .location(
                "/quiet",
                "proxy_pass https://backend; upstream_tls_diag off;",
            )
            .location("/loud", "proxy_pass https://backend;")
            .location(
                "/quiet/bad",
                &format!("{} upstream_tls_diag off;", bad.pass()),
            )
            .location("/loud/bad", &bad.pass())
    };
    let nginx = Nginx::start(config().module(Module::Ours));
    for path in ["/quiet", "/loud", "/quiet", "/loud"] {
        assert_eq!(client::get(nginx.port(), path).status, 200);
    }
    for path in ["/quiet/bad", "/loud/bad", "/quiet/bad"] {
        assert_eq!(client::get(nginx.port(), path).status, 502);
    }
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
    assert_eq!(finished.documents.len(), 1);
    assert_says(&finished.documents[0], "url/path=/loud/bad");
}
