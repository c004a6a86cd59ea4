//! Clients that go away, and clients that stay for a tunnel.

use std::io::{Read, Write};

use tlsdiag_e2e::client::{self, Response, HOST};
use tlsdiag_e2e::lab::{refusing, tls_server};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, close_gently, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::trial::Trial;
use tlsdiag_e2e::wait;

use super::lab::{assert_line_of, assert_says, only_failure};

/// One goes away mid-handshake, another fails at the same time: one diagnosis, the other's.
#[test]
fn one_goes_away_while_another_fails() {
    let (silent, bad) = (scripted::start(Script::Silence), refusing());
    let config = Config::new()
        .module(Module::Ours)
        .location("/slow", &silent.pass())
        .location("/bad", &bad.pass());
    let nginx = Nginx::start(config);
    for round in 1..=5 {
        let gone = client::begin(nginx.port(), "/slow");
        nginx.fail("/bad");
        drop(gone);
        nginx.fail("/bad");
        wait::until("an aborted request", || {
            let gone = "client prematurely closed connection";
            (nginx.log().text.matches(gone).count() == round).then_some(())
        });
    }
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 10, "{}", finished.log.text);
    for document in &finished.documents {
        assert_says(
            document,
            &format!("url/path=/bad server/port={}", bad.port()),
        );
    }
}

/// nginx is told to go on for a client that is gone: then a failure is a failure, of that request.
#[test]
fn one_goes_away_and_nginx_goes_on() {
    let silent = scripted::start(Script::Silence);
    let config = Config::new().module(Module::Ours).location(
        "/slow",
        &format!(
            "{} proxy_ignore_client_abort on; proxy_connect_timeout 300ms;",
            silent.pass()
        ),
    );
    let nginx = Nginx::start(config);
    drop(client::begin(nginx.port(), "/slow"));
    wait::until("the diagnosis", || {
        (!nginx.documents().is_empty()).then_some(())
    });
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
    assert_says(
        &finished.documents[0],
        "event/code=handshake_timeout url/path=/slow",
    );
}

const UPGRADE: &str = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                       proxy_set_header Connection upgrade;";

fn upgrade(nginx: &Nginx, path: &str) -> Vec<u8> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    client::exchange(nginx.port(), request.as_bytes())
}

/// Accepts the upgrade, says something through the tunnel, then breaks TLS with a bare alert.
fn breaking_tunnel() -> Peer {
    scripted::start_tls(tls_server(None).build(), |mut tls| {
        let mut request = [0; 4096];
        let _ = tls.read(&mut request);
        let _ = tls.write_all(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        );
        let _ = tls.write_all(b"\x81\x05hello");
        let _ = tls.get_mut().write_all(&[21, 3, 3, 0, 2, 2, 40]);
        close_gently(tls.get_ref());
    })
}

/// A tunnel that breaks had a good handshake.
#[test]
fn a_websocket_that_breaks_later() {
    let peer = breaking_tunnel();
    let config = || Config::new().location("/", &format!("{} {UPGRADE}", peer.pass()));
    let trial = Trial::with(config, |nginx| {
        let bytes = upgrade(nginx, "/socket");
        let answer = Response::parse(&bytes);
        assert_eq!(answer.body, b"\x81\x05hello");
        vec![answer]
    });
    // How far nginx has come when it reads the alert is chance, and stands in its own line.
    assert!(trial.diagnosed(0).is_empty());
    assert_eq!(trial.with.responses[0].status, 101);
}

/// An upgrade whose handshake is refused is a failure as any other.
#[test]
fn a_websocket_that_is_refused() {
    let peer = refusing();
    // The client asked for an upgrade and got none: nginx would keep its connection.
    let config = || {
        Config::new()
            .server("keepalive_timeout 0;")
            .location("/", &format!("{} {UPGRADE}", peer.pass()))
    };
    let trial = Trial::with(config, |nginx| {
        vec![Response::parse(&upgrade(nginx, "/socket"))]
    });
    let failure = only_failure(&trial, &[502]);
    assert_line_of(&failure, "/socket");
    assert_says(
        &failure.document,
        &format!("url/path=/socket server/port={}", peer.port()),
    );
}
