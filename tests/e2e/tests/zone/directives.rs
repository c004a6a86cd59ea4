//! What nginx.conf may say, and how nginx says what it may not.

use tlsdiag_e2e::nginx::{Config, Module, Nginx};

fn said(config: Config) -> String {
    let (good, said) = Nginx::check(&config.module(Module::Ours));
    assert!(!good, "accepted: {said}");
    said
}

fn accepted(config: Config) {
    let (good, said) = Nginx::check(&config.module(Module::Ours));
    assert!(good, "{said}");
}

fn main(text: &str) -> Config {
    Config {
        main: text.to_owned(),
        ..Config::new()
    }
}

#[test]
fn a_zone_in_nginx_words() {
    for (parameters, words) in [
        ("zone=tls", "invalid zone size \"zone=tls\""),
        ("zone=:1m", "invalid zone size \"zone=:1m\""),
        ("zone=tls:big", "invalid zone size \"zone=tls:big\""),
        ("zone=tls:", "invalid zone size \"zone=tls:\""),
        ("zone=tls:8k", "zone \"zone=tls:8k\" is too small"),
        (
            "zone=tls:1m inactive=soon",
            "invalid inactive value \"inactive=soon\"",
        ),
        (
            "zone=tls:1m inactive=0",
            "invalid inactive value \"inactive=0\"",
        ),
        ("tls:1m", "invalid parameter \"tls:1m\""),
        (
            "inactive=1h",
            "\"upstream_tls_zone\" must have \"zone\" parameter",
        ),
        (
            "",
            "invalid number of arguments in \"upstream_tls_zone\" directive",
        ),
    ] {
        let said = said(main(&format!("upstream_tls_zone {parameters};")));
        assert!(said.contains(words), "{parameters}: {said}");
        assert!(said.contains("nginx.conf:"), "where it stands: {said}");
    }
}

#[test]
fn one_zone_in_all_wherever_it_stands() {
    let zone = "upstream_tls_zone zone=tls:32k inactive=10m;";
    accepted(main(zone));
    accepted(Config::new().http(zone));
    accepted(Config::new().stream(zone));
    let twice = said(Config {
        main: zone.to_owned(),
        ..Config::new().http("upstream_tls_zone zone=other:1m;")
    });
    assert!(
        twice.contains("\"upstream_tls_zone\" directive is duplicate"),
        "{twice}"
    );
    let taken = said(Config {
        main: zone.to_owned(),
        ..Config::new().http("limit_req_zone $binary_remote_addr zone=tls:32k rate=1r/s;")
    });
    assert!(taken.contains("tls"), "nginx's own words: {taken}");
    let inside = said(Config::new().server("upstream_tls_zone zone=tls:1m;"));
    assert!(
        inside.contains("\"upstream_tls_zone\" directive is not allowed here"),
        "{inside}"
    );
}

#[test]
fn a_status_needs_a_zone_wherever_it_stands() {
    let status = || Config::new().location("/status", "upstream_tls_status html;");
    let words = said(status());
    assert!(
        words.contains("\"upstream_tls_status\" needs \"upstream_tls_zone\""),
        "{words}"
    );
    accepted(Config {
        tail: "upstream_tls_zone zone=tls:1m;".to_owned(),
        ..status()
    });
}

#[test]
fn values_in_nginx_words() {
    let zone = "upstream_tls_zone zone=tls:1m;\n";
    let location = |text: &str| Config::new().http(zone).location("/x", text);
    for (text, words) in [
        (
            "upstream_tls_status xml;",
            "invalid value \"xml\" in \"upstream_tls_status\" directive",
        ),
        (
            "upstream_tls_status; upstream_tls_status json;",
            "\"upstream_tls_status\" directive is duplicate",
        ),
    ] {
        let said = said(location(text));
        assert!(said.contains(words), "{text}: {said}");
    }
    for text in [
        "upstream_tls_status;",
        "upstream_tls_status json;",
        "upstream_tls_status prometheus;",
    ] {
        accepted(location(text));
    }
    accepted(Config::new().http(zone).server("upstream_tls_status;"));
}
