//! Where diagnoses go, and where they do not.

use std::net::UdpSocket;

use serde_json::Value;
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::refusing;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::wait::PATIENCE;

use super::lab::with_module;

#[test]
fn the_nearest_level_decides_and_may_hold_several_logs() {
    let peer = refusing();
    let pass = peer.pass();
    let config = Config::new()
        .module(Module::Ours)
        .location("/inherits", &pass)
        .location(
            "/own",
            &format!("{pass} upstream_tls_log own.log; upstream_tls_log second.log;"),
        )
        .location("/none", &format!("{pass} upstream_tls_log off;"))
        .location("/off", &format!("{pass} upstream_tls_diag off;"));
    let nginx = Nginx::start(config);
    for path in ["/inherits", "/own", "/none", "/off"] {
        nginx.fail(path);
    }
    assert_eq!(json::read(&nginx.file("own.log")).len(), 1);
    assert_eq!(json::read(&nginx.file("second.log")).len(), 1);
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 1);
    assert_eq!(finished.log.native().len(), 4);
    assert_eq!(finished.log.ours().len(), 3, "{}", finished.log.text);
}

/// The main level counts even when it is written after the http block.
#[test]
fn a_main_level_log_after_http() {
    let peer = refusing();
    let mut config = with_module(&peer);
    config.json = false;
    config.tail = "upstream_tls_log late.log;".to_owned();
    let nginx = Nginx::start(config);
    nginx.fail("/");
    assert_eq!(json::read(&nginx.file("late.log")).len(), 1);
}

#[test]
fn without_errors_in_error_log_the_document_still_comes() {
    let peer = refusing();
    let nginx = Nginx::start(Config {
        log_level: "crit".to_owned(),
        ..with_module(&peer)
    });
    nginx.fail("/");
    let finished = nginx.finish();
    assert!(finished.log.ours().is_empty());
    assert_eq!(finished.documents.len(), 1);
}

#[test]
fn syslog() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    receiver.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = receiver.local_addr().unwrap().port();
    let log = format!("upstream_tls_log syslog:server=127.0.0.1:{port},facility=local3,tag=edge;");
    let peer = refusing();
    let nginx = Nginx::start(
        Config::new()
            .module(Module::Ours)
            .location("/", &(peer.pass() + &log)),
    );
    for _ in 0..2 {
        nginx.fail("/");
        let mut datagram = [0; 16384];
        let length = receiver.recv(&mut datagram).expect("no datagram came");
        let text = std::str::from_utf8(&datagram[..length]).unwrap();
        // local3 is 19, info is 6.
        assert!(text.starts_with("<158>"), "{text}");
        assert!(text.contains(" edge: {"), "{text}");
        let document: Value = serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap();
        json::Schema::load().check(&document).unwrap();
        assert!(!text.ends_with('\n'));
    }
    assert_eq!(nginx.finish().log.ours().len(), 2);
}

/// Nobody listens, or the disk is full: the request and the line do not suffer.
#[test]
fn failing_logs() {
    let peer = refusing();
    let to = |target: &str| format!("{} upstream_tls_log {target};", peer.pass());
    let config = Config::new()
        .module(Module::Ours)
        .location("/full", &to("/dev/full"))
        .location("/nobody", &to("syslog:server=unix:/nonexistent"));
    let nginx = Nginx::start(config);
    for path in ["/full", "/full", "/full", "/nobody", "/nobody"] {
        nginx.fail(path);
    }
    let finished = nginx.finish();
    let log = &finished.log;
    assert_eq!(log.ours().len(), 5);
    for report in [
        "write() of an upstream TLS diagnosis to \"/dev/full\" failed: -1 of",
        "an upstream TLS diagnosis was not sent to syslog server \"unix:/nonexistent\" (2:",
    ] {
        let count = log.text.matches(report).count();
        assert_eq!(count, 1, "{report}: {}", log.text);
    }
}

/// Nothing of a diagnosis reaches the client.
#[test]
fn the_client_sees_nothing() {
    let peer = refusing();
    let nginx = Nginx::start(with_module(&peer));
    let answer = client::get(nginx.port(), "/");
    let text = format!("{answer:?}");
    assert!(!text.contains("tls"), "{text}");
}
