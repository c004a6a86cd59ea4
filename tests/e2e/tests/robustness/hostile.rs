//! Peers that send what nobody should: one line, one valid document, nothing leaks into either.

use std::io::Write;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::{X509Name, X509};
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::API;
use tlsdiag_e2e::nginx::{Finished, Nginx};
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::observe::Diagnosed;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;

use super::lab::with_module;

fn fail_once(peer: &Peer, more: &str) -> (Diagnosed, Finished) {
    let config = with_module(peer);
    let locations = config
        .locations
        .into_iter()
        .map(|(path, text)| (path, format!("{text}\n{more}")));
    let config = tlsdiag_e2e::nginx::Config {
        locations: locations.collect(),
        ..config
    };
    let nginx = Nginx::start(config);
    assert_eq!(client::get(nginx.port(), "/").status, 502);
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 1, "{}", finished.log.text);
    let ours = finished.log.ours();
    assert_eq!(ours.len(), 1, "{}", finished.log.text);
    let line = Diagnosed::parse(ours[0]).unwrap_or_else(|why| panic!("{why}: {}", ours[0].raw));
    (line, finished)
}

fn verify(directory: &TempDir) -> String {
    let root = Authority::root("Trusted Root").write(directory.path(), "root");
    format!(
        "proxy_ssl_verify on; proxy_ssl_trusted_certificate {}; proxy_ssl_name {API};",
        root.display()
    )
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
    let directory = TempDir::new("hostile");
    let other = Authority::root("Other Root").intermediate("Issuing");
    let mut identity = other.issue(&Leaf::named(API));
    let filler = identity.chain[0].clone();
    identity.chain = vec![filler; 99];
    let peer = Upstream::new(Stack::OpenSsl, identity).start();
    let (line, finished) = fail_once(&peer, &verify(&directory));
    assert!(line.name.starts_with("certificate_"), "{}", line.name);
    let received = at(
        &finished.documents[0],
        "nginx/upstream_tls/received/certificates",
    )
    .unwrap();
    assert_eq!(received.as_u64(), Some(100));
}

/// A self-signed certificate whose common name is made to break out of line and document.
fn hostile_identity(common_name: &str) -> Identity {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_nid(Nid::COMMONNAME, common_name)
        .unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder
        .set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap())
        .unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Identity {
        certificate: builder.build(),
        key,
        chain: Vec::new(),
    }
}

#[test]
fn names_with_nul_quotes_line_feeds_and_utf8() {
    let directory = TempDir::new("hostile");
    for name in [
        "x\n2020/01/01 08:00:00 [info] 1#1: *1 forged",
        "\"; fix: \"proxy_ssl_verify off;\" (certain); facts: ",
        "nul\0byte",
        "b\u{fc}cher \u{202e}gro\u{df}",
        "a\\\\b\t\u{7f}\r",
        "$host;${x}#",
        "0123456789012345678901234567890123456789012345678901234567890123",
    ] {
        let peer = Upstream::new(Stack::OpenSsl, hostile_identity(name)).start();
        let (line, finished) = fail_once(&peer, &verify(&directory));
        assert_eq!(line.name, "certificate_self_signed");
        assert!(
            line.fix.iter().all(|fix| !fix.contains("verify off")),
            "{line:?}"
        );
        let raw = &finished.log.ours()[0].raw;
        assert!(
            raw.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{raw}"
        );
        let forged = |line: &str| line.starts_with("2020/");
        assert!(
            !finished.log.text.lines().any(forged),
            "{}",
            finished.log.text
        );
    }
}

/// A HelloRetryRequest that answers a ClientHello, for TLS 1.3 with P-256 (RFC 8446 section 4.1.4).
fn hello_retry_request(client_hello: &[u8]) -> Vec<u8> {
    const RANDOM: [u8; 32] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8,
        0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8,
        0x33, 0x9C,
    ];
    // Record header, handshake header, version, random; the session id comes back as it is.
    let session_id = &client_hello[5 + 4 + 2 + 32..];
    let session_id = &session_id[..=usize::from(session_id[0])];
    let mut body = vec![3, 3];
    body.extend(RANDOM);
    body.extend(session_id);
    body.extend([0x13, 0x01, 0, 0, 12]);
    body.extend([0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 0x17]);
    let length = u8::try_from(body.len()).unwrap();
    let record = [22, 3, 3, 0, length + 4, 2, 0, 0, length];
    [&record[..], &body].concat()
}

/// At any level: TLS 1.3 has no fatal close_notify, and no fatal user_canceled.
#[test]
fn an_orderly_end_of_an_unfinished_handshake() {
    for code in [0, 90] {
        let peer = scripted::start_with(move |mut stream| {
            let hello = scripted::read_record(&mut stream);
            if hello.is_empty() {
                return;
            }
            let answer = [hello_retry_request(&hello), vec![21, 3, 3, 0, 2, 2, code]].concat();
            let _ = stream.write_all(&answer);
            scripted::close_gently(&stream);
        });
        let (line, finished) = fail_once(&peer, "proxy_ssl_protocols TLSv1.3;");
        assert_eq!(line.name, "peer_closed", "{code}: {}", finished.log.text);
    }
}
