//! Nothing is said where nothing of TLS failed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use openssl::ssl::{SslStream, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use tlsdiag_e2e::certs::Authority;
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, tls_server, Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::{Finished, Nginx};
use tlsdiag_e2e::orderly_ends::{self, read_request, ANSWER, IDLE};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::process::send_signal;
use tlsdiag_e2e::wait;

use super::lab::with_module;

#[track_caller]
fn assert_silent(finished: &Finished) {
    assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
    assert!(finished.documents.is_empty(), "{:#?}", finished.documents);
}

/// An upstream that wants nginx's certificate, takes it, and closes after a while without a word.
fn accepts_and_closes_later(version: SslVersion, clients: &Authority) -> Peer {
    let mut builder = tls_server(Some(version));
    builder.set_min_proto_version(Some(version)).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(clients.certificate().clone()).unwrap();
    builder.set_verify_cert_store(store.build()).unwrap();
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    scripted::start_tls(builder.build(), |mut tls| {
        let _ = tls.read(&mut [0; 4096]);
        std::thread::sleep(Duration::from_millis(1500));
        let _ = tls.shutdown();
    })
}

/// The certificate was good enough: what ends the connection later is no handshake's failure.
#[test]
fn an_upstream_that_takes_the_certificate_and_closes_later() {
    let lab = Lab::new();
    let own = lab.present("client") + PROTOCOLS;
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (peer, port) = (
            accepts_and_closes_later(version, &lab.clients),
            Port::reserve(),
        );
        let config = with_module(&peer).server(&own).stream(&format!(
            "server {{ listen 127.0.0.1:{port}; proxy_ssl on; {own} proxy_pass 127.0.0.1:{}; }}",
            peer.port()
        ));
        let nginx = Nginx::start(config);
        nginx.fail("/");
        client::exchange(port.number(), b"hello");
        assert_silent(&nginx.finish());
    }
}

#[test]
fn a_client_that_goes_away_mid_handshake() {
    assert_silent(&orderly_ends::clients_gone_in_the_handshake(5));
}

#[test]
fn an_upstream_that_dies_after_the_handshake() {
    let half = |tls: &mut SslStream<TcpStream>| {
        read_request(tls);
        let _ = tls.write_all(&ANSWER[..30]);
    };
    for before in [
        |tls: &mut _| {
            read_request(tls);
        },
        half,
    ] {
        let finished = orderly_ends::upstream_exits(SslVersion::TLS1_2, before, 1);
        // nginx before 1.20.2 on OpenSSL 3 says the other.
        let words = ["upstream prematurely closed connection", "unexpected eof"];
        let told = words.iter().any(|word| finished.log.text.contains(word));
        assert!(told, "{}", finished.log.text);
        assert_silent(&finished);
    }
}

/// The idle connection is closed by an upstream that had answered.
#[test]
fn an_idle_session_that_the_upstream_closes() {
    for (_, end) in IDLE {
        assert_silent(&orderly_ends::idle(SslVersion::TLS1_2, end, 5));
    }
}

#[test]
fn a_worker_that_exits_mid_handshake() {
    let peer = scripted::start(Script::Silence);
    let nginx = Nginx::start(with_module(&peer));
    let client = client::begin(nginx.port(), "/");
    wait::until("the upstream connection", || {
        let sockets = format!("/proc/{}/fd", nginx.workers().first()?);
        let open = std::fs::read_dir(sockets).ok()?.flatten().filter(|entry| {
            std::fs::read_link(entry.path())
                .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        });
        // The listener, the channel, the client, the upstream.
        (open.count() >= 4).then_some(())
    });
    send_signal(nginx.workers()[0], libc::SIGTERM);
    nginx.wait_for_log("exited with code 0");
    drop(client);
    assert_silent(&nginx.finish());
}

/// nginx as a server: its own clients' handshakes are none of our business.
#[test]
fn failing_handshakes_of_clients() {
    let lab = Lab::new();
    let peer = healthy();
    let mut config = with_module(&peer).server(&lab.serve());
    config.listen = "ssl".to_owned();
    let nginx = Nginx::start(config);
    for greeting in [
        &b"GET / HTTP/1.0\r\n\r\n"[..],
        b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    ] {
        client::exchange(nginx.port(), greeting);
    }
    assert_silent(&nginx.finish());
}

#[test]
fn healthy_requests() {
    let peer = healthy();
    let nginx = Nginx::start(with_module(&peer));
    for _ in 0..30 {
        assert_eq!(client::get(nginx.port(), "/").status, 200);
    }
    assert_silent(&nginx.finish());
}
