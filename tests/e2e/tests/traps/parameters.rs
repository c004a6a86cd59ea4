//! Versions, ciphers, and the client's certificate.

use tlsdiag_e2e::certs::{Authority, Leaf, Usage};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Suite, Version};
use tlsdiag_e2e::trial::run;

use super::lab::{mirror, only, pass, shown, Lab, Trap};

#[test]
fn tls13_not_offered() {
    let lab = Lab::new();
    let peer = lab
        .upstream()
        .versions(Version::Tls13, Version::Tls13)
        .start();
    let trap = Trap {
        id: "tls13_not_offered",
        location: pass(&peer) + "proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2;",
        native: "SSL alert number 70",
        ..Trap::default()
    };
    trap.prove();
}

/// The peer speaks nothing newer. Of the two ways that the help knows, the second is for it.
#[test]
fn legacy_needs_seclevel() {
    let lab = Lab::new();
    let suites = [Suite::EcdheRsaAes128Sha, Suite::RsaAes128Sha];
    let peer = lab
        .upstream()
        .versions(Version::Tls10, Version::Tls10)
        .suites(&suites)
        .start();
    let trap = Trap {
        id: "legacy_needs_seclevel",
        location: pass(&peer) + "proxy_ssl_protocols TLSv1;",
        ..Trap::default()
    };
    let finding = trap.find();
    let location = |more: &str| Config::new().location("/", &(trap.location.clone() + more));
    assert_eq!(run(location(""), &["/"]).responses[0].status, 502);
    let [newer, rsa] = finding.help.as_slice() else {
        panic!("{finding:?}")
    };
    assert_eq!(run(location(rsa), &["/"]).responses[0].status, 200, "{rsa}");
    let level = "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;";
    assert_eq!(run(location(level), &["/"]).responses[0].status, 200);
    let new = lab.upstream().start();
    let location = Config::new().location("/", &(pass(&new) + newer));
    assert_eq!(run(location, &["/"]).responses[0].status, 200, "{newer}");
}

#[test]
fn conf_command_overrides() {
    let lab = Lab::new();
    let peer = lab
        .upstream()
        .versions(Version::Tls12, Version::Tls12)
        .suite(Suite::RsaAes128Sha)
        .start();
    let ciphers = "proxy_ssl_ciphers AES128-SHA;\n";
    let command = "proxy_ssl_conf_command CipherString ECDHE+AESGCM;\n";
    let trap = Trap {
        id: "conf_command_overrides",
        location: pass(&peer) + ciphers + command,
        ..Trap::default()
    };
    trap.find();
    let ask = |text: String| run(Config::new().location("/", &text), &["/"]).responses[0].status;
    assert_eq!(ask(trap.location.clone()), 502);
    assert_eq!(ask(pass(&peer) + ciphers), 200, "one of the two");
}

/// The server wanted TLS 1.3 for its upstream, and said so to its clients.
#[test]
fn client_side_directive() {
    let lab = Lab::new();
    let peer = mirror(&lab, "$ssl_protocol", "ssl_protocols TLSv1.2 TLSv1.3;");
    let config = |more: &str| {
        Config::new()
            .server(&format!("proxy_ssl_protocols TLSv1.2;{more}"))
            .location(
                "/",
                &format!("proxy_pass https://127.0.0.1:{};", peer.port()),
            )
    };
    let without = |mut config: Config| {
        config.server = config.server.replace("proxy_ssl_protocols TLSv1.2;", "");
        config
    };
    // Whatever the default of this nginx is, the directive changes nothing of it.
    let default = super::lab::body(&run(without(config("")), &["/"]), 0);
    let meant = without(config("ssl_protocols TLSv1.3;"));
    let finding = only(&meant, "client_side_directive");
    assert_eq!(super::lab::body(&run(meant, &["/"]), 0), default);
    assert_eq!(super::lab::body(&run(config(""), &["/"]), 0), "TLSv1.2");
    let mended = without(config(&finding.help.join(" ")));
    assert_eq!(super::lab::body(&run(mended, &["/"]), 0), "TLSv1.3");
}

#[test]
fn client_certificate_bad() {
    let lab = Lab::new();
    let clients = Authority::root("Clients");
    let intermediate = clients.intermediate("Client Intermediate");
    let good = clients.issue(&Leaf::named("client"));
    let chained = intermediate.issue(&Leaf::named("chained"));
    let trusted = [clients.pem(), intermediate.pem(), lab.root.pem()].concat();
    let trusted = shown(&lab.file("all.pem", &trusted));
    for (name, bad) in [
        (
            "expired",
            clients.issue(&Leaf::named("client").valid(-20, -1)),
        ),
        (
            "for servers",
            clients.issue(&Leaf::named("client").usage(Usage::Server)),
        ),
        ("without its chain", chained.clone().without_chain()),
    ] {
        let peer = lab.upstream().demand_client(&clients).start();
        let files = lab.files(&bad, "client");
        let location = pass(&peer)
            + &format!(
                "proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n\
                 proxy_ssl_trusted_certificate {trusted};",
                files.chain.display(),
                files.key.display()
            );
        let trap = Trap {
            id: "client_certificate_bad",
            location,
            ..Trap::default()
        };
        trap.find();
        let ask = || run(Config::new().location("/", &trap.location), &["/"]).responses[0].status;
        assert_eq!(ask(), 502, "{name}");
        let mended = if name == "without its chain" {
            &chained
        } else {
            &good
        };
        lab.files(mended, "client");
        assert_eq!(ask(), 200, "{name}");
    }
}

/// Of a key that is not the certificate's, nginx says so itself.
#[test]
fn client_certificate_with_another_key() {
    let lab = Lab::new();
    let clients = Authority::root("Clients");
    let one = lab.files(&clients.issue(&Leaf::named("one")), "one");
    let other = lab.files(&clients.issue(&Leaf::named("other")), "other");
    let location = |key| {
        format!(
            "proxy_pass https://127.0.0.1:1;\nproxy_ssl_certificate {};\nproxy_ssl_certificate_key {};",
            one.chain.display(),
            shown(key)
        )
    };
    let config = Config::new().location("/", &location(&other.key));
    let (accepted, said) = Nginx::check(&config);
    assert!(!accepted && said.contains("key values mismatch"), "{said}");
    only(&config, "client_certificate_bad");
    let (accepted, said) = Nginx::check(&Config::new().location("/", &location(&one.key)));
    assert!(accepted, "{said}");
}
