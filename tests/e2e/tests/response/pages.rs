//! nginx asks for a client certificate in the handshake and refuses one in HTTP: 400, with a page of its own.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::get;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_good, refusal, Lab};

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

fn demanding(lab: &Lab, version: Version, http2: bool) -> Peer {
    let mut upstream = Upstream::new(Stack::Nginx, lab.identity("api.example.test"))
        .versions(version, version)
        .demand_client(&lab.clients);
    upstream.http2 = http2;
    upstream.start()
}

fn config(family: Family, peer: &Peer, settings: &str) -> Config {
    let pass = family.pass(&format!("127.0.0.1:{}", peer.port()));
    let prefix = family.prefix();
    Config::new()
        .server(&format!("{prefix}_protocols TLSv1.2 TLSv1.3;\n"))
        .location("/", &format!("{pass}{settings}"))
}

fn one(nginx: &Nginx) -> Vec<tlsdiag_e2e::client::Response> {
    vec![get(nginx.port(), "/")]
}

fn no_certificate(family: Family) {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = demanding(&lab, version, family != Family::Proxy);
        let trial = Trial::new(|| config(family, &peer, ""), &["/"]);
        let failure = refusal(&trial, "client_certificate_required", 400);
        assert_eq!(failure.line.confidence, "certain");
        let files = lab.client(&lab.clients, "good");
        let prefix = family.prefix();
        let (certificate, key) = (
            format!("{prefix}_certificate"),
            format!("{prefix}_certificate_key"),
        );
        let values = [
            (certificate.as_str(), files.chain.to_str().unwrap()),
            (key.as_str(), files.key.to_str().unwrap()),
        ];
        let fix = fix::directives(&failure.document, &values);
        assert_good(config(family, &peer, &fix), one);
    }
}

#[test]
fn no_certificate_from_proxy() {
    no_certificate(Family::Proxy);
}

#[test]
fn no_certificate_from_grpc() {
    no_certificate(Family::Grpc);
}

#[test]
fn no_certificate_from_proxy_http2() {
    if Family::Http2.is_known() {
        no_certificate(Family::Http2);
    }
}

/// The remedy is another certificate.
#[test]
fn a_certificate_of_another_authority() {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = demanding(&lab, version, false);
        let other = Authority::root("Another Client Root");
        let wrong = other
            .issue(&Leaf::named("wrong"))
            .write(lab.directory(), "wrong");
        let wrong = format!(
            "proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n",
            wrong.chain.display(),
            wrong.key.display()
        );
        let trial = Trial::new(|| config(Family::Proxy, &peer, &wrong), &["/"]);
        let failure = refusal(&trial, "client_certificate_rejected", 400);
        assert!(
            failure.line.sentence.contains("CN=wrong"),
            "{}",
            failure.line.sentence
        );
        assert_good(config(Family::Proxy, &peer, &lab.present("good")), one);
    }
}

/// The upstream asks, takes no for an answer, and means its 400 itself.
#[test]
fn a_400_of_the_application() {
    let lab = Lab::new();
    let server = lab
        .identity("api.example.test")
        .write(lab.directory(), "server");
    let authority = lab.clients.write(lab.directory(), "clients");
    let mut upstream = Config::new()
        .server(&format!(
            "ssl_certificate {}; ssl_certificate_key {};\n\
             ssl_verify_client optional; ssl_client_certificate {};",
            server.chain.display(),
            server.key.display(),
            authority.display()
        ))
        .location("/", "return 400;")
        .location("/text", "return 400 'you asked for nothing\\n';")
        .location("/496", "return 496;");
    upstream.listen = "ssl".to_owned();
    let upstream = Nginx::start(upstream);
    let pass = format!("proxy_pass https://127.0.0.1:{};", upstream.port());
    let trial = Trial::new(|| Config::new().location("/", &pass), &["/", "/text"]);
    trial.assert_silent();
    // Whoever says in its own configuration what nginx says is taken at its word.
    let trial = Trial::new(|| Config::new().location("/", &pass), &["/496"]);
    refusal(&trial, "client_certificate_required", 400);
}
