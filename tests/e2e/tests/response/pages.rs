//! nginx asks for a client certificate in the handshake and refuses one in HTTP: 400, with a page of its own.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{get, Response};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::{Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Peer, Stack, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{asking, assert_good, refusal, serving};

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

fn demanding(lab: &Lab, version: Version, http2: bool) -> Peer {
    let mut upstream = lab.demanding().versions(version, version);
    upstream.http2 = http2;
    upstream.start()
}

fn config(family: Family, peer: &Peer, settings: &str) -> Config {
    let pass = family.pass(&format!("127.0.0.1:{}", peer.port()));
    let config = Config::new().server(&family.directive(PROTOCOLS));
    config.location("/", &(pass + settings))
}

fn one(nginx: &Nginx) -> Vec<Response> {
    vec![get(nginx.port(), "/")]
}

fn no_certificate(family: Family) {
    for version in VERSIONS {
        let lab = Lab::at(Stack::Nginx, None);
        let peer = demanding(&lab, version, family != Family::Proxy);
        let trial = Trial::new(|| config(family, &peer, ""), &["/"]);
        let failure = refusal(&trial, "client_certificate_required", 400);
        assert_eq!(failure.line.confidence, "certain");
        let fix = fix::fill(&failure.line.fix, &lab.known_values()).unwrap();
        assert_good(config(family, &peer, &fix.join("\n")), one);
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
        let lab = Lab::at(Stack::Nginx, None);
        let peer = demanding(&lab, version, false);
        let other = Authority::root("Another Client Root");
        let wrong = lab.client(&other, &Leaf::named("wrong")).present();
        let trial = Trial::new(|| config(Family::Proxy, &peer, &wrong), &["/"]);
        let failure = refusal(&trial, "client_certificate_rejected", 400);
        failure.assert_says("CN=wrong");
        assert_good(config(Family::Proxy, &peer, &lab.present("good")), one);
    }
}

/// The upstream asks, takes no for an answer, and means its 400 itself.
#[test]
fn a_400_of_the_application() {
    let lab = Lab::new();
    let upstream = Config::new()
        .server(&asking(&lab))
        .location("/", "return 400;")
        .location("/text", "return 400 'you asked for nothing\\n';")
        .location("/496", "return 496;");
    let upstream = serving(upstream);
    let pass = format!("proxy_pass https://127.0.0.1:{};", upstream.port());
    let trial = Trial::new(|| Config::new().location("/", &pass), &["/", "/text"]);
    trial.assert_silent();
    // Whoever says in its own configuration what nginx says is taken at its word.
    let trial = Trial::new(|| Config::new().location("/", &pass), &["/496"]);
    refusal(&trial, "client_certificate_required", 400);
}
