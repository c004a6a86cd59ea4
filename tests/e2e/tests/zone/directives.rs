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
fn a_status_and_repeats_need_a_zone_wherever_it_stands() {
    let status = Config::new().location("/status", "upstream_tls_status;");
    let words = said(status);
    assert!(
        words.contains("\"upstream_tls_status\" needs \"upstream_tls_zone\""),
        "{words}"
    );
    let repeat = Config::new().http("upstream_tls_repeat 1m;");
    let words = said(repeat);
    assert!(
        words.contains("\"upstream_tls_repeat\" needs \"upstream_tls_zone\""),
        "{words}"
    );
    accepted(Config::new().http("upstream_tls_repeat off;"));
    accepted(Config {
        tail: "upstream_tls_zone zone=tls:1m;".to_owned(),
        ..Config::new()
            .http("upstream_tls_repeat 1m;")
            .location("/status", "upstream_tls_status html;")
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
        (
            "upstream_tls_repeat often;",
            "\"upstream_tls_repeat\" directive has an invalid value",
        ),
        (
            "upstream_tls_repeat 0;",
            "\"upstream_tls_repeat\" directive has an invalid value",
        ),
        (
            "upstream_tls_repeat 1m; upstream_tls_repeat 2m;",
            "\"upstream_tls_repeat\" directive is duplicate",
        ),
    ] {
        let said = said(location(text));
        assert!(said.contains(words), "{text}: {said}");
    }
    for text in [
        "upstream_tls_status;",
        "upstream_tls_status json;",
        "upstream_tls_status prometheus;",
        "upstream_tls_repeat 500ms;",
        "upstream_tls_repeat off;",
    ] {
        accepted(location(text));
    }
    accepted(Config::new().http(zone).server("upstream_tls_status;"));
}
