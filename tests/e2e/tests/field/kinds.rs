//! Kinds of trouble on which people were left without anything to paste.

use tlsdiag_e2e::causes::Setup;
use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::{Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Sni, Stack, Version};
use tlsdiag_e2e::trial::Trial;

use super::names::Names;

/// A certificate is configured and none was sent: the list of signature algorithms has none for its key.
#[test]
fn a_client_certificate_that_cannot_be_used() {
    for version in [Version::Tls12, Version::Tls13] {
        for stack in [Stack::OpenSsl, Stack::Go, Stack::Nginx] {
            let lab = Lab::at(stack, version);
            // The upstream's key is of RSA, nginx's on a curve.
            let setup = Setup::to(lab.demanding())
                .set(&(lab.present("client") + PROTOCOLS))
                .set("proxy_ssl_conf_command SignatureAlgorithms RSA-PSS+SHA256:RSA+SHA256;");
            let trial = |location: &[String]| {
                let config = || setup.configure(Config::new(), "/", &[], location);
                Trial::with(config, |nginx| setup.ask(nginx.port(), "/"))
            };
            let found = trial(&setup.location);
            let failure = match stack {
                Stack::Nginx => found.refusals(1).remove(0),
                _ => found.failures(1).remove(0),
            };
            failure.assert_name("client_certificate_unusable");
            let directive = "proxy_ssl_conf_command SignatureAlgorithms ";
            let fix = &failure.line.fix;
            assert!(fix[0].starts_with(directive), "{fix:?}");
            trial(&fix::paste(&setup.location, fix)).assert_good();
        }
    }
}

/// Two servers of one block have two names, the name sent is that of the first.
#[test]
fn a_name_of_another_server_of_the_block() {
    let lab = Lab::at(Stack::Go, None);
    let two = lab.issue(&Leaf::named("two.example.test").rsa());
    let peer = two.sni(Sni::Only("two.example.test".into())).start();
    let gone = tlsdiag_e2e::ports::Port::reserve();
    let names = Names::new();
    let block = format!(
        "upstream backend {{ server one.example.test:{gone}; server two.example.test:{}; }}",
        peer.port()
    );
    let trial = |name: &str| {
        let location = format!("proxy_pass https://backend;\nproxy_ssl_server_name on;\n{name}");
        let config = || names.known_to(Config::new().http(&block).location("/", &location));
        Trial::new(config, &["/"])
    };
    let failure = trial("proxy_ssl_name one.example.test;").failure("sni_unrecognized");
    failure.assert_says("not the host of the server tried");
    let values = [("proxy_ssl_name", "two.example.test")];
    let fix = fix::directives(&failure.document, &values);
    trial(&fix).with.assert_good(&fix);
}

/// What a peer failed with before stands in the facts, and stays there until it is long ago or forgotten.
#[test]
fn what_the_same_peer_failed_with_before() {
    let upstream = Lab::new().demanding();
    let peer = upstream.versions(Version::Tls13, Version::Tls13).start();
    let config = || {
        let pass = peer.pass();
        Config::new()
            .location("/old", &format!("{pass}proxy_ssl_protocols TLSv1.2;"))
            .location("/new", &format!("{pass}{PROTOCOLS}"))
    };
    let trial = Trial::new(config, &["/old", "/old", "/new", "/new", "/old"]);
    let failures = trial.failures(5);
    let (version, required) = ("protocol_version_mismatch", "client_certificate_required");
    for (failure, (name, before)) in failures.iter().zip([
        (version, None),
        (version, None),
        (required, Some(version)),
        (required, Some(version)),
        (version, Some(required)),
    ]) {
        failure.assert_name(name);
        assert_eq!(failure.line.fact("before"), before);
        let document = failure.at("before");
        assert_eq!(document.and_then(serde_json::Value::as_str), before);
    }
}
