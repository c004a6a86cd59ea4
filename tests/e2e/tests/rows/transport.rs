//! Rows 9 and 12: no TLS at all, or nothing at all.

use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::observe::json::{at, text};
use tlsdiag_e2e::peers::scripted::{self, Script};

use super::lab::{pass, Case};

fn plaintext(port: u16, says: &str) {
    let location = pass(port);
    let case = Case::new(|_| Config::new().location("/", &location));
    let failure = case.failure("plaintext_upstream");
    failure.assert_native(&["SSL_do_handshake() failed"]);
    // Only a record header was read; its "length" is text, and no bytes.
    let bytes = at(&failure.document, "nginx/upstream_tls/received/bytes");
    assert_eq!(bytes.and_then(serde_json::Value::as_u64), Some(5));
    assert!(
        failure.line.sentence.contains(says),
        "{}",
        failure.line.sentence
    );
}

#[test]
fn row_09_http() {
    plaintext(scripted::start(Script::PlainHttp).port(), "HTTP");
}

#[test]
fn row_09_nginx_without_ssl() {
    let nginx = Nginx::start(Config::new().location("/", "return 200 plain;"));
    plaintext(nginx.port(), "HTTP");
}

#[test]
fn row_09_smtp() {
    plaintext(
        scripted::start(Script::Banner(b"220 mail ESMTP ready\r\n")).port(),
        "SMTP",
    );
}

#[test]
fn row_09_ssh() {
    plaintext(
        scripted::start(Script::Banner(b"SSH-2.0-OpenSSH_9.2\r\n")).port(),
        "SSH",
    );
}

#[test]
fn row_12() {
    let peer = scripted::start(Script::Silence);
    let location = pass(peer.port()) + "proxy_connect_timeout 300ms;";
    let case = Case::new(|_| Config::new().location("/", &location));
    let failure = case.failure("handshake_timeout");
    // nginx before 1.21 asks the C library for errors in a way that newer ones do not answer.
    failure.assert_native(&[
        "upstream timed out (110: Connection timed out) while SSL handshaking to upstream",
        "upstream timed out (110: Unknown error) while SSL handshaking to upstream",
    ]);
}

/// Nothing decides, and no directive can be pasted: then the line says what else to look at.
#[test]
fn what_decides_nothing_names_the_others() {
    let peer = scripted::start(Script::CloseAfterHello);
    let location = pass(peer.port());
    let case = Case::new(|_| Config::new().location("/", &location));
    let failure = case.failure("peer_closed");
    let action = failure.line.action.unwrap();
    // Newer libraries send hellos that take two segments, which is another alternative.
    let named = ", a server name it wants, else sni_missing";
    let others = action.split_once(named).map(|(_, others)| others);
    assert!(
        matches!(others, Some("" | " or client_hello_too_large")),
        "{action}"
    );
    let alone = text(&failure.document, "nginx/upstream_tls/action");
    assert!(!alone.contains("else"), "{alone}");
}
