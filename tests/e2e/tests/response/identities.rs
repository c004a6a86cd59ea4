//! Sessions and kept connections that one location made and another uses, with another name or another client
//! certificate. nginx keeps both by peer.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client::{get, Response};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::{block, Lab, KEEP, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::trial::Trial;

use super::lab::{asking, assert_good, refusal, serving};

const VERSIONS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];
const KEPT: &str = "keepalive 4;";
const SECOND: &str = "proxy_pass https://backend;\n";
/// The second in a block of its own.
const OWN: &str = "proxy_pass https://own;\n";

/// An nginx that lets `/first` in for the certificate `first` only, and `/second` for `second`.
fn by_certificate(lab: &Lab, version: &str) -> Nginx {
    let theirs = "map $ssl_client_s_dn$uri $is_theirs { default 0; CN=first/first 1; CN=second/second 1; }\n";
    let server = format!("ssl_protocols {version};\nif ($is_theirs = 0) {{ return 403 'no\\n'; }}");
    let config = Config::new().http(theirs).server(&(asking(lab) + &server));
    serving(config.location("/", "return 200 'welcome\\n';"))
}

/// Two locations of one block, each with its certificate.
fn front(lab: &Lab, block: &str, second: &str) -> Config {
    Config::new()
        .http(block)
        .server(&format!("{PROTOCOLS}{KEEP}"))
        .location("/first", &(lab.present("first") + SECOND))
        .location("/second", &(lab.present("second") + second))
}

fn both(nginx: &Nginx) -> Vec<Response> {
    ["/first", "/second"]
        .map(|path| get(nginx.port(), path))
        .into()
}

/// `more` goes into the block: a zone makes nginx serialise the sessions it keeps.
fn session_of_another_certificate(more: &str) {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = by_certificate(&lab, version);
        let block = block("backend", &[peer.port()], more);
        let config = |settings: &str| front(&lab, &block, &format!("{SECOND}{settings}"));
        let trial = Trial::with(|| config(""), both);
        let failure = refusal(&trial, "session_identity_mismatch", 403);
        assert_eq!(failure.line.fix, ["proxy_ssl_session_reuse off;"]);
        failure.assert_says("403 over a session");
        assert_good(config(&fix::directives(&failure.document, &[])), both);
    }
}

#[test]
fn a_session_of_another_certificate() {
    session_of_another_certificate("");
}

#[test]
fn a_serialised_session_of_another_certificate() {
    session_of_another_certificate("zone backend 64k;");
}

#[test]
fn a_kept_connection_of_another_certificate() {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = by_certificate(&lab, version);
        let kept = block("backend", &[peer.port()], KEPT);
        let trial = Trial::with(|| front(&lab, &kept, SECOND), both);
        let failure = refusal(&trial, "session_identity_mismatch", 403);
        let action = failure.line.action.as_deref().unwrap();
        assert!(action.contains("one upstream block"), "{action}");
        failure.assert_says("403 over a kept connection");
        // What the action says.
        let blocks = kept + &block("own", &[peer.port()], KEPT);
        assert_good(front(&lab, &blocks, OWN), both);
    }
}

/// Who has no certificate rides on nobody's: the one that made the connection without is not the one that is
/// refused.
#[test]
fn a_kept_connection_without_a_certificate() {
    let lab = Lab::new();
    let peer = by_certificate(&lab, "TLSv1.3");
    let config = || {
        Config::new()
            .http(&block("backend", &[peer.port()], KEPT))
            .server(&format!("{PROTOCOLS}{KEEP}"))
            .location("/nobody", SECOND)
            .location("/second", &(lab.present("second") + SECOND))
    };
    let ask = |nginx: &Nginx| vec![get(nginx.port(), "/nobody"), get(nginx.port(), "/second")];
    let trial = Trial::with(config, ask);
    let failure = refusal(&trial, "session_identity_mismatch", 403);
    let tail = &failure.line.tail;
    assert!(tail.contains("GET /second"), "{tail}");
}

/// An nginx with two hosts that demand certificates: such a one serves only the host a handshake was for.
fn by_name(lab: &Lab, version: &str) -> Nginx {
    let authority = lab.authority_file(&lab.clients, "clients");
    let server = |name: &str| {
        let identity = lab.root.issue(&Leaf::named(name).rsa());
        let files = identity.write(lab.directory.path(), name);
        format!(
            "server_name {name}; {} ssl_protocols {version};\n\
             ssl_verify_client on; ssl_client_certificate {authority};",
            files.serve()
        )
    };
    let mut config = Config::of_peer();
    let port = config.port.number();
    config.http = format!(
        "server {{ listen 127.0.0.1:{port} ssl; {} location / {{ return 200 'two\\n'; }} }}\n",
        server("two.example.test")
    );
    config.listen = "ssl default_server".to_owned();
    let config = config.server(&server("one.example.test"));
    Nginx::start(config.location("/", "return 200 'one\\n';"))
}

/// Two locations of one block and one certificate, each with its name.
fn named(lab: &Lab, block: &str, second: &str) -> Config {
    let own = lab.present("client");
    let name = |host: &str| {
        format!(
            "proxy_ssl_server_name on; proxy_ssl_name {host}.example.test;\n\
             {KEEP}proxy_set_header Host {host}.example.test;\n"
        )
    };
    Config::new()
        .http(block)
        .server(&format!("{PROTOCOLS}{own}"))
        .location("/first", &(name("one") + SECOND))
        .location("/second", &(name("two") + second))
}

#[test]
fn a_kept_connection_of_another_name() {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = by_name(&lab, version);
        let kept = block("backend", &[peer.port()], KEPT);
        let trial = Trial::with(|| named(&lab, &kept, SECOND), both);
        let failure = refusal(&trial, "session_identity_mismatch", 421);
        assert_eq!(failure.line.confidence, "likely");
        assert_eq!(failure.line.fact("sni"), Some("one.example.test"));
        let blocks = kept + &block("own", &[peer.port()], KEPT);
        assert_good(named(&lab, &blocks, OWN), both);
    }
}

/// In TLS 1.2 the session brings the name it was made under, and the upstream answers 421.
#[test]
fn a_session_of_another_name() {
    for more in ["", "zone backend 64k;"] {
        let lab = Lab::new();
        let peer = by_name(&lab, "TLSv1.2");
        let block = block("backend", &[peer.port()], more);
        let config = |settings: &str| named(&lab, &block, &format!("{SECOND}{settings}"));
        let trial = Trial::with(|| config(""), both);
        let failure = refusal(&trial, "session_identity_mismatch", 421);
        assert_eq!(failure.line.fact("sni"), Some("two.example.test"));
        assert_good(config(&fix::directives(&failure.document, &[])), both);
    }
}

/// In TLS 1.3 an upstream that verifies clients refuses such a session at once, with access_denied(49).
#[test]
fn a_session_of_another_name_is_refused_in_the_handshake() {
    for more in ["", "zone backend 64k;"] {
        let lab = Lab::new();
        let peer = by_name(&lab, "TLSv1.3");
        let block = block("backend", &[peer.port()], more);
        let config = |settings: &str| named(&lab, &block, &format!("{SECOND}{settings}"));
        let trial = Trial::with(|| config(""), both);
        let failure = trial.failure("session_identity_mismatch");
        failure.assert_native(&["SSL alert number 49"]);
        failure.assert_says("'one.example.test'");
        assert_eq!(failure.line.fix, ["proxy_ssl_session_reuse off;"]);
        assert_good(config(&fix::directives(&failure.document, &[])), both);
    }
}

/// A name that is a variable changes from request to request, and the connection does not.
#[test]
fn a_kept_connection_of_another_request() {
    let lab = Lab::new();
    let peer = by_name(&lab, "TLSv1.3");
    let own = lab.present("client");
    let chosen =
        "proxy_ssl_server_name on; proxy_ssl_name $arg_host; proxy_set_header Host $arg_host;\n";
    let config = || {
        Config::new()
            .http(&block("backend", &[peer.port()], KEPT))
            .server(&format!("{PROTOCOLS}{own}"))
            .location("/", &format!("{KEEP}{chosen}{SECOND}"))
    };
    let ask = |nginx: &Nginx| {
        ["one", "one", "two"]
            .map(|host| get(nginx.port(), &format!("/?host={host}.example.test")))
            .into()
    };
    let trial = Trial::with(config, ask);
    let failure = refusal(&trial, "session_identity_mismatch", 421);
    let tail = &failure.line.tail;
    assert!(tail.contains("host=two"), "{tail}");
}

/// The same identity in two locations: what the upstream refuses, it refuses itself.
#[test]
fn nothing_is_said_where_both_are_the_same() {
    for (version, more) in [("TLSv1.2", ""), ("TLSv1.3", ""), ("TLSv1.3", KEPT)] {
        let lab = Lab::new();
        let peer = by_certificate(&lab, version);
        let own = lab.present("first");
        let config = || {
            Config::new()
                .http(&block("backend", &[peer.port()], more))
                .server(&format!("{PROTOCOLS}{KEEP}{own}"))
                .location("/first", SECOND)
                .location("/second", SECOND)
        };
        let trial = Trial::with(config, both);
        trial.assert_silent();
        assert_eq!(trial.with.responses[1].status, 403);
    }
}
