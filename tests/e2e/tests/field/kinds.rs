//! Kinds of trouble on which people were left without anything to paste.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Sni, Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{pass, Case, Lab};
use super::names::Names;

/// A certificate is configured and none was sent: the list of signature algorithms has none for its key.
#[test]
fn a_client_certificate_that_cannot_be_used() {
    for version in [Version::Tls12, Version::Tls13] {
        for stack in [Stack::OpenSsl, Stack::Go, Stack::Nginx] {
            let lab = Lab::new();
            let clients = Authority::root("Example Client Root");
            let peer = Upstream::new(stack, lab.identity())
                .versions(version, version)
                .demand_client(&clients)
                .start();
            // The upstream's key is of RSA, nginx's on a curve.
            let own = lab.client(&clients, "client");
            let settings = format!(
                "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n\
                 proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n\
                 proxy_ssl_conf_command SignatureAlgorithms RSA-PSS+SHA256:RSA+SHA256;\n",
                own.chain.display(),
                own.key.display()
            );
            let config = |fix: &str| {
                let replaced = match fix {
                    "" => settings.clone(),
                    _ => settings
                        .lines()
                        .filter(|line| !line.contains("_conf_command"))
                        .collect::<Vec<_>>()
                        .join("\n"),
                };
                Config::new()
                    .server(&replaced)
                    .location("/", &(pass(peer.port()) + fix))
            };
            let trial = Trial::new(|| config(""), &["/"]);
            let failure = match stack {
                Stack::Nginx => trial.refusals(1).remove(0),
                _ => trial.failures(1).remove(0),
            };
            failure.assert_name("client_certificate_unusable");
            let fix = tlsdiag_e2e::fix::directives(&failure.document, &[]);
            assert!(
                fix.starts_with("proxy_ssl_conf_command SignatureAlgorithms "),
                "{fix}"
            );
            let good = Trial::new(|| config(&fix), &["/"]);
            good.assert_silent();
            assert_eq!(good.with.responses[0].status, 200, "{fix}");
        }
    }
}

/// Two servers of one block have two names, the name sent is that of the first.
#[test]
fn a_name_of_another_server_of_the_block() {
    let lab = Lab::new();
    let two = lab.root.issue(&Leaf::named("two.example.test").rsa());
    let peer = Upstream::new(Stack::Go, two)
        .sni(Sni::Only("two.example.test".into()))
        .start();
    let gone = tlsdiag_e2e::ports::Port::reserve();
    let names = Names::new();
    let block = format!(
        "upstream backend {{ server one.example.test:{gone}; server two.example.test:{}; }}",
        peer.port()
    );
    let case = Case::new(|fix| {
        let name = match fix {
            "" => "proxy_ssl_name one.example.test;",
            _ => fix,
        };
        names.known_to(Config::new().http(&block).location(
            "/",
            &format!("proxy_pass https://backend;\nproxy_ssl_server_name on;\n{name}\n"),
        ))
    });
    let failure = case.failure("sni_unrecognized");
    let sentence = &failure.line.sentence;
    assert!(
        sentence.contains("not the host of the server tried"),
        "{sentence}"
    );
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", "two.example.test")]);
}

/// What a peer failed with before stands in the facts, and stays there until it is long ago or forgotten.
#[test]
fn what_the_same_peer_failed_with_before() {
    let lab = Lab::new();
    let clients = Authority::root("Example Client Root");
    let peer = Upstream::new(Stack::OpenSsl, lab.identity())
        .versions(Version::Tls13, Version::Tls13)
        .demand_client(&clients)
        .start();
    let config = || {
        let pass = pass(peer.port());
        Config::new()
            .location("/old", &format!("{pass}proxy_ssl_protocols TLSv1.2;"))
            .location(
                "/new",
                &format!("{pass}proxy_ssl_protocols TLSv1.2 TLSv1.3;"),
            )
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
        let document =
            tlsdiag_e2e::observe::json::at(&failure.document, "nginx/upstream_tls/before");
        assert_eq!(document.and_then(serde_json::Value::as_str), before);
    }
}
