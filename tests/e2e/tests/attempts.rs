//! One line for every attempt that failed in TLS, none for any other, nginx itself unchanged.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;

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
