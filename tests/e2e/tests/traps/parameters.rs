//! Versions, ciphers, and the client's certificate.

use tlsdiag_e2e::causes::{Cause, Setup};
use tlsdiag_e2e::certs::{Leaf, Usage};
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Stack, Suite, Version};
use tlsdiag_e2e::require::Build;
use tlsdiag_e2e::trial::run;

use super::lab::{bodies, mirror, only, Trap};

#[test]
fn tls13_not_offered() {
    let words = "upstream TLS 1.3 only, nginx up to 1.2";
    let cause = Cause::find("protocol_version_mismatch", words);
    let (lab, setup) = cause.set_up(Stack::OpenSsl, None);
    Trap::new("tls13_not_offered", lab, setup).prove("SSL alert number 70");
}

/// The list of versions has TLS 1.3 from nginx 1.23.4 on only.
#[test]
fn tls13_not_offered_by_a_limit() {
    let lab = Lab::new();
    let limit = "proxy_ssl_conf_command MaxProtocol TLSv1.2;";
    let peer = lab.good().versions(Version::Tls13, Version::Tls13);
    let setup = Setup::to(peer).set(limit);
    let trap = Trap::new("tls13_not_offered", lab, setup);
    let finding = trap.find();
    trap.falls("SSL alert number 70");
    match Build::get().version >= (1, 23, 4) {
        true => trap.mend(&finding),
        false => assert_eq!(
            finding.help,
            ["proxy_ssl_conf_command MaxProtocol TLSv1.3;"]
        ),
    }
}

/// The peer speaks nothing newer. Of the ways that the help knows, the second is for it with OpenSSL 3.0, and
/// the third with any.
#[test]
fn legacy_needs_seclevel() {
    let lab = Lab::at(Stack::OpenSsl, Version::Tls10);
    let suites = [Suite::EcdheRsaAes128Sha, Suite::RsaAes128Sha];
    let setup = Setup::to(lab.good().suites(&suites)).set("proxy_ssl_protocols TLSv1;");
    let trap = Trap::new("legacy_needs_seclevel", lab, setup);
    let finding = trap.find();
    trap.falls("");
    let [newer, rsa, level] = finding.help.as_slice() else {
        panic!("{finding:?}")
    };
    let ciphers = "proxy_ssl_ciphers kRSA;";
    assert_eq!(rsa, &format!("{ciphers} (OpenSSL 3.0)"));
    let works = if Build::get().openssl <= (3, 0) {
        200
    } else {
        502
    };
    assert_eq!(trap.status_with(ciphers), works);
    let ciphers = "proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;";
    assert_eq!(level, &format!("{ciphers} (newer, weakens security)"));
    assert_eq!(trap.status_with(ciphers), 200);
    let new = Lab::new().good().start();
    let config = Config::new().location("/", &(new.pass() + newer));
    assert_eq!(run(config, &["/"]).statuses(), [200], "{newer}");
}

#[test]
fn conf_command_overrides() {
    let lab = Lab::at(Stack::OpenSsl, Version::Tls12);
    let upstream = lab.good().suite(Suite::RsaAes128Sha);
    let setup = Setup::to(upstream).set("proxy_ssl_ciphers AES128-SHA;");
    let ciphers = setup.location.clone();
    let setup = setup.set("proxy_ssl_conf_command CipherString ECDHE+AESGCM;");
    let trap = Trap::new("conf_command_overrides", lab, setup);
    trap.find();
    trap.falls("");
    let one_of_the_two = trap.config(&ciphers);
    assert_eq!(run(one_of_the_two, &["/"]).statuses(), [200]);
}

/// The server wanted TLS 1.3 for its upstream, and said so to its clients.
#[test]
fn client_side_directive() {
    let tls = "ssl_protocols TLSv1.2 TLSv1.3;";
    let peer = mirror(&Lab::new(), "$ssl_protocol", tls);
    let pass = format!("proxy_pass https://127.0.0.1:{};", peer.port());
    let config = |server: &str| Config::new().server(server).location("/", &pass);
    let protocol = |config| bodies(config, &["/"]).remove(0);
    // Whatever the default of this nginx is, the directive changes nothing of it.
    let default = protocol(config(""));
    let meant = config("ssl_protocols TLSv1.3;");
    let finding = only(&meant, "client_side_directive");
    assert_eq!(protocol(meant), default);
    assert_eq!(protocol(config("proxy_ssl_protocols TLSv1.2;")), "TLSv1.2");
    assert_eq!(protocol(config(&finding.help.join(" "))), "TLSv1.3");
}

#[test]
fn client_certificate_bad() {
    let client = || Leaf::named("client");
    for (name, leaf) in [
        ("expired", client().valid(-20, -1)),
        ("for servers", client().usage(Usage::Server)),
        ("without its chain", client()),
    ] {
        let lab = Lab::new();
        let intermediate = lab.clients.intermediate("Client Intermediate");
        let (bad, good) = match name {
            "without its chain" => {
                let whole = intermediate.issue(&leaf);
                (whole.clone().without_chain(), whole)
            }
            _ => (lab.clients.issue(&leaf), lab.clients.issue(&client())),
        };
        let trusted = [lab.clients.pem(), intermediate.pem(), lab.root.pem()].concat();
        let trusted = lab.file("all.pem", trusted);
        let files = bad.write(lab.directory.path(), "client");
        let setup = Setup::to(lab.demanding())
            .set(&files.present())
            .set(&format!("proxy_ssl_trusted_certificate {trusted};"));
        let trap = Trap::new("client_certificate_bad", lab, setup);
        trap.find();
        trap.falls("");
        good.write(trap.lab.directory.path(), "client");
        trap.is_mended();
    }
}

/// Of a key that is not the certificate's, nginx says so itself.
#[test]
fn client_certificate_with_another_key() {
    let lab = Lab::new();
    let [one, other] = ["one", "other"].map(|name| lab.client(&lab.clients, &Leaf::named(name)));
    let config = |present: &str| {
        let location = format!("proxy_pass https://127.0.0.1:1;\n{present}");
        Config::new().location("/", &location)
    };
    let mixed = config(&one.present().replace("one.key", "other.key"));
    let (accepted, said) = Nginx::check(&mixed);
    assert!(!accepted && said.contains("key values mismatch"), "{said}");
    only(&mixed, "client_certificate_bad");
    for good in [one, other] {
        let (accepted, said) = Nginx::check(&config(&good.present()));
        assert!(accepted, "{said}");
    }
}
