//! 421: the upstream does not serve this Host over a handshake for that name. Apache answers it since 2.4.64.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client::{get, Response, HOST};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::{Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_good, refusal};

/// Two hosts on one port, each with a certificate of its own: [`HOST`], which clients ask for, and a default.
fn apache(version: Version) -> Peer {
    let lab = Lab::at(Stack::Apache, version);
    let issue = |name| lab.root.issue(&Leaf::named(name).rsa());
    let default = Sni::OrDefault(HOST.to_owned(), Box::new(issue("default.test")));
    lab.with(issue(HOST)).sni(default).start()
}

fn config(peer: &Peer, settings: &str) -> Config {
    let config = Config::new().server(PROTOCOLS);
    config.location("/", &(peer.pass() + settings))
}

fn one(nginx: &Nginx) -> Vec<Response> {
    vec![get(nginx.port(), "/")]
}

const FORWARDED: &str = "proxy_set_header Host $host;\n";
const HOST_SENT: &str = "proxy_ssl_name <host-that-nginx-sends-as-Host>;";

#[test]
fn without_a_name() {
    for version in [Version::Tls12, Version::Tls13] {
        let peer = apache(version);
        let trial = Trial::new(|| config(&peer, FORWARDED), &["/"]);
        let failure = refusal(&trial, "sni_missing", 421);
        let fix = ["proxy_ssl_server_name on;", HOST_SENT];
        assert_eq!(failure.line.fix, fix);
        failure.assert_says(HOST);
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
    let peer = apache(Version::Tls13);
    let wrong = format!("{FORWARDED}proxy_ssl_server_name on;\n");
    let named = |settings: &str| config(&peer, &format!("{wrong}{settings}"));
    let trial = Trial::new(|| named("proxy_ssl_name default.test;"), &["/"]);
    let failure = refusal(&trial, "misdirected_request", 421);
    assert_eq!(failure.line.fix, [HOST_SENT]);
    failure.assert_says(HOST);
    failure.assert_says("default.test");
    let fix = fix::directives(&failure.document, &[("proxy_ssl_name", "$host")]);
    assert_good(named(&fix), one);
}
