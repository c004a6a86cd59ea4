//! Nothing is said where nothing of TLS failed.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::time::Duration;

use openssl::ssl::{Ssl, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::lab::{healthy, tls_server};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::process::send_signal;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

use super::lab::{wait_for_log, with_module};

#[track_caller]
fn assert_silent(finished: &Finished) {
    assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
    assert!(finished.documents.is_empty(), "{:#?}", finished.documents);
}

/// An upstream that shakes hands, reads the request and dies; what it answers comes first.
fn dies_after_handshake(answer: &'static [u8]) -> Peer {
    let context = tls_server(None).build();
    scripted::start_with(move |stream| {
        let Ok(mut tls) = Ssl::new(&context).unwrap().accept(stream) else {
            return;
        };
        let mut request = [0; 4096];
        let _ = tls.read(&mut request);
        let _ = tls.write_all(answer);
        // No close_notify: the process is gone.
        let _ = tls.get_ref().shutdown(Shutdown::Both);
    })
}

/// An upstream that wants nginx's certificate, takes it, and closes after a while without a word.
fn accepts_and_closes_later(version: SslVersion, clients: &Authority) -> Peer {
    let mut builder = tls_server(None);
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store.add_cert(clients.certificate().clone()).unwrap();
    builder.set_verify_cert_store(store.build()).unwrap();
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let context = builder.build();
    scripted::start_with(move |stream| {
        if let Ok(mut tls) = Ssl::new(&context).unwrap().accept(stream) {
            let _ = tls.read(&mut [0; 4096]);
            std::thread::sleep(Duration::from_millis(1500));
            let _ = tls.shutdown();
        }
    })
}

/// The certificate was good enough: what ends the connection later is no handshake's failure.
#[test]
fn an_upstream_that_takes_the_certificate_and_closes_later() {
    let directory = TempDir::new("silence");
    let clients = Authority::root("Client Root");
    let own = clients
        .issue(&Leaf::named("client"))
        .write(directory.path(), "own");
    let own = format!(
        "proxy_ssl_certificate {}; proxy_ssl_certificate_key {}; proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        own.chain.display(),
        own.key.display()
    );
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (peer, port) = (accepts_and_closes_later(version, &clients), Port::reserve());
        let config = with_module(&peer).server(&own).stream(&format!(
            "server {{ listen 127.0.0.1:{port}; proxy_ssl on; {own} proxy_pass 127.0.0.1:{}; }}",
            peer.port()
        ));
        let nginx = Nginx::start(config);
        assert_eq!(client::get(nginx.port(), "/").status, 502);
        client::exchange(port.number(), b"hello");
        assert_silent(&nginx.finish());
    }
}

#[test]
fn a_client_that_goes_away_mid_handshake() {
    let peer = scripted::start(Script::Silence);
    let nginx = Nginx::start(with_module(&peer));
    for _ in 0..5 {
        let mut client = client::connect(nginx.port());
        write!(client, "GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").unwrap();
        drop(client);
    }
    wait::until("five aborted requests", || {
        let log = nginx.log();
        let gone = "client prematurely closed connection";
        (log.text.matches(gone).count() == 5).then_some(())
    });
    assert_silent(&nginx.finish());
}

#[test]
fn an_upstream_that_dies_after_the_handshake() {
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Le"] {
        let peer = dies_after_handshake(answer);
        let nginx = Nginx::start(with_module(&peer));
        assert_eq!(client::get(nginx.port(), "/").status, 502);
        let finished = nginx.finish();
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
    let peer = dies_after_handshake(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let config = Config::new()
        .module(Module::Ours)
        .http(&format!(
            "upstream backend {{ server 127.0.0.1:{}; keepalive 4; }}",
            peer.port()
        ))
        .location(
            "/",
            "proxy_pass https://backend; proxy_http_version 1.1; proxy_set_header Connection \"\";",
        );
    let nginx = Nginx::start(config);
    for _ in 0..5 {
        assert_eq!(client::get(nginx.port(), "/").status, 200);
    }
    assert_silent(&nginx.finish());
}

#[test]
fn a_worker_that_exits_mid_handshake() {
    let peer = scripted::start(Script::Silence);
    let nginx = Nginx::start(with_module(&peer));
    let mut client = client::connect(nginx.port());
    write!(client, "GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n").unwrap();
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
    wait_for_log(&nginx, "exited with code 0");
    drop(client);
    assert_silent(&nginx.finish());
}

/// nginx as a server: its own clients' handshakes are none of our business.
#[test]
fn failing_handshakes_of_clients() {
    let directory = TempDir::new("server");
    let files = Authority::root("Example Root")
        .issue(&Leaf::named(HOST))
        .write(directory.path(), "s");
    let mut config = with_module(&healthy());
    config.listen = "ssl".to_owned();
    config = config.server(&format!(
        "ssl_certificate {}; ssl_certificate_key {};",
        files.chain.display(),
        files.key.display()
    ));
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
