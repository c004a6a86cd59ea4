//! What locations of one upstream share without being asked.

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::trial::run;

use super::lab::{body, findings, mirror, only, Lab, API};

const KEPT: &str = "proxy_http_version 1.1;\nproxy_set_header Connection \"\";\n";

/// Two locations, each with its own directives, to one block or to a block for each.
fn two(peer: &Nginx, keepalive: &str, apart: bool, a: &str, b: &str) -> Config {
    let block = |name: &str| {
        format!(
            "upstream {name} {{ server 127.0.0.1:{}; {keepalive} }}\n",
            peer.port()
        )
    };
    let other = if apart { "other.example.test" } else { API };
    let mut http = block(API);
    if apart {
        http += &block(other);
    }
    Config::new()
        .http(&http)
        .server(KEPT)
        .location("/a", &format!("proxy_pass https://{API};\n{a}"))
        .location("/b", &format!("proxy_pass https://{other};\n{b}"))
}

fn answers(config: Config) -> (String, String) {
    let run = run(config, &["/a", "/b"]);
    (body(&run, 0), body(&run, 1))
}

#[test]
fn pool_mixes_names() {
    let lab = Lab::new();
    let peer = mirror(&lab, "$ssl_server_name", "");
    let name = |name: &str| format!("proxy_ssl_server_name on; proxy_ssl_name {name};");
    let config = |apart| {
        two(
            &peer,
            "keepalive 4;",
            apart,
            &name("a.test"),
            &name("b.test"),
        )
    };
    let finding = only(&config(false), "pool_mixes_names");
    assert!(finding.directive.starts_with("keepalive"));
    assert_eq!(answers(config(false)), ("a.test".into(), "a.test".into()));
    assert_eq!(findings(&config(true), "pool_mixes_names"), []);
    assert_eq!(answers(config(true)), ("a.test".into(), "b.test".into()));
}

/// The directives that show a client's certificate to the upstream.
fn client(lab: &Lab, clients: &Authority, name: &str) -> String {
    let files = lab.files(&clients.issue(&Leaf::named(name)), name);
    format!(
        "proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};",
        files.chain.display(),
        files.key.display()
    )
}

/// A peer that says whose certificate it saw.
fn peer(lab: &Lab, clients: &Authority) -> Nginx {
    let authority = lab.file("clients.pem", &clients.pem());
    let server = format!(
        "ssl_verify_client on; ssl_client_certificate {}; ssl_session_cache shared:a:1m;",
        authority.display()
    );
    mirror(lab, "$ssl_client_s_dn", &server)
}

#[test]
fn pool_mixes_identities() {
    let lab = Lab::new();
    let clients = Authority::root("Clients");
    let peer = peer(&lab, &clients);
    let (admin, guest) = (
        client(&lab, &clients, "admin"),
        client(&lab, &clients, "guest"),
    );
    let config = |apart| two(&peer, "keepalive 4;", apart, &admin, &guest);
    only(&config(false), "pool_mixes_identities");
    assert_eq!(findings(&config(false), "session_mixes_settings"), []);
    assert_eq!(
        answers(config(false)),
        ("CN=admin".into(), "CN=admin".into())
    );
    assert_eq!(findings(&config(true), "pool_mixes_identities"), []);
    assert_eq!(
        answers(config(true)),
        ("CN=admin".into(), "CN=guest".into())
    );
}

#[test]
fn session_mixes_identities() {
    let lab = Lab::new();
    let clients = Authority::root("Clients");
    let peer = peer(&lab, &clients);
    let (admin, guest) = (
        client(&lab, &clients, "admin"),
        client(&lab, &clients, "guest"),
    );
    let config = |help: &str| {
        two(
            &peer,
            "keepalive 0;",
            false,
            &admin,
            &(guest.clone() + help),
        )
    };
    let config = |help: &str| {
        let mut config = config(help);
        config.http = config.http.replace("keepalive 0;", "");
        config.server.clear();
        config
    };
    let finding = only(&config(""), "session_mixes_settings");
    assert_eq!(answers(config("")), ("CN=admin".into(), "CN=admin".into()));
    let help = finding.help.join("\n");
    assert_eq!(
        answers(config(&help)),
        ("CN=admin".into(), "CN=guest".into())
    );
    assert_eq!(findings(&config(&help), "session_mixes_settings"), []);
}

/// The verdict of a location that does not verify comes with the session, and the other one rejects a
/// good certificate.
#[test]
fn session_mixes_verification() {
    let lab = Lab::new();
    let peer = mirror(&lab, "hello", "ssl_session_cache shared:a:1m;");
    let trusted = lab.trusted();
    let verify = format!("proxy_ssl_verify on; proxy_ssl_trusted_certificate {trusted};\n");
    let config = |help: &str| {
        let mut config = two(&peer, "", false, "", &(verify.clone() + help));
        config.server.clear();
        config
    };
    let finding = only(&config(""), "session_mixes_settings");
    let fallen = run(config(""), &["/a", "/b"]);
    assert_eq!(
        fallen.responses[1].status, 502,
        "{}",
        fallen.finished.log.text
    );
    assert!(fallen
        .finished
        .log
        .text
        .contains("upstream SSL certificate verify error"));
    let help = finding.help.join("\n");
    assert_eq!(answers(config(&help)), ("hello".into(), "hello".into()));
}
