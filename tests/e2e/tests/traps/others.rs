//! Ports, families, logs.

use tlsdiag_e2e::certs::Authority;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::Sni;
use tlsdiag_e2e::trial::run;

use super::lab::{findings, only, pass, Lab, API};

/// Nothing listens on port 80 of this address, or something that is no peer of ours: the log says
/// where nginx went.
#[test]
fn server_without_port() {
    let lab = Lab::new();
    let peer = lab.upstream().start();
    let config = |server: &str| {
        Config::new()
            .http(&format!("upstream backend {{ {server} }}\n"))
            .location(
                "/",
                "proxy_pass https://backend;\nproxy_connect_timeout 1s;",
            )
    };
    let trap = || config("server 127.0.0.1;");
    assert!(Nginx::check(&trap()).0);
    let finding = only(&trap(), "server_without_port");
    let fallen = run(trap(), &["/"]);
    let log = &fallen.finished.log.text;
    assert_ne!(fallen.responses[0].status, 200);
    assert!(log.contains("upstream: \"https://127.0.0.1:80/\""), "{log}");
    // Only the superuser could have the peer on port 443.
    let help = finding.help.join(" ");
    assert_eq!(help, "server 127.0.0.1:443;");
    let mended = || config(&help.replace(":443", &format!(":{}", peer.port())));
    assert_eq!(run(mended(), &["/"]).responses[0].status, 200);
    assert_eq!(findings(&mended(), "server_without_port"), []);
}

/// With the family's own directive the wrong authority is noticed.
fn wrong_family(family: Family) {
    let lab = Lab::new();
    let peer = family.upstream(lab.identity()).start();
    let other = Authority::root("Other");
    let other = lab.file("other.pem", &other.pem());
    let location = family.pass(&format!("127.0.0.1:{}", peer.port()))
        + &format!(
            "proxy_ssl_verify on;\nproxy_ssl_trusted_certificate {};\n",
            other.display()
        );
    let config = |text: &str| Config::new().location("/", text);
    assert!(Nginx::check(&config(&location)).0);
    let found = findings(&config(&location), "wrong_family");
    assert_eq!(found.len(), 2, "{found:#?}");
    let asked = run(config(&location), &["/"]);
    let log = &asked.finished.log.text;
    assert!(
        !log.contains("certificate verify error"),
        "nobody verifies: {log}"
    );
    let help: Vec<_> = found
        .iter()
        .flat_map(|finding| finding.help.clone())
        .collect();
    let mended = family.pass(&format!("127.0.0.1:{}", peer.port())) + &help.join("\n");
    let asked = run(config(&mended), &["/"]);
    assert_eq!(asked.responses[0].status, 502);
    assert!(
        asked.finished.log.text.contains("certificate verify error"),
        "{help:?}"
    );
    assert_eq!(findings(&config(&mended), "wrong_family"), []);
}

#[test]
fn wrong_family_grpc() {
    wrong_family(Family::Grpc);
}

#[test]
fn wrong_family_uwsgi() {
    wrong_family(Family::Uwsgi);
}

/// One block for both schemes is right for one of them.
#[test]
fn scheme_port_mismatch() {
    let lab = Lab::new();
    let peer = lab.upstream().start();
    let block = |name: &str| format!("upstream {name} {{ server 127.0.0.1:{}; }}\n", peer.port());
    let config = Config::new()
        .http(&block("backend"))
        .location("/plain", "proxy_pass http://backend;")
        .location("/tls", "proxy_pass https://backend;");
    only(&config, "scheme_port_mismatch");
    let answers = run(config, &["/plain", "/tls"]);
    let statuses: Vec<_> = answers.responses.iter().map(|one| one.status).collect();
    assert_ne!(statuses[0], 200, "{statuses:?}");
    assert_eq!(statuses[1], 200, "{statuses:?}");
}

#[test]
fn error_log_hides() {
    let lab = Lab::new();
    let peer = lab
        .upstream()
        .sni(Sni::OrDefault(API.into(), Box::new(lab.identity())))
        .start();
    let trusted = lab.trusted();
    let location =
        pass(&peer) + &format!("proxy_ssl_verify on;\nproxy_ssl_trusted_certificate {trusted};\n");
    let config = |level: &str| {
        let mut config = Config::new().location("/", &location);
        config.log_level = level.to_owned();
        config
    };
    let finding = only(&config("crit"), "error_log_hides");
    assert!(finding.help[0].ends_with(" error;"));
    let why = "upstream SSL certificate does not match";
    for (level, said) in [("crit", false), ("error", true)] {
        let asked = run(config(level), &["/"]);
        assert_eq!(asked.responses[0].status, 502);
        assert_eq!(asked.finished.log.text.contains(why), said, "{level}");
    }
    assert_eq!(findings(&config("error"), "error_log_hides"), []);
}
