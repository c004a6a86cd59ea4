//! 421: the upstream does not serve this Host over a handshake for that name. Apache answers it since 2.4.64.

use tlsdiag_e2e::client::{get, HOST};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_good, refusal, Lab, PROTOCOLS};

/// Two hosts on one port, each with a certificate of its own: [`HOST`], which clients ask for, and a default.
fn apache(lab: &Lab, version: Version) -> Peer {
    let default = Box::new(lab.identity("default.test"));
    Upstream::new(Stack::Apache, lab.identity(HOST))
        .versions(version, version)
        .sni(Sni::OrDefault(HOST.to_owned(), default))
        .start()
}

fn config(peer: &Peer, settings: &str) -> Config {
    let pass = format!("proxy_pass https://127.0.0.1:{};\n", peer.port());
    Config::new()
        .server(PROTOCOLS)
        .location("/", &format!("{pass}{settings}"))
}

fn one(nginx: &Nginx) -> Vec<tlsdiag_e2e::client::Response> {
    vec![get(nginx.port(), "/")]
}

const FORWARDED: &str = "proxy_set_header Host $host;\n";

#[test]
fn without_a_name() {
    for version in [Version::Tls12, Version::Tls13] {
        let lab = Lab::new();
        let peer = apache(&lab, version);
        let trial = Trial::new(|| config(&peer, FORWARDED), &["/"]);
        let failure = refusal(&trial, "sni_missing", 421);
        assert_eq!(
            failure.line.fix,
            [
                "proxy_ssl_server_name on;",
                "proxy_ssl_name <host-that-nginx-sends-as-Host>;"
            ]
        );
        assert!(
            failure.line.sentence.contains(HOST),
            "{}",
            failure.line.sentence
        );
        assert_eq!(failure.line.confidence, "likely");
        assert_eq!(failure.line.fact("sni"), Some("none"));
        assert_eq!(failure.line.fact("presented"), Some("default.test"));
        // As a name, and as the variable that is sent as Host.
        for value in [HOST, "$host"] {
            let fix = fix::directives(&failure.document, &[("proxy_ssl_name", value)]);
            assert_good(config(&peer, &format!("{FORWARDED}{fix}")), one);
        }
    }
}

#[test]
fn with_another_name() {
    let lab = Lab::new();
    let peer = apache(&lab, Version::Tls13);
    let wrong = format!("{FORWARDED}proxy_ssl_server_name on;\n");
    let named = |settings: &str| config(&peer, &format!("{wrong}{settings}"));
    let trial = Trial::new(|| named("proxy_ssl_name default.test;"), &["/"]);
    let failure = refusal(&trial, "misdirected_request", 421);
    assert_eq!(
        failure.line.fix,
        ["proxy_ssl_name <host-that-nginx-sends-as-Host>;"]
    );
    let sentence = &failure.line.sentence;
    assert!(
        sentence.contains(HOST) && sentence.contains("default.test"),
        "{sentence}"
    );
    let fix = fix::directives(&failure.document, &[("proxy_ssl_name", "$host")]);
    assert_good(named(&fix), one);
}
