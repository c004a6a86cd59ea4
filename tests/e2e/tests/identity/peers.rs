//! Peers that are no IPv4 address.

use tlsdiag_e2e::lab::{healthy, refusing};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::relay;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_line_of, assert_says, only_failure};

/// A path where a port would be: an address, and neither ip nor port.
#[test]
fn over_a_unix_socket() {
    let directory = TempDir::new("unix");
    let _bad = relay::unix(&directory.file("bad.sock"), refusing());
    let _good = relay::unix(&directory.file("good.sock"), healthy());
    let [bad, good] =
        ["bad", "good"].map(|name| format!("{}/{name}.sock", directory.path().display()));
    let config = || {
        Config::new()
            .http(&format!(
                "upstream backend {{ server unix:{bad}; server unix:{good}; }}"
            ))
            .location("/block", "proxy_pass https://backend;")
            .location("/direct", &format!("proxy_pass https://unix:{bad}:/;"))
            .location("/good", &format!("proxy_pass https://unix:{good}:/;"))
    };
    let trial = Trial::new(config, &["/block", "/direct", "/good"]);
    assert_eq!(trial.statuses(), [200, 502, 200]);
    let failures = trial.failures(2);
    for (failure, path, upstream, last) in [
        (&failures[0], "/block", "backend", "false"),
        (&failures[1], "/direct", "", "true"),
    ] {
        assert_line_of(failure, path);
        let said = format!(
            "url/path={path} server/address={bad} server/ip= server/port= network/type= \
             attempt=1 final={last}"
        );
        assert_says(&failure.document, &said);
        if !upstream.is_empty() {
            assert_says(&failure.document, &format!("upstream={upstream}"));
        }
        let peer = failure.line.fact("peer").unwrap();
        assert!(format!("unix:{bad}").starts_with(peer), "peer={peer}");
    }
}

#[test]
fn over_ipv6() {
    let (bad, good) = (relay::ipv6(refusing()), relay::ipv6(healthy()));
    let port = bad.port();
    let [bad, good] = [&bad, &good].map(|peer| format!("[::1]:{}", peer.port()));
    let config = || {
        Config::new()
            .http(&format!(
                "upstream backend {{ server {bad}; server {good}; }}"
            ))
            .location("/block", "proxy_pass https://backend;")
            .location("/direct", &format!("proxy_pass https://{bad};"))
            .location("/good", &format!("proxy_pass https://{good};"))
    };
    let trial = Trial::new(config, &["/block", "/direct", "/good"]);
    assert_eq!(trial.statuses(), [200, 502, 200]);
    for (failure, path) in trial.failures(2).iter().zip(["/block", "/direct"]) {
        assert_line_of(failure, path);
        let said = format!("url/path={path} server/ip=::1 server/port={port} network/type=ipv6");
        assert_says(&failure.document, &said);
        assert_eq!(failure.line.fact("peer"), Some(bad.as_str()));
    }
}

/// The line and the document of a single failure agree about the peer.
#[test]
fn of_stream_over_ipv6() {
    let bad = relay::ipv6(refusing());
    let port = tlsdiag_e2e::ports::Port::reserve();
    let config = || {
        Config::new().stream(&format!(
            "server {{ listen 127.0.0.1:{port}; proxy_ssl on; proxy_pass [::1]:{}; }}",
            bad.port()
        ))
    };
    let trial = Trial::with(config, |_| {
        let answer = tlsdiag_e2e::client::exchange(port.number(), b"hello");
        vec![tlsdiag_e2e::client::Response::parse(&answer)]
    });
    let failure = only_failure(&trial, &[0]);
    let port = bad.port();
    let said = format!("module=stream server/ip=::1 server/port={port} url/path=");
    assert_says(&failure.document, &said);
}
