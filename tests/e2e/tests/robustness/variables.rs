//! `$upstream_tls_*` in access logs, of failed and of good requests.

use std::io::{Read, Write};

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{
    block, refusing, refusing_the_version, tls_server, Lab, API, KEEP, NAMED, PROTOCOLS,
};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Group, Peer, Stack, Version};
use tlsdiag_e2e::ports::Port;

const FORMAT: &str = "'$upstream_tls_diagnosis|$upstream_tls_alert|$upstream_tls_fix|\
    $upstream_tls_protocol|$upstream_tls_cipher|$upstream_tls_curve|$upstream_tls_server_name|\
    $upstream_tls_session_reused'";

/// What a peer that wants a newer version refuses, whatever this nginx offers by default.
const OLDER: &str = "proxy_ssl_protocols TLSv1.2;";

/// An nginx as upstream: it keeps connections and gives out sessions. It has one group: which one nginx
/// prefers depends on its OpenSSL.
fn nginx_peer(version: Version) -> Peer {
    let upstream = Lab::at(Stack::Nginx, None).good();
    let upstream = upstream.versions(version, version);
    upstream.group(Group::X25519).start()
}

fn logging() -> Config {
    Config::new()
        .module(Module::Ours)
        .http(&format!("log_format tls {FORMAT};"))
        .server("access_log access.txt tls;")
}

fn access(nginx: &Nginx, lines: usize) -> Vec<String> {
    nginx.lines("access.txt", lines)
}

#[test]
fn of_a_failed_request() {
    let peer = refusing_the_version();
    let nginx = Nginx::start(logging().server(OLDER).location("/", &peer.pass()));
    client::get(nginx.port(), "/");
    assert_eq!(
        access(&nginx, 1),
        ["protocol_version_mismatch|in:70|proxy_ssl_protocols TLSv1.2 TLSv1.3;|-|-|-|-|-"]
    );
    assert_eq!(nginx.finish().log.ours().len(), 1);
}

/// A full handshake, a resumed one, and the same connection used again.
#[test]
fn of_good_requests() {
    for (version, protocol, cipher) in [
        (Version::Tls13, "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
        (
            Version::Tls12,
            "TLSv1.2",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
    ] {
        let peer = nginx_peer(version);
        let nginx = Nginx::start(
            logging()
                .http(&block("kept", &[peer.port()], "keepalive 4;"))
                .server(PROTOCOLS)
                .location("/", &format!("{}{NAMED}", peer.pass()))
                .location("/kept", &format!("proxy_pass https://kept; {KEEP}")),
        );
        for path in ["/", "/", "/kept", "/kept"] {
            assert_ne!(client::get(nginx.port(), path).status, 502);
        }
        let agreed =
            |name: &str, reused: &str| format!("-|-|-|{protocol}|{cipher}|x25519|{name}|{reused}");
        let lines = access(&nginx, 4);
        assert_eq!(lines[0], agreed(API, "."));
        let resumed = format!("|{API}|r");
        assert!(lines[1].ends_with(&resumed), "{lines:?}");
        assert!(lines[1].contains(protocol), "{lines:?}");
        assert_eq!(lines[2], agreed("-", "."));
        assert_eq!(lines[3], lines[2], "the same connection");
        assert!(nginx.finish().log.ours().is_empty());
    }
}

/// The name was sent, whatever came of it.
#[test]
fn of_a_failed_request_with_a_name() {
    let peer = refusing_the_version();
    let named = format!("{}{NAMED}", peer.pass());
    let nginx = Nginx::start(logging().server(OLDER).location("/", &named));
    client::get(nginx.port(), "/");
    let line = access(&nginx, 1).remove(0);
    let end = format!("|in:70|proxy_ssl_protocols TLSv1.2 TLSv1.3;|-|-|-|{API}|-");
    assert!(line.ends_with(&end), "{line}");
    nginx.finish();
}

/// A client's bytes that are no text, 255 of them, become three each: 256 are kept, whole characters.
#[test]
fn of_a_name_that_is_cut() {
    let peer = refusing();
    let named = format!(
        "{} proxy_ssl_server_name on; proxy_ssl_name $http_name;",
        peer.pass()
    );
    let nginx = Nginx::start(logging().location("/", &named));
    let mut request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nName: ".to_vec();
    request.extend([0xff; 255]);
    request.extend(b"\r\n\r\n");
    assert!(!client::exchange(nginx.port(), &request).is_empty());
    let line = access(&nginx, 1).remove(0);
    let name = "\\xEF\\xBF\\xBD".repeat(85);
    assert!(line.ends_with(&format!("|{name}|-")), "{line}");
    nginx.finish();
}

/// An upstream that keeps connections, redirects `/accel`, has no `/missing`, and is gone after
/// `/last`.
fn application() -> Peer {
    let mut server = tls_server(None);
    server.set_groups_list("X25519").expect("group");
    scripted::start_tls(server.build(), |mut tls| {
        let mut request = [0; 4096];
        while let Ok(length @ 1..) = tls.read(&mut request) {
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let head = match request.split(' ').nth(1) {
                Some("/accel") => "200 OK\r\nX-Accel-Redirect: /inside",
                Some("/missing") => "404 Not Found",
                Some("/last") => return,
                _ => "200 OK",
            };
            let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 2\r\n\r\nok");
            if tls.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

/// On a kept connection every request has its values, also one whose response nobody sees.
#[test]
fn of_kept_connections_whose_response_is_not_passed_on() {
    let peer = application();
    let nginx = Nginx::start(
        logging()
            .http(&block("kept", &[peer.port()], "keepalive 4;"))
            .server(&format!(
                "{KEEP} proxy_next_upstream off; proxy_ssl_protocols TLSv1.3;"
            ))
            .server("proxy_intercept_errors on; error_page 404 = @other;")
            .location("/", "proxy_pass https://kept;")
            .location("/inside", "internal; return 204;")
            .location("@other", "return 204;"),
    );
    for path in ["/", "/accel", "/missing", "/last"] {
        client::get(nginx.port(), path);
    }
    let agreed = "-|-|-|TLSv1.3|TLS_AES_256_GCM_SHA384|x25519|-|";
    let lines = access(&nginx, 4);
    let first = format!("{agreed}.");
    assert_eq!(lines[1], first, "the first request's connection");
    // nginx may have closed one whose body it did not read: then a session is resumed.
    for line in lines {
        let reused = line.strip_prefix(agreed);
        assert!(matches!(reused, Some("." | "r")), "{line}");
    }
    assert!(nginx.finish().log.ours().is_empty());
}

/// Joined as `$upstream_addr` is: two peers of one pass, then another pass after an error page.
#[test]
fn of_several_attempts() {
    let plain = scripted::start(Script::PlainHttp);
    let works = nginx_peer(Version::Tls13);
    let backend = block("backend", &[plain.port(), works.port()], "");
    let refused = refusing_the_version();
    let nginx = Nginx::start(
        logging()
            .http(&backend)
            .server(PROTOCOLS)
            .location("/", "proxy_pass https://backend;")
            .location(
                "/twice",
                &format!("{} error_page 502 = @again;", refused.pass()),
            )
            .location("@again", &works.pass()),
    );
    client::get(nginx.port(), "/");
    client::get(nginx.port(), "/twice");
    let lines = access(&nginx, 2);
    let first = |line: &str| line.split('|').next().unwrap().to_owned();
    let protocol = |line: &str| line.split('|').nth(3).unwrap().to_owned();
    assert_eq!(first(&lines[0]), "plaintext_upstream, -");
    assert_eq!(protocol(&lines[0]), "-, TLSv1.3");
    assert_eq!(first(&lines[1]), "protocol_version_mismatch : -");
    assert_eq!(protocol(&lines[1]), "- : TLSv1.3");
    nginx.finish();
}

/// Without TLS there is nothing to say, and `off` says nothing of failures.
#[test]
fn where_there_is_nothing() {
    let peer = refusing();
    let nginx = Nginx::start(
        logging()
            .location("/off", &format!("upstream_tls_diag off; {}", peer.pass()))
            .location("/none", "return 200;"),
    );
    client::get(nginx.port(), "/off");
    client::get(nginx.port(), "/none");
    assert_eq!(access(&nginx, 2), ["-|-|-|-|-|-|-|-", "-|-|-|-|-|-|-|-"]);
    assert!(nginx.finish().log.ours().is_empty());
}

#[test]
fn of_stream_sessions() {
    let (broken, works) = (refusing(), nginx_peer(Version::Tls13));
    let (first, second) = (Port::reserve(), Port::reserve());
    let nginx = Nginx::start(Config::new().module(Module::Ours).stream(&format!(
        "log_format tls {FORMAT}; access_log access.txt tls; proxy_ssl on; \
         proxy_ssl_protocols TLSv1.3;
         server {{ listen 127.0.0.1:{first}; proxy_pass 127.0.0.1:{}; }}
         server {{ listen 127.0.0.1:{second}; proxy_pass 127.0.0.1:{}; }}",
        broken.port(),
        works.port()
    )));
    client::exchange(first.number(), b"GET / HTTP/1.0\r\n\r\n");
    client::exchange(second.number(), b"GET / HTTP/1.0\r\n\r\n");
    let lines = access(&nginx, 2);
    assert!(lines[0].contains("|in:40|"), "{lines:?}");
    assert_eq!(lines[1], "-|-|-|TLSv1.3|TLS_AES_256_GCM_SHA384|x25519|-|.");
    assert_eq!(nginx.finish().log.ours().len(), 1);
}
