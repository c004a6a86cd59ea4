//! One line for every attempt that failed in TLS, none for any other, nginx itself unchanged.

use tlsdiag_e2e::lab::{block, healthy, Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Stack, Version};
use tlsdiag_e2e::trial::Trial;

fn to(port: u16) -> Config {
    let config = Config::new().server(PROTOCOLS);
    config.location("/", &format!("proxy_pass https://127.0.0.1:{port};"))
}

#[test]
fn a_resumed_session() {
    for version in [Version::Tls12, Version::Tls13] {
        let peer = Lab::at(Stack::OpenSsl, version).good().start();
        Trial::new(|| to(peer.port()), &["/", "/", "/"]).assert_silent();
    }
}

/// The upstream dies after a good handshake: no TLS failure, for no certificate was asked for.
#[test]
fn an_upstream_that_dies_after_the_handshake() {
    for version in [Version::Tls12, Version::Tls13] {
        let upstream = Lab::at(Stack::OpenSsl, version).good();
        let peer = upstream.dies_after_handshake().start();
        let trial = Trial::new(|| to(peer.port()), &["/"]);
        trial.assert_silent();
        assert_eq!(trial.statuses(), [502]);
    }
}

/// Nobody listens: nginx says so, and there was no handshake.
#[test]
fn a_refused_connection() {
    let port = tlsdiag_e2e::ports::Port::reserve();
    let trial = Trial::new(|| to(port.number()), &["/"]);
    trial.assert_silent();
    assert_eq!(trial.statuses(), [502]);
}

/// One line and one document for each peer tried, in order; the request itself is answered.
#[test]
fn one_line_for_every_attempt() {
    let plain = scripted::start(Script::PlainHttp);
    let wants = Lab::at(Stack::OpenSsl, Version::Tls12).demanding().start();
    let works = healthy();
    let ports = [&plain, &wants, &works].map(|peer| peer.port());
    let config = || {
        let config = Config::new().http(&block("backend", &ports, ""));
        config.location("/", "proxy_pass https://backend;")
    };
    let trial = Trial::new(config, &["/"]);
    let failures = trial.failures(2);
    assert_eq!(trial.statuses(), [200]);
    let names = ["plaintext_upstream", "client_certificate_required"];
    for (number, (failure, name)) in (1..).zip(failures.iter().zip(names)) {
        failure.assert_name(name);
        assert_eq!(failure.at("attempt"), Some(&serde_json::json!(number)));
        assert_eq!(failure.at("final"), Some(&false.into()));
    }
}
