//! An answer that does not reach the client: its connection is closed before any filter sees it. And what else
//! decides whether and where something is said.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client::{get, Response, HOST};
use tlsdiag_e2e::lab::{block, Lab, KEEP, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::{Peer, Sni, Stack};
use tlsdiag_e2e::trial::Trial;

use super::lab::{asking, refusal, serving};

/// It answers 421 for [`HOST`] where no name was sent.
fn apache(lab: &Lab) -> Peer {
    let issue = |name| lab.root.issue(&Leaf::named(name).rsa());
    let default = Sni::OrDefault(HOST.to_owned(), Box::new(issue("default.test")));
    lab.with(issue(HOST)).sni(default).start()
}

fn config(peer: &Peer, settings: &str) -> Config {
    let pass = format!("{}proxy_set_header Host $host;\n{settings}", peer.pass());
    Config::new().server(PROTOCOLS).location("/", &pass)
}

#[test]
fn by_error_page() {
    let peer = apache(&Lab::at(Stack::Apache, None));
    let config = || {
        let intercepted = "proxy_intercept_errors on; error_page 421 =200 /sorry;";
        config(&peer, intercepted).location("/sorry", "return 200 'sorry\\n';")
    };
    let trial = Trial::new(config, &["/"]);
    let failure = refusal(&trial, "sni_missing", 200);
    assert!(failure.line.sentence.contains(HOST));
    assert_eq!(failure.at("status"), Some(&421.into()));
}

/// 403 is one of the answers for which nginx asks another peer; the session is why the first one refused.
#[test]
fn by_the_next_upstream() {
    let lab = Lab::new();
    let second = "if ($ssl_client_s_dn != CN=second) { return 403; } return 200;";
    let strict = Config::new()
        .server(&(asking(&lab) + "ssl_protocols TLSv1.3;"))
        .location("/first", "return 200;")
        .location("/second", second);
    let (strict, other) = (serving(strict), lab.good().start());
    let config = || {
        let (one, two) = (strict.port(), other.port());
        Config::new()
            .http(&format!(
                "upstream backend {{ server 127.0.0.1:{one}; server 127.0.0.1:{two} backup; }}\n"
            ))
            .server(&format!("{PROTOCOLS}proxy_next_upstream http_403;"))
            .location(
                "/first",
                &(lab.present("first") + "proxy_pass https://backend;"),
            )
            .location(
                "/second",
                &(lab.present("second") + "proxy_pass https://backend;"),
            )
    };
    let trial = Trial::new(config, &["/first", "/second"]);
    assert_eq!(trial.with.responses[1].status, 200);
    let failure = refusal(&trial, "session_identity_mismatch", 200);
    assert_eq!(failure.at("attempt"), Some(&1.into()));
    assert_eq!(failure.at("final"), Some(&false.into()));
}

/// Where diagnosing is switched off nothing is said, and where error_log takes no errors only the document is
/// written.
#[test]
fn only_where_it_is_asked_for() {
    let peer = apache(&Lab::at(Stack::Apache, None));
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
    let default = lab.root.issue(&Leaf::named("default.test").rsa());
    let files = default.write(lab.directory.path(), "default");
    // Apache closes after a 421.
    let answer = format!("if ($host = {HOST}) {{ return 421; }} return 200;");
    let peer = serving(Config::new().server(&files.serve()).location("/", &answer));
    let config = Config::new()
        .module(Module::Ours)
        .http("log_format names '$status $upstream_tls_diagnosis $upstream_tls_server_name';\n")
        .http(&block("backend", &[peer.port()], "keepalive 4;"))
        .server(&format!("{PROTOCOLS}access_log names.txt names;"))
        .server("add_header X-Diagnosis $upstream_tls_diagnosis always;")
        .location(
            "/",
            &format!("proxy_pass https://backend; {KEEP}proxy_set_header Host $arg_host;"),
        );
    let nginx = Nginx::start(config);
    let ask = |host: &str| -> Response { get(nginx.port(), &format!("/?host={host}")) };
    for host in ["default.test", HOST, HOST, "default.test", HOST] {
        let response = ask(host);
        let diagnosis = "X-Diagnosis: sni_missing".to_owned();
        let said = response.headers.contains(&diagnosis);
        assert_eq!(said, response.status == 421, "{response:?}");
    }
    let (good, bad) = ("200 - -", "421 sni_missing -");
    assert_eq!(nginx.lines("names.txt", 5), [good, bad, bad, good, bad]);
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 3, "{}", finished.log.text);
    assert_eq!(finished.documents.len(), 3);
}
