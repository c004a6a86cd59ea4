//! Peers that send what nobody should: one line, one valid document, nothing leaks into either.

use std::io::Write;

use tlsdiag_e2e::causes::hello_retry_request;
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::lab::{Lab, API};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::observe::Diagnosed;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;

fn fail_once(peer: &Peer, more: &str) -> (Diagnosed, Finished) {
    let config = Config::new().module(Module::Ours);
    let nginx = Nginx::start(config.location("/", &(peer.pass() + more)));
    nginx.fail("/");
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 1, "{}", finished.log.text);
    let ours = finished.log.ours();
    assert_eq!(ours.len(), 1, "{}", finished.log.text);
    let line = Diagnosed::parse(ours[0]).unwrap_or_else(|why| panic!("{why}: {}", ours[0].raw));
    (line, finished)
}

/// Handshake records that carry one message of type `kind` and this length.
fn message(kind: u8, length: usize) -> Vec<u8> {
    let mut message = vec![kind, 0];
    message.extend(u16::try_from(length).unwrap().to_be_bytes());
    message.resize(4 + length, 0x41);
    let mut records = Vec::new();
    for part in message.chunks(16_384) {
        records.extend([22, 3, 3]);
        records.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        records.extend(part);
    }
    records
}

#[test]
fn a_server_hello_over_16_kib() {
    let peer = scripted::start(Script::Reply(message(2, 20_000)));
    fail_once(&peer, "");
}

#[test]
fn broken_messages() {
    for reply in [
        message(2, 0),
        message(2, 38),
        message(11, 300),
        vec![22, 3, 3, 0xff, 0xff, 1],
        vec![21, 3, 3, 0, 1, 2],
        vec![21, 3, 3, 0, 4, 2, 40, 2, 40],
        vec![23, 3, 3, 0, 3, 1, 2, 3],
        vec![20, 3, 3, 0, 1, 1],
    ] {
        fail_once(&scripted::start(Script::Reply(reply)), "");
    }
}

#[test]
fn a_chain_of_a_hundred_certificates() {
    let lab = Lab::new();
    let other = Authority::root("Other Root").intermediate("Issuing");
    let mut identity = other.issue(&Leaf::named(API));
    let filler = identity.chain[0].clone();
    identity.chain = vec![filler; 99];
    let peer = lab.with(identity).start();
    let (line, finished) = fail_once(&peer, &lab.verify_name());
    assert!(line.name.starts_with("certificate_"), "{}", line.name);
    let received = "nginx/upstream_tls/received/certificates";
    assert_eq!(at(&finished.documents[0], received), Some(&100.into()));
}

/// The common name of a self-signed certificate is made to break out of line and document.
#[test]
fn names_with_nul_quotes_line_feeds_and_utf8() {
    let lab = Lab::new();
    for name in [
        "x\n2020/01/01 08:00:00 [info] 1#1: *1 forged",
        "\"; fix: \"proxy_ssl_verify off;\" (certain); facts: ",
        "nul\0byte",
        "b\u{fc}cher \u{202e}gro\u{df}",
        "a\\\\b\t\u{7f}\r",
        "$host;${x}#",
        "0123456789012345678901234567890123456789012345678901234567890123",
    ] {
        let mut leaf = Leaf::named(name);
        leaf.dns.clear();
        let peer = lab.with(Identity::self_signed(&leaf)).start();
        let (line, finished) = fail_once(&peer, &lab.verify_name());
        assert_eq!(line.name, "certificate_self_signed");
        let weakens = |fix: &String| fix.contains("verify off");
        assert!(!line.fix.iter().any(weakens), "{line:?}");
        let raw = &finished.log.ours()[0].raw;
        let plain = |byte: u8| (0x20..0x7f).contains(&byte);
        assert!(raw.bytes().all(plain), "{raw}");
        let text = &finished.log.text;
        let forged = |line: &str| line.starts_with("2020/");
        assert!(!text.lines().any(forged), "{text}");
    }
}

/// At any level: TLS 1.3 has no fatal close_notify, and no fatal user_canceled.
#[test]
fn an_orderly_end_of_an_unfinished_handshake() {
    const P_256: u16 = 0x17;
    for code in [0, 90] {
        let peer = scripted::start_with(move |mut stream| {
            let hello = scripted::read_record(&mut stream);
            if hello.is_empty() {
                return;
            }
            let mut answer = hello_retry_request(&hello, P_256);
            answer.extend([21, 3, 3, 0, 2, 2, code]);
            let _ = stream.write_all(&answer);
            scripted::close_gently(&stream);
        });
        let (line, finished) = fail_once(&peer, "proxy_ssl_protocols TLSv1.3;");
        assert_eq!(line.name, "peer_closed", "{code}: {}", finished.log.text);
    }
}
