//! Ports, families, logs.

use tlsdiag_e2e::causes::Cause;
use tlsdiag_e2e::certs::Authority;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::lab::{block, verify_against, Lab};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::Stack;
use tlsdiag_e2e::trial::run;

use super::lab::{findings, only};

/// Nothing listens on port 80 of this address, or something that is no peer of ours: the log says
/// where nginx went.
#[test]
fn server_without_port() {
    let peer = Lab::new().good().start();
    let config = |server: &str| {
        let location = "proxy_pass https://backend;\nproxy_connect_timeout 1s;";
        Config::new()
            .http(&format!("upstream backend {{ {server} }}\n"))
            .location("/", location)
    };
    let trap = || config("server 127.0.0.1;");
    assert!(Nginx::check(&trap()).0);
    let finding = only(&trap(), "server_without_port");
    let fallen = run(trap(), &["/"]);
    let log = &fallen.finished.log.text;
    assert_ne!(fallen.statuses(), [200]);
    assert!(log.contains("upstream: \"https://127.0.0.1:80/\""), "{log}");
    // Only the superuser could have the peer on port 443.
    let help = finding.help.join(" ");
    assert_eq!(help, "server 127.0.0.1:443;");
    let mended = || config(&help.replace(":443", &format!(":{}", peer.port())));
    assert_eq!(run(mended(), &["/"]).statuses(), [200]);
    assert_eq!(findings(&mended(), "server_without_port"), []);
}

/// With the family's own directive the wrong authority is noticed.
fn wrong_family(family: Family) {
    let lab = Lab::at(family, None);
    let peer = lab.good().start();
    let other = lab.authority_file(&Authority::root("Other"), "other");
    let pass = family.pass(&format!("127.0.0.1:{}", peer.port()));
    let config = |settings: &str| Config::new().location("/", &format!("{pass}{settings}"));
    let trap = || config(&verify_against(&other));
    assert!(Nginx::check(&trap()).0);
    let found = findings(&trap(), "wrong_family");
    assert_eq!(found.len(), 2, "{found:#?}");
    let noticed = |log: &str| log.contains("certificate verify error");
    let asked = run(trap(), &["/"]);
    let log = &asked.finished.log.text;
    assert!(!noticed(log), "nobody verifies: {log}");
    let help: Vec<_> = found.iter().flat_map(|one| one.help.clone()).collect();
    let mended = || config(&help.join("\n"));
    let asked = run(mended(), &["/"]);
    assert_eq!(asked.statuses(), [502]);
    assert!(noticed(&asked.finished.log.text), "{help:?}");
    assert_eq!(findings(&mended(), "wrong_family"), []);
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
    let peer = Lab::new().good().start();
    let config = Config::new()
        .http(&block("backend", &[peer.port()], ""))
        .location("/plain", "proxy_pass http://backend;")
        .location("/tls", "proxy_pass https://backend;");
    only(&config, "scheme_port_mismatch");
    let statuses = run(config, &["/plain", "/tls"]).statuses();
    assert_ne!(statuses[0], 200, "{statuses:?}");
    assert_eq!(statuses[1], 200, "{statuses:?}");
}

#[test]
fn error_log_hides() {
    let words = "address compared, IP SAN there";
    let cause = Cause::find("certificate_hostname_mismatch", words);
    let (_lab, setup) = cause.set_up(Stack::OpenSsl, None);
    let config = |level: &str| {
        let mut config = setup.configure(Config::new(), "/", &[], &setup.location);
        config.log_level = level.to_owned();
        config
    };
    let finding = only(&config("crit"), "error_log_hides");
    assert!(finding.help[0].ends_with(" error;"));
    let why = "upstream SSL certificate does not match";
    for (level, said) in [("crit", false), ("error", true)] {
        let asked = run(config(level), &["/"]);
        assert_eq!(asked.statuses(), [502]);
        assert_eq!(asked.finished.log.text.contains(why), said, "{level}");
    }
    assert_eq!(findings(&config("error"), "error_log_hides"), []);
}
