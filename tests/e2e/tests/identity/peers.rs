//! Peers that are no IPv4 address.

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::relay;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_line_of, assert_says, healthy, only_failure, refusing};

/// A path where a port would be: an address, and neither ip nor port.
#[test]
fn over_a_unix_socket() {
    let directory = TempDir::new("unix");
    let (bad, good) = (directory.file("bad.sock"), directory.file("good.sock"));
    let _bad = relay::unix(&bad, refusing());
    let _good = relay::unix(&good, healthy());
    let config = || {
        Config::new()
            .http(&format!(
                "upstream backend {{ server unix:{}; server unix:{}; }}",
                bad.display(),
                good.display()
            ))
            .location("/block", "proxy_pass https://backend;")
            .location(
                "/direct",
                &format!("proxy_pass https://unix:{}:/;", bad.display()),
            )
            .location(
                "/good",
                &format!("proxy_pass https://unix:{}:/;", good.display()),
            )
    };
    let trial = Trial::new(config, &["/block", "/direct", "/good"]);
    let statuses: Vec<u16> = trial.with.responses.iter().map(|r| r.status).collect();
    assert_eq!(statuses, [200, 502, 200]);
    let failures = trial.failures(2);
    let address = format!("unix:{}", bad.display());
    for (failure, path, upstream, last) in [
        (&failures[0], "/block", "backend", "false"),
        (&failures[1], "/direct", "", "true"),
    ] {
        assert_line_of(failure, path);
        assert_says(
            &failure.document,
            &[
                ("url/path", path),
                ("server/address", bad.to_str().unwrap()),
                ("server/ip", ""),
                ("server/port", ""),
                ("network/type", ""),
                ("attempt", "1"),
                ("final", last),
            ],
        );
        if !upstream.is_empty() {
            assert_says(&failure.document, &[("upstream", upstream)]);
        }
        let peer = failure.line.fact("peer").unwrap();
        assert!(address.starts_with(peer), "peer={peer}");
    }
}

#[test]
fn over_ipv6() {
    let (bad, good) = match (relay::ipv6(refusing()), relay::ipv6(healthy())) {
        (Ok(bad), Ok(good)) => (bad, good),
        (Err(why), _) | (_, Err(why)) => {
            eprintln!("NOT TESTED: peers over IPv6: this machine has no [::1]: {why}");
            return;
        }
    };
    let config = || {
        Config::new()
            .http(&format!(
                "upstream backend {{ server [::1]:{}; server [::1]:{}; }}",
                bad.port(),
                good.port()
            ))
            .location("/block", "proxy_pass https://backend;")
            .location(
                "/direct",
                &format!("proxy_pass https://[::1]:{};", bad.port()),
            )
            .location(
                "/good",
                &format!("proxy_pass https://[::1]:{};", good.port()),
            )
    };
    let trial = Trial::new(config, &["/block", "/direct", "/good"]);
    let statuses: Vec<u16> = trial.with.responses.iter().map(|r| r.status).collect();
    assert_eq!(statuses, [200, 502, 200]);
    for (failure, path) in trial.failures(2).iter().zip(["/block", "/direct"]) {
        assert_line_of(failure, path);
        assert_says(
            &failure.document,
            &[
                ("url/path", path),
                ("server/ip", "::1"),
                ("server/port", &bad.port().to_string()),
                ("network/type", "ipv6"),
            ],
        );
        assert_eq!(
            failure.line.fact("peer"),
            Some(format!("[::1]:{}", bad.port()).as_str())
        );
    }
}

/// The line and the document of a single failure agree about the peer.
#[test]
fn of_stream_over_ipv6() {
    let bad = match relay::ipv6(refusing()) {
        Ok(bad) => bad,
        Err(why) => {
            eprintln!("NOT TESTED: stream over IPv6: this machine has no [::1]: {why}");
            return;
        }
    };
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
    assert_says(
        &failure.document,
        &[
            ("module", "stream"),
            ("server/ip", "::1"),
            ("server/port", &bad.port().to_string()),
            ("url/path", ""),
        ],
    );
}
