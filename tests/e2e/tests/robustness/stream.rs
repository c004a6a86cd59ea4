//! The stream proxy: same diagnoses, whatever the order of the modules.

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::refusing;
use tlsdiag_e2e::nginx::{Config, Module, Nginx, Position};
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::ports::Port;

fn start(peer: &Peer, port: &Port, more: &str, position: Position) -> Nginx {
    let config = Config::new().module(Module::Ours).stream(&format!(
        "server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{}; proxy_ssl on; {more} }}",
        peer.port()
    ));
    Nginx::start(Config { position, ..config })
}

#[test]
fn a_refused_handshake_with_the_module_first_and_last() {
    for position in [Position::First, Position::Last] {
        let (peer, port) = (refusing(), Port::reserve());
        let more = "proxy_ssl_ciphers AES128-SHA256; proxy_ssl_protocols TLSv1.2;";
        let nginx = start(&peer, &port, more, position);
        client::exchange(port.number(), b"hello");
        let finished = nginx.finish();
        assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
        let document = &finished.documents[0];
        assert_eq!(text(document, "event/code"), "cipher_mismatch");
        assert_eq!(text(document, "nginx/upstream_tls/module"), "stream");
        let pairs = finished.log.pairs();
        assert_eq!(
            pairs[0].native.unwrap().connection,
            pairs[0].ours.connection
        );
    }
}

/// nginx logs nothing of a handshake that times out in stream; the line still comes.
#[test]
fn a_timeout_that_nginx_does_not_log() {
    let (peer, port) = (scripted::start(Script::Silence), Port::reserve());
    let nginx = start(&peer, &port, "proxy_connect_timeout 1s;", Position::First);
    client::exchange(port.number(), b"hello");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
    assert_eq!(
        text(&finished.documents[0], "event/code"),
        "handshake_timeout"
    );
}

#[test]
fn levels_in_stream() {
    let (peer, port) = (refusing(), Port::reserve());
    let nginx = start(&peer, &port, "upstream_tls_diag off;", Position::First);
    client::exchange(port.number(), b"hello");
    let finished = nginx.finish();
    assert!(finished.log.ours().is_empty() && finished.documents.is_empty());
}
