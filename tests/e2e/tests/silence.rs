//! When there is nothing to say, nothing is said; and one line is said for every attempt.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::io::Write;

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client::{self, Response};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;
use tlsdiag_e2e::wait;

fn identity() -> Identity {
    Authority::root("Root").issue(&Leaf::named("api.example.test"))
}

fn good() -> Peer {
    Upstream::new(Stack::OpenSsl, identity()).start()
}

fn to(port: u16) -> Config {
    Config::new().location("/", &format!("proxy_pass https://127.0.0.1:{port};"))
}

#[test]
fn a_good_upstream() {
    let peer = good();
    let trial = Trial::new(|| to(peer.port()), &["/", "/", "/"]);
    trial.assert_silent();
    assert!(trial.with.responses.iter().all(|r| r.status == 200));
}

#[test]
fn a_resumed_session() {
    for version in [Version::Tls12, Version::Tls13] {
        let upstream = Upstream::new(Stack::OpenSsl, identity()).versions(version, version);
        let peer = upstream.start();
        let config = || to(peer.port()).server("proxy_ssl_protocols TLSv1.2 TLSv1.3;");
        Trial::new(config, &["/", "/", "/"]).assert_silent();
    }
}

/// The upstream dies after a good handshake: no TLS failure, for no certificate was asked for.
#[test]
fn an_upstream_that_dies_after_the_handshake() {
    for version in [Version::Tls12, Version::Tls13] {
        let upstream = Upstream::new(Stack::OpenSsl, identity()).versions(version, version);
        let peer = upstream.dies_after_handshake().start();
        let config = || to(peer.port()).server("proxy_ssl_protocols TLSv1.2 TLSv1.3;");
        let trial = Trial::new(config, &["/"]);
        trial.assert_silent();
        assert_eq!(trial.with.responses[0].status, 502);
    }
}

/// Nobody listens: nginx says so, and there was no handshake.
#[test]
fn a_refused_connection() {
    let port = tlsdiag_e2e::ports::Port::reserve();
    let trial = Trial::new(|| to(port.number()), &["/"]);
    trial.assert_silent();
    assert_eq!(trial.with.responses[0].status, 502);
}

/// The client goes away while the upstream keeps nginx waiting.
#[test]
fn a_client_that_gives_up_during_the_handshake() {
    let peer = scripted::start(Script::Silence);
    let give_up = |nginx: &Nginx| -> Vec<Response> {
        let mut stream = client::connect(nginx.port());
        let request = b"GET / HTTP/1.1\r\nHost: www.example.test\r\n\r\n";
        stream.write_all(request).unwrap();
        wait::until("the handshake to begin", || peer.saw_bytes().then_some(()));
        drop(stream);
        wait::until("nginx to notice", || {
            let text = nginx.log().text;
            text.contains("client prematurely closed connection")
                .then_some(())
        });
        peer.forget_bytes();
        Vec::new()
    };
    Trial::with(|| to(peer.port()), give_up).assert_silent();
}

/// nginx is told to stop at once while a handshake hangs.
#[test]
fn a_worker_that_exits_during_the_handshake() {
    let peer = scripted::start(Script::Silence);
    let nginx = Nginx::start(to(peer.port()).module(Module::Ours));
    let mut stream = client::connect(nginx.port());
    let request = b"GET / HTTP/1.1\r\nHost: www.example.test\r\n\r\n";
    stream.write_all(request).unwrap();
    wait::until("the handshake to begin", || peer.saw_bytes().then_some(()));
    let finished = nginx.terminate();
    assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
    assert!(finished.documents.is_empty());
}

/// One line and one document for each peer tried, in order; the request itself is answered.
#[test]
fn one_line_for_every_attempt() {
    let clients = Authority::root("Client Root");
    let wants = Upstream::new(Stack::OpenSsl, identity())
        .versions(Version::Tls12, Version::Tls12)
        .demand_client(&clients)
        .start();
    let plain = scripted::start(Script::PlainHttp);
    let works = good();
    let trial = Trial::new(
        || {
            Config::new()
                .http(&format!(
                    "upstream backend {{\nserver 127.0.0.1:{};\nserver 127.0.0.1:{};\n\
                     server 127.0.0.1:{};\n}}",
                    plain.port(),
                    wants.port(),
                    works.port()
                ))
                .location("/", "proxy_pass https://backend;")
        },
        &["/"],
    );
    let failures = trial.failures(2);
    assert_eq!(trial.with.responses[0].status, 200);
    failures[0].assert_name("plaintext_upstream");
    failures[1].assert_name("client_certificate_required");
    for (number, failure) in (1..).zip(&failures) {
        let number: u64 = number;
        let attempt = at(&failure.document, "nginx/upstream_tls/attempt");
        assert_eq!(attempt.and_then(serde_json::Value::as_u64), Some(number));
        let last = at(&failure.document, "nginx/upstream_tls/final");
        assert_eq!(last.and_then(serde_json::Value::as_bool), Some(false));
    }
}

/// `upstream_tls_diag off`: no line, no document.
#[test]
fn switched_off() {
    let peer = scripted::start(Script::PlainHttp);
    let location = format!("proxy_pass https://127.0.0.1:{};", peer.port());
    let config = Config::new().location("/", &format!("{location}\nupstream_tls_diag off;"));
    let run = tlsdiag_e2e::trial::run(config.module(Module::Ours), &["/"]);
    assert_eq!(run.responses[0].status, 502);
    assert_eq!(run.native().len(), 1);
    assert!(run.finished.log.ours().is_empty());
    assert!(run.finished.documents.is_empty());
}
