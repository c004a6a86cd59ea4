//! Traps of stream.

use std::sync::{Arc, Mutex};

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{Lab, API};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::scripted::{read_record, start_with};
use tlsdiag_e2e::peers::Sni;
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::wait;

use super::lab::{findings, only};

/// A stream server with these directives.
fn config(port: &Port, server: &str) -> Config {
    Config::new().stream(&format!("server {{ listen 127.0.0.1:{port};\n{server}\n}}"))
}

/// What comes back through stream.
fn ask(config: Config, port: &Port) -> (Vec<u8>, String) {
    let (accepted, said) = Nginx::check(&config);
    assert!(accepted, "{said}");
    let nginx = Nginx::start(config);
    let answer = client::exchange(port.number(), b"GET / HTTP/1.0\r\n\r\n");
    (answer, nginx.finish().log.text)
}

#[test]
fn stream_without_proxy_ssl() {
    let peer = Lab::new().good().sni(Sni::Only(API.into())).start();
    let port = Port::reserve();
    let server = format!(
        "proxy_pass 127.0.0.1:{};\nproxy_ssl_server_name on;\nproxy_ssl_name {API};\n",
        peer.port()
    );
    let finding = only(&config(&port, &server), "stream_without_proxy_ssl");
    let (answer, _) = ask(config(&port, &server), &port);
    assert!(
        !answer.starts_with(b"HTTP/1.1 200"),
        "the request went out in the clear"
    );
    let mended = server + &finding.help.join("\n");
    assert_eq!(
        findings(&config(&port, &mended), "stream_without_proxy_ssl"),
        []
    );
    let (answer, log) = ask(config(&port, &mended), &port);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{log}");
}

#[test]
fn proxy_protocol_before_tls() {
    let peer = Lab::new().good().start();
    let port = Port::reserve();
    let server = |protocol: &str| {
        format!(
            "proxy_pass 127.0.0.1:{};\nproxy_ssl on;\n{protocol}\n",
            peer.port()
        )
    };
    only(
        &config(&port, &server("proxy_protocol on;")),
        "proxy_protocol_before_tls",
    );
    let (answer, _) = ask(config(&port, &server("proxy_protocol on;")), &port);
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    let (answer, log) = ask(config(&port, &server("proxy_protocol off;")), &port);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{log}");
}

/// Clients are offered HTTP/2, and the ClientHello to the upstream has no ALPN extension (16).
#[test]
fn stream_without_alpn() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let store = Arc::clone(&seen);
    let peer = start_with(move |mut stream| {
        *store.lock().unwrap() = read_record(&mut stream);
    });
    let port = Port::reserve();
    let server = format!(
        "ssl_alpn h2;\nproxy_pass 127.0.0.1:{};\nproxy_ssl on;",
        peer.port()
    );
    only(&config(&port, &server), "stream_without_alpn");
    ask(config(&port, &server), &port);
    let record = wait::until("a ClientHello", || {
        Some(seen.lock().unwrap().clone()).filter(|record| record.len() > 9)
    });
    let hello = tlsdiag::wire::ClientHello::read(&record[5..]);
    assert!(hello.alpn.is_empty(), "{hello:?}");
    assert!(!hello.groups.is_empty(), "the extensions were read");
}
