//! Messages of real TLS stacks, whole and cut. The files in `tests/messages` say how each was
//! captured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod messages;

use messages::{message, names};
use tlsdiag::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use tlsdiag::wire::{
    distinguished_name, is_hello_retry_request, CertificateRequest, ClientHello, ServerHello,
};

const API: &[u8] = b"api.example.com";

fn hello(stack: &str) -> ClientHello {
    let hello = ClientHello::read(&message(&format!("client_hello_{stack}")));
    assert!(hello.complete, "{stack}");
    hello
}

#[test]
fn every_stack_is_read_to_the_end_and_every_code_point_has_a_name() {
    for name in names("client_hello_") {
        let hello = ClientHello::read(&message(&name));
        assert!(hello.complete, "{name}");
        for suite in &hello.ciphers {
            assert!(suite.openssl_name().is_some(), "{name}: {suite}");
        }
        for group in hello.groups.iter().chain(&hello.key_shares) {
            assert!(group.openssl_name().is_some(), "{name}: {group}");
        }
        for scheme in &hello.signature_algorithms {
            assert!(scheme.name().is_some(), "{name}: {scheme}");
        }
        let shares = &hello.key_shares;
        assert!(
            shares.iter().all(|share| hello.groups.contains(share)),
            "{name}"
        );
    }
}

#[test]
fn the_name_is_read_where_one_was_sent() {
    for stack in [
        "openssl",
        "openssl4",
        "openssl111",
        "gnutls",
        "node",
        "curl",
    ] {
        assert_eq!(hello(stack).server_name.as_deref(), Some(API), "{stack}");
    }
    assert_eq!(hello("java").server_name.as_deref(), Some(API));
    assert_eq!(hello("go").server_name.as_deref(), Some(API));
    for stack in ["nginx", "openssl_tls12_no_sni", "openssl_tls10"] {
        assert_eq!(hello(stack).server_name, None, "{stack}");
    }
}

#[test]
fn nginx_of_old_offers_tls12_at_most_and_no_name() {
    let hello = hello("nginx");
    assert_eq!(hello.max_version(), Some(ProtocolVersion::TLS1_2));
    assert!(hello.supported_versions.is_empty() && hello.key_shares.is_empty());
    assert!(hello.ciphers.iter().all(|suite| !suite.is_tls13()));
    assert!(!hello.session_offered);
}

#[test]
fn an_old_hello_says_its_version_and_has_no_signature_algorithms() {
    let hello = hello("openssl_tls10");
    assert_eq!(hello.max_version(), Some(ProtocolVersion::TLS1));
    assert!(hello.signature_algorithms.is_empty());
}

#[test]
fn a_narrow_offer_is_read_as_narrow() {
    let hello = hello("openssl_one_suite");
    assert_eq!(hello.ciphers, [CipherSuite(0x002f)]);
    assert_eq!(hello.signature_algorithms, [SignatureScheme(0x0401)]);
    assert!(hello.groups.is_empty(), "no suite needs one");
}

#[test]
fn only_a_ticket_or_a_psk_offers_a_session() {
    assert!(hello("openssl_psk").session_offered);
    assert!(hello("openssl_ticket").session_offered);
    for stack in [
        "openssl", "openssl4", "gnutls", "go", "java", "node", "curl",
    ] {
        assert!(!hello(stack).session_offered, "{stack}");
    }
}

#[test]
fn a_post_quantum_share_makes_a_hello_of_two_segments() {
    assert!(message("client_hello_openssl4").len() > 1400);
    let hello = hello("openssl4");
    assert_eq!(hello.key_shares, [NamedGroup(4588), NamedGroup(29)]);
    assert!(hello.key_shares[0].is_post_quantum());
}

#[test]
fn alpn_is_read_in_order() {
    assert_eq!(hello("openssl").alpn, [&b"h2"[..], b"http/1.1"]);
    assert!(hello("nginx").alpn.is_empty());
}

#[test]
fn servers_say_what_they_chose() {
    let old = ServerHello::read(&message("server_hello_openssl_tls12"));
    assert!(old.complete);
    assert_eq!(old.version, Some(ProtocolVersion::TLS1_2));
    assert_eq!(old.cipher, Some(CipherSuite(0xc030)));
    assert_eq!(old.group, None, "it comes in the ServerKeyExchange");
    let new = ServerHello::read(&message("server_hello_gnutls"));
    assert!(new.complete && !is_hello_retry_request(&message("server_hello_gnutls")));
    assert_eq!(new.version, Some(ProtocolVersion::TLS1_3));
    assert_eq!(new.group, Some(NamedGroup(29)));
}

#[test]
fn a_retry_says_the_group_it_wants() {
    let bytes = message("hello_retry_request_openssl");
    assert!(is_hello_retry_request(&bytes));
    let retry = ServerHello::read(&bytes);
    assert!(retry.complete);
    assert_eq!(retry.group, Some(NamedGroup(25)));
    assert_eq!(retry.version, Some(ProtocolVersion::TLS1_3));
}

#[test]
fn requests_list_the_authorities_of_the_server() {
    for stack in ["openssl", "gnutls"] {
        let message = message(&format!("certificate_request_{stack}_tls12"));
        let request = CertificateRequest::read(&message, false);
        assert!(request.complete, "{stack}");
        let names: Vec<_> = request
            .authorities
            .iter()
            .filter_map(|der| distinguished_name(der))
            .collect();
        assert_eq!(names.len(), 3, "{stack}");
        assert_eq!(names[0], "CN=Example CA 1\\, Munich,O=Example 1,C=DE");
    }
    let message = message("certificate_request_openssl_no_names");
    let request = CertificateRequest::read(&message, false);
    assert!(request.complete && request.authorities.is_empty());
}

/// What a cut message shows is the beginning of what the whole one shows, never something else.
#[test]
fn every_hello_cut_at_every_length_shows_a_beginning_of_the_whole() {
    for name in names("client_hello_") {
        let bytes = message(&name);
        let whole = ClientHello::read(&bytes);
        for length in 0..bytes.len() {
            let cut = ClientHello::read(&bytes[..length]);
            assert!(!cut.complete, "{name} at {length}");
            assert!(
                whole.ciphers.starts_with(&cut.ciphers),
                "{name} at {length}"
            );
            assert!(whole.groups.starts_with(&cut.groups), "{name} at {length}");
            assert!(whole.key_shares.starts_with(&cut.key_shares));
            assert!(whole.alpn.starts_with(&cut.alpn));
            assert!(whole
                .supported_versions
                .starts_with(&cut.supported_versions));
            let schemes = &whole.signature_algorithms;
            assert!(schemes.starts_with(&cut.signature_algorithms));
            assert!(cut.server_name.is_none() || cut.server_name == whole.server_name);
            assert!(whole.session_offered || !cut.session_offered);
        }
    }
}

#[test]
fn every_answer_cut_at_every_length_is_incomplete() {
    for name in names("server_hello_")
        .into_iter()
        .chain(names("hello_retry_"))
    {
        let bytes = message(&name);
        let whole = ServerHello::read(&bytes);
        for length in 0..bytes.len() {
            let cut = ServerHello::read(&bytes[..length]);
            assert!(!cut.complete, "{name} at {length}");
            assert!(cut.cipher.is_none() || cut.cipher == whole.cipher);
            assert!(cut.group.is_none() || cut.group == whole.group);
        }
    }
    for name in names("certificate_request_") {
        let bytes = message(&name);
        let whole = CertificateRequest::read(&bytes, false);
        for length in 0..bytes.len() {
            let cut = CertificateRequest::read(&bytes[..length], false);
            assert!(!cut.complete, "{name} at {length}");
            assert!(whole.authorities.starts_with(&cut.authorities));
            // The wrong format reads something or nothing, but it ends.
            CertificateRequest::read(&bytes[..length], true);
        }
    }
}

/// Unknown numbers are kept as they are; GREASE (RFC 8701) and signals are left out.
#[test]
fn unknown_code_points_are_kept_and_grease_is_not() {
    let vector = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length, bytes].concat()
    };
    let extension = |kind: u16, data: &[u8]| [&kind.to_be_bytes()[..], &vector(data)].concat();
    let extensions = [
        extension(0x2a2a, &[]),
        extension(10, &vector(&[0x4a, 0x4a, 0x12, 0x34])),
        extension(13, &vector(&[0x5a, 0x5a, 0xfe, 0x01])),
        extension(43, &[4, 0x6a, 0x6a, 0x7f, 0x1c]),
        extension(51, &vector(&[0x4a, 0x4a, 0, 1, 0, 0x12, 0x34, 0, 2, 1, 2])),
        extension(0xff99, &[1, 2, 3]),
    ];
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(vector(&[0x0a, 0x0a, 0xfe, 0xfe, 0x00, 0xff, 0x13, 0x01]));
    body.extend([1, 0]);
    body.extend(vector(&extensions.concat()));
    let [_, length @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
    let hello = ClientHello::read(&[&[1], &length[..], &body].concat());
    assert!(hello.complete);
    assert_eq!(hello.ciphers, [CipherSuite(0xfefe), CipherSuite(0x1301)]);
    assert_eq!(hello.groups, [NamedGroup(0x1234)]);
    assert_eq!(hello.key_shares, [NamedGroup(0x1234)]);
    assert_eq!(hello.signature_algorithms, [SignatureScheme(0xfe01)]);
    assert_eq!(hello.supported_versions, [ProtocolVersion(0x7f1c)]);
    assert_eq!(hello.ciphers[0].to_string(), "0xFEFE");
}
