//! Templates: what is put in place of a word is not known, and nothing is said that it may make wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use tlsdiag::check::check;
use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::read_text;

fn ids(text: &str) -> Vec<&'static str> {
    let tree = read_text(&Disk, b"a.conf", text.as_bytes()).unwrap();
    check(&tree, &Disk, 0).iter().map(|one| one.id).collect()
}

#[test]
fn a_placeholder_of_a_host_may_have_a_port() {
    let server = "proxy_ssl_server_name on; proxy_ssl_name a.example.com;
        proxy_set_header Host a.example.com; location / { proxy_pass https://api; }";
    let found = |host: &str| {
        ids(&format!(
            "upstream api {{ server {host}; }} server {{ {server} }}"
        ))
    };
    for host in [
        "${API_HOST}",
        "<%= @host %>:443",
        "<host>",
        "%API%",
        "@API@",
        "__API__",
        "API_HOST",
    ] {
        assert!(found(host).is_empty(), "{host}");
    }
    for host in ["api_host", "API", "10.0.0.1"] {
        assert_eq!(found(host), ["server_without_port"], "{host}");
    }
}

#[test]
fn a_placeholder_of_a_host_may_be_an_address() {
    let found = |host: &str| {
        ids(&format!(
            "server {{ location / {{ proxy_pass https://{host}/; }} }}"
        ))
    };
    for host in [
        "${HOST}",
        "<ip-of-the-host>",
        "<%= @host %>",
        "%HOST%",
        "__HOST__",
        "192.0.2.7",
    ] {
        assert!(found(host).is_empty(), "{host}");
    }
    assert_eq!(found("api.example.com"), ["sni_not_sent"]);
}

#[test]
fn a_placeholder_of_directives_may_be_any() {
    let server = |line: &str| {
        format!("server {{\n{line}\nlocation / {{ proxy_pass https://a.example.com; }} }}")
    };
    for line in ["${MORE}", "%%MORE%%", "<% if @more %>", "@MORE@ more"] {
        assert!(ids(&server(line)).is_empty(), "{line}");
    }
    assert_eq!(ids(&server("more;")), ["sni_not_sent"]);
}

#[test]
fn a_placeholder_of_directives_hides_none() {
    let stream = |line: &str| {
        format!("stream {{\n{line}\nproxy_ssl on;\nserver {{ proxy_ssl_name a; proxy_ssl_server_name on; proxy_pass 192.0.2.7:1; }} }}")
    };
    assert!(ids(&stream("%%GLOBALS%%")).is_empty());
    assert!(ids(&stream("")).is_empty());
    // A word that nginx would take for a directive's name takes the next line along.
    assert_eq!(ids(&stream("globals")), ["stream_without_proxy_ssl"]);
}
