//! Verification, and the files it needs.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Stack, Upstream};
use tlsdiag_e2e::trial::run;

use super::lab::{only, pass, shown, Lab, Trap, API};

/// Verifies by name against a file.
fn verify(trusted: &str) -> String {
    format!(
        "proxy_ssl_name {API};\nproxy_ssl_verify on;\nproxy_ssl_trusted_certificate {trusted};\n"
    )
}

#[test]
fn verify_without_ca() {
    let lab = Lab::new();
    let peer = lab.upstream().start();
    let location = pass(&peer) + &format!("proxy_ssl_name {API};\nproxy_ssl_verify on;");
    let config = Config::new().location("/", &location);
    let (accepted, said) = Nginx::check(&config);
    assert!(!accepted && said.contains("no proxy_ssl_trusted_certificate for proxy_ssl_verify"));
    let finding = only(&config, "verify_without_ca");
    let trusted = lab.trusted();
    let trap = Trap {
        id: "verify_without_ca",
        location,
        values: &[("proxy_ssl_trusted_certificate", &trusted)],
        ..Trap::default()
    };
    trap.mend(&finding);
}

#[test]
fn verify_address() {
    let lab = Lab::new();
    let identity = lab.root.issue(&Leaf::named(API).rsa().ip("127.0.0.1"));
    let peer = Upstream::new(Stack::OpenSsl, identity).start();
    let trusted = lab.trusted();
    let trap = Trap {
        id: "verify_address",
        location: pass(&peer)
            + &format!("proxy_ssl_verify on;\nproxy_ssl_trusted_certificate {trusted};"),
        native: "upstream SSL certificate does not match \"127.0.0.1\"",
        values: &[("proxy_ssl_name", API)],
        ..Trap::default()
    };
    trap.prove();
}

#[test]
fn verify_depth_small() {
    let lab = Lab::new();
    let first = lab.root.intermediate("First");
    let second = first.intermediate("Second");
    let identity = second.issue(&Leaf::named(API).rsa());
    let peer = Upstream::new(Stack::OpenSsl, identity).start();
    let chain = [lab.root.pem(), first.pem(), second.pem()].concat();
    let trusted = shown(&lab.file("chain.pem", &chain));
    let trap = Trap {
        id: "verify_depth_small",
        location: pass(&peer) + &verify(&trusted),
        native: "upstream SSL certificate verify error: (2",
        ..Trap::default()
    };
    trap.prove();
}

/// What the file must hold cannot be pasted: the file is changed.
#[test]
fn trust_file_unfit() {
    let lab = Lab::new();
    let intermediate = lab.root.intermediate("Intermediate");
    let identity = intermediate.issue(&Leaf::named(API).rsa());
    let expired = Authority::root("Expired");
    for (name, unfit) in [
        ("an intermediate", intermediate.pem()),
        (
            "the certificate itself",
            identity.certificate.to_pem().unwrap(),
        ),
        ("another's revocation list", expired.crl(&[], 30)),
    ] {
        let peer = Upstream::new(Stack::OpenSsl, identity.clone()).start();
        let trusted = shown(&lab.file("trusted.pem", &unfit));
        let trap = Trap {
            id: "trust_file_unfit",
            location: pass(&peer) + &verify(&trusted),
            native: "upstream SSL certificate verify error: (2",
            ..Trap::default()
        };
        let finding = trap.find();
        assert!(finding.help[0].contains("root"), "{name}");
        let ask = || run(Config::new().location("/", &trap.location), &["/"]);
        let fallen = ask();
        assert_eq!(fallen.responses[0].status, 502, "{name}");
        assert!(fallen.finished.log.text.contains(trap.native), "{name}");
        lab.file("trusted.pem", &[lab.root.pem(), unfit].concat());
        assert_eq!(ask().responses[0].status, 200, "{name}");
    }
}

#[test]
fn crl_incomplete() {
    let lab = Lab::new();
    let intermediate = lab.root.intermediate("Intermediate");
    let identity = intermediate.issue(&Leaf::named(API).rsa());
    let chain = [lab.root.pem(), intermediate.pem()].concat();
    let trusted = shown(&lab.file("chain.pem", &chain));
    let complete = [lab.root.crl(&[], 30), intermediate.crl(&[], 30)].concat();
    for (name, incomplete, native) in [
        ("none of the root", intermediate.crl(&[], 30), "(3:"),
        (
            "none that is theirs",
            Authority::root("Other").crl(&[], 30),
            "(3:",
        ),
        (
            "one that has ended",
            [lab.root.crl(&[], -1), intermediate.crl(&[], 30)].concat(),
            "(12:",
        ),
    ] {
        let peer = Upstream::new(Stack::OpenSsl, identity.clone()).start();
        let crl = shown(&lab.file("lists.crl", &incomplete));
        let trap = Trap {
            id: "crl_incomplete",
            location: pass(&peer) + &verify(&trusted) + &format!("proxy_ssl_crl {crl};"),
            ..Trap::default()
        };
        trap.find();
        let ask = || run(Config::new().location("/", &trap.location), &["/"]);
        let fallen = ask();
        assert_eq!(fallen.responses[0].status, 502, "{name}");
        let wanted = format!("upstream SSL certificate verify error: {native}");
        assert!(
            fallen.finished.log.text.contains(&wanted),
            "{name}: {}",
            fallen.finished.log.text
        );
        lab.file("lists.crl", &complete);
        assert_eq!(ask().responses[0].status, 200, "{name}");
    }
}

/// Whoever answers is believed, until nginx verifies.
#[test]
fn verify_off() {
    let lab = Lab::new();
    let rogue = Authority::root("Rogue").issue(&Leaf::named(API).rsa());
    let peer = Upstream::new(Stack::OpenSsl, rogue).start();
    let location = pass(&peer) + &format!("proxy_ssl_name {API};\nproxy_ssl_verify off;");
    let config = Config::new().location("/", &location);
    let finding = only(&config, "verify_off");
    assert_eq!(run(config, &["/"]).responses[0].status, 200);
    let help = finding.help.join("\n");
    let help = help.replace("<file-with-the-root-of-the-upstream>", &lab.trusted());
    let location = location.replace("proxy_ssl_verify off;", &help);
    let verified = run(Config::new().location("/", &location), &["/"]);
    assert_eq!(verified.responses[0].status, 502, "{help}");
    let good = lab.upstream().start();
    let port = |peer: &tlsdiag_e2e::peers::Peer| format!(":{};", peer.port());
    let location = location.replace(&port(&peer), &port(&good));
    assert_eq!(
        run(Config::new().location("/", &location), &["/"]).responses[0].status,
        200
    );
}
