//! Sessions and kept connections that one location made and another uses, with another name or another client
//! certificate. nginx keeps both by peer.

use tlsdiag_e2e::client::{get, Response};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_good, refusal, Lab, PROTOCOLS};

const VERSIONS: [&str; 2] = ["TLSv1.2", "TLSv1.3"];
const KEEP: &str = "proxy_http_version 1.1;\nproxy_set_header Connection '';\n";

/// An nginx that lets `/first` in for the certificate `first` only, and `/second` for `second`.
fn by_certificate(lab: &Lab, version: &str) -> Nginx {
    let server = lab
        .identity("api.example.test")
        .write(lab.directory(), "server");
    let authority = lab.clients.write(lab.directory(), "clients");
    let mut config = Config::new()
        .http("map $ssl_client_s_dn$uri $is_theirs { default 0; CN=first/first 1; CN=second/second 1; }\n")
        .server(&format!(
            "ssl_certificate {}; ssl_certificate_key {}; ssl_protocols {version};\n\
             ssl_verify_client optional; ssl_client_certificate {};\n\
             if ($is_theirs = 0) {{ return 403 'no\\n'; }}",
            server.chain.display(),
            server.key.display(),
            authority.display()
        ))
        .location("/", "return 200 'welcome\\n';");
    config.listen = "ssl".to_owned();
    Nginx::start(config)
}

/// Two locations of one block, each with its certificate.
fn front(lab: &Lab, block: &str, second: &str) -> Config {
    Config::new()
        .http(block)
        .server(&format!("{PROTOCOLS}{KEEP}"))
        .location(
            "/first",
            &format!("{}proxy_pass https://backend;", lab.present("first")),
        )
        .location("/second", &format!("{}{second}", lab.present("second")))
}

fn both(nginx: &Nginx) -> Vec<Response> {
    ["/first", "/second"]
        .map(|path| get(nginx.port(), path))
        .into()
}

fn block(name: &str, peer: &Nginx, more: &str) -> String {
    format!(
        "upstream {name} {{ server 127.0.0.1:{}; {more} }}\n",
        peer.port()
    )
}

const SECOND: &str = "proxy_pass https://backend;\n";

/// `more` goes into the block: a zone makes nginx serialise the sessions it keeps.
fn session_of_another_certificate(more: &str) {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = by_certificate(&lab, version);
        let config = |settings: &str| {
            front(
                &lab,
                &block("backend", &peer, more),
                &format!("{SECOND}{settings}"),
            )
        };
        let trial = Trial::with(|| config(""), both);
        let failure = refusal(&trial, "session_identity_mismatch", 403);
        assert_eq!(
            failure.line.fix,
            ["proxy_ssl_session_reuse off;"],
            "{version}"
        );
        let sentence = &failure.line.sentence;
        assert!(sentence.contains("403 over a session"), "{sentence}");
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
        let kept = block("backend", &peer, "keepalive 4;");
        let trial = Trial::with(|| front(&lab, &kept, SECOND), both);
        let failure = refusal(&trial, "session_identity_mismatch", 403);
        let action = failure.line.action.as_deref().unwrap();
        assert!(action.contains("one upstream block"), "{action}");
        let sentence = &failure.line.sentence;
        assert!(
            sentence.contains("403 over a kept connection"),
            "{sentence}"
        );
        // What the action says.
        let blocks = kept + &block("own", &peer, "keepalive 4;");
        assert_good(front(&lab, &blocks, "proxy_pass https://own;\n"), both);
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
            .http(&block("backend", &peer, "keepalive 4;"))
            .server(&format!("{PROTOCOLS}{KEEP}"))
            .location("/nobody", "proxy_pass https://backend;")
            .location("/second", &format!("{}{SECOND}", lab.present("second")))
    };
    let ask = |nginx: &Nginx| vec![get(nginx.port(), "/nobody"), get(nginx.port(), "/second")];
    let trial = Trial::with(config, ask);
    let failure = refusal(&trial, "session_identity_mismatch", 403);
    assert!(
        failure.line.tail.contains("GET /second"),
        "{}",
        failure.line.tail
    );
}

/// An nginx with two hosts that demand certificates: such a one serves only the host a handshake was for.
fn by_name(lab: &Lab, version: &str) -> Nginx {
    let authority = lab.clients.write(lab.directory(), "clients");
    let server = |name: &str| {
        let files = lab.identity(name).write(lab.directory(), name);
        format!(
            "server_name {name}; ssl_certificate {}; ssl_certificate_key {}; ssl_protocols {version};\n\
             ssl_verify_client on; ssl_client_certificate {};",
            files.chain.display(),
            files.key.display(),
            authority.display()
        )
    };
    let mut config = Config::new();
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
        .location(
            "/first",
            &format!("{}proxy_pass https://backend;", name("one")),
        )
        .location("/second", &format!("{}{second}", name("two")))
}

#[test]
fn a_kept_connection_of_another_name() {
    for version in VERSIONS {
        let lab = Lab::new();
        let peer = by_name(&lab, version);
        let kept = block("backend", &peer, "keepalive 4;");
        let trial = Trial::with(|| named(&lab, &kept, SECOND), both);
        let failure = refusal(&trial, "session_identity_mismatch", 421);
        assert_eq!(failure.line.confidence, "likely");
        assert_eq!(failure.line.fact("sni"), Some("one.example.test"));
        let blocks = kept + &block("own", &peer, "keepalive 4;");
        assert_good(named(&lab, &blocks, "proxy_pass https://own;\n"), both);
    }
}

/// In TLS 1.2 the session brings the name it was made under, and the upstream answers 421.
#[test]
fn a_session_of_another_name() {
    for more in ["", "zone backend 64k;"] {
        let lab = Lab::new();
        let peer = by_name(&lab, "TLSv1.2");
        let block = block("backend", &peer, more);
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
        let block = block("backend", &peer, more);
        let config = |settings: &str| named(&lab, &block, &format!("{SECOND}{settings}"));
        let trial = Trial::with(|| config(""), both);
        let failure = trial.failure("session_identity_mismatch");
        failure.assert_native(&["SSL alert number 49"]);
        let sentence = &failure.line.sentence;
        assert!(sentence.contains("'one.example.test'"), "{sentence}");
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
    let config = || {
        Config::new()
            .http(&block("backend", &peer, "keepalive 4;"))
            .server(&format!("{PROTOCOLS}{own}"))
            .location(
                "/",
                &format!("{KEEP}proxy_ssl_server_name on; proxy_ssl_name $arg_host; proxy_set_header Host $arg_host;\n\
                 proxy_pass https://backend;"),
            )
    };
    let ask = |nginx: &Nginx| {
        ["one", "one", "two"]
            .map(|host| get(nginx.port(), &format!("/?host={host}.example.test")))
            .into()
    };
    let trial = Trial::with(config, ask);
    let failure = refusal(&trial, "session_identity_mismatch", 421);
    assert!(
        failure.line.tail.contains("host=two"),
        "{}",
        failure.line.tail
    );
}

/// The same identity in two locations: what the upstream refuses, it refuses itself.
#[test]
fn nothing_is_said_where_both_are_the_same() {
    for (version, more) in [
        ("TLSv1.2", ""),
        ("TLSv1.3", ""),
        ("TLSv1.3", "keepalive 4;"),
    ] {
        let lab = Lab::new();
        let peer = by_certificate(&lab, version);
        let own = lab.present("first");
        let config = || {
            Config::new()
                .http(&block("backend", &peer, more))
                .server(&format!("{PROTOCOLS}{KEEP}{own}"))
                .location("/first", "proxy_pass https://backend;")
                .location("/second", "proxy_pass https://backend;")
        };
        let trial = Trial::with(config, both);
        trial.assert_silent();
        assert_eq!(trial.with.responses[1].status, 403);
    }
}
