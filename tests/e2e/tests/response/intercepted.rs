//! An answer that does not reach the client: its connection is closed before any filter sees it. And what else
//! decides whether and where something is said.

use tlsdiag_e2e::client::{get, Response, HOST};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream};
use tlsdiag_e2e::trial::Trial;
use tlsdiag_e2e::wait;

use super::lab::{refusal, Lab, PROTOCOLS};

/// It answers 421 for [`HOST`] where no name was sent.
fn apache(lab: &Lab) -> Peer {
    let default = Box::new(lab.identity("default.test"));
    Upstream::new(Stack::Apache, lab.identity(HOST))
        .sni(Sni::OrDefault(HOST.to_owned(), default))
        .start()
}

fn config(peer: &Peer, settings: &str) -> Config {
    Config::new().server(PROTOCOLS).location(
        "/",
        &format!(
            "proxy_pass https://127.0.0.1:{};\nproxy_set_header Host $host;\n{settings}",
            peer.port()
        ),
    )
}

#[test]
fn by_error_page() {
    let lab = Lab::new();
    let peer = apache(&lab);
    let config = || {
        config(
            &peer,
            "proxy_intercept_errors on; error_page 421 =200 /sorry;",
        )
        .location("/sorry", "return 200 'sorry\\n';")
    };
    let trial = Trial::new(config, &["/"]);
    let failure = refusal(&trial, "sni_missing", 200);
    assert!(failure.line.sentence.contains(HOST));
    let status = at(&failure.document, "nginx/upstream_tls/status");
    assert_eq!(status.and_then(serde_json::Value::as_u64), Some(421));
}

/// 403 is one of the answers for which nginx asks another peer; the session is why the first one refused.
#[test]
fn by_the_next_upstream() {
    let lab = Lab::new();
    let files = lab
        .identity("api.example.test")
        .write(lab.directory(), "server");
    let clients = lab.clients.write(lab.directory(), "clients");
    let mut strict = Config::new()
        .server(&format!(
            "ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.3;\n\
             ssl_verify_client optional; ssl_client_certificate {};",
            files.chain.display(),
            files.key.display(),
            clients.display()
        ))
        .location("/first", "return 200;")
        .location(
            "/second",
            "if ($ssl_client_s_dn != CN=second) { return 403; } return 200;",
        );
    strict.listen = "ssl".to_owned();
    let strict = Nginx::start(strict);
    let other = Upstream::new(Stack::OpenSsl, lab.identity("api.example.test")).start();
    let config = || {
        let (one, two) = (strict.port(), other.port());
        Config::new()
            .http(&format!(
                "upstream backend {{ server 127.0.0.1:{one}; server 127.0.0.1:{two} backup; }}\n"
            ))
            .server(&format!("{PROTOCOLS}proxy_next_upstream http_403;"))
            .location(
                "/first",
                &format!("{}proxy_pass https://backend;", lab.present("first")),
            )
            .location(
                "/second",
                &format!("{}proxy_pass https://backend;", lab.present("second")),
            )
    };
    let ask = |nginx: &Nginx| {
        ["/first", "/second"]
            .map(|path| get(nginx.port(), path))
            .into()
    };
    let trial = Trial::with(config, ask);
    assert_eq!(trial.with.responses[1].status, 200);
    let failure = refusal(&trial, "session_identity_mismatch", 200);
    let attempt =
        |field: &str| at(&failure.document, &format!("nginx/upstream_tls/{field}")).cloned();
    assert_eq!(attempt("attempt"), Some(1.into()));
    assert_eq!(attempt("final"), Some(false.into()));
}

/// Where diagnosing is switched off nothing is said, and where error_log takes no errors only the document is
/// written.
#[test]
fn only_where_it_is_asked_for() {
    let lab = Lab::new();
    let peer = apache(&lab);
    Trial::new(|| config(&peer, ""), &["/"]).refusals(1);
    let quiet = Nginx::start(config(&peer, "error_log stderr crit;").module(Module::Ours));
    assert_eq!(get(quiet.port(), "/").status, 421);
    let finished = quiet.finish();
    assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
    assert_eq!(finished.documents.len(), 1);
    let off = Nginx::start(config(&peer, "upstream_tls_diag off;").module(Module::Ours));
    assert_eq!(get(off.port(), "/").status, 421);
    let finished = off.finish();
    assert!(finished.log.ours().is_empty(), "{}", finished.log.text);
    assert!(finished.documents.is_empty());
}

/// One line for each answer, also over one kept connection; the variables follow.
#[test]
fn once_for_each_answer() {
    let lab = Lab::new();
    // Apache closes after a 421.
    let files = lab
        .identity("default.test")
        .write(lab.directory(), "server");
    let mut peer = Config::new()
        .server(&format!(
            "ssl_certificate {}; ssl_certificate_key {};",
            files.chain.display(),
            files.key.display()
        ))
        .location(
            "/",
            &format!("if ($host = {HOST}) {{ return 421; }} return 200;"),
        );
    peer.listen = "ssl".to_owned();
    let peer = Nginx::start(peer);
    let config = Config::new()
        .module(Module::Ours)
        .http(&format!(
            "log_format names '$status $upstream_tls_diagnosis $upstream_tls_server_name';\n\
             upstream backend {{ server 127.0.0.1:{}; keepalive 4; }}\n",
            peer.port()
        ))
        .server(&format!("{PROTOCOLS}access_log names.txt names;"))
        .location(
            "/",
            "proxy_pass https://backend; proxy_http_version 1.1; proxy_set_header Connection '';\n\
             proxy_set_header Host $arg_host; add_header X-Diagnosis $upstream_tls_diagnosis always;",
        );
    let nginx = Nginx::start(config);
    let ask = |host: &str| -> Response { get(nginx.port(), &format!("/?host={host}")) };
    for host in ["default.test", HOST, HOST, "default.test", HOST] {
        let response = ask(host);
        let said = response
            .headers
            .contains(&"X-Diagnosis: sni_missing".to_owned());
        assert_eq!(said, response.status == 421, "{response:?}");
    }
    let lines = wait::until("the access log", || {
        let text = std::fs::read_to_string(nginx.file("names.txt")).unwrap_or_default();
        (text.lines().count() == 5).then_some(text)
    });
    let (good, bad) = ("200 - -\n", "421 sni_missing -\n");
    assert_eq!(lines, [good, bad, bad, good, bad].concat());
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 3, "{}", finished.log.text);
    assert_eq!(finished.documents.len(), 3);
}
