//! Suites, groups, signature algorithms and the rest of what two hellos agree on.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::{Group, Stack, Suite};

use super::{ALL, BOTH, TLS12, TLS13};
use crate::odd;
use crate::scenario::{row, script, Lab, Row, Setup, API};

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Those that can be told a small Diffie-Hellman group.
const SMALL_DH: &[Stack] = &[OpenSsl, GnuTls, Java, Node, Python, Nginx, HaProxy, Apache];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = suites();
    rows.extend(groups());
    rows.extend(others());
    rows
}

fn suites() -> Vec<Row> {
    vec![
        row(
            "cipher_mismatch",
            "nginx for ECDSA certificates only",
            ALL,
            TLS12,
            |lab| Setup::to(lab.good()).set("proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"),
        ),
        row(
            "cipher_mismatch",
            "nginx for RSA certificates only",
            ALL,
            TLS12,
            |lab| {
                Setup::to(lab.issue(&Leaf::named(API)))
                    .set("proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
            },
        ),
        row("cipher_mismatch", "one suite each", ALL, TLS12, |lab| {
            Setup::to(lab.good().suite(Suite::EcdheRsaChacha20))
                .set("proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
        }),
        row(
            "cipher_mismatch",
            "nginx with AES-CCM only",
            &[OpenSsl, Go, Java, Node, Python, Nginx, HaProxy, Apache],
            TLS13,
            |lab| {
                Setup::to(lab.good()).set(
                    "proxy_ssl_protocols TLSv1.3; \
                     proxy_ssl_conf_command Ciphersuites TLS_AES_128_CCM_SHA256;",
                )
            },
        ),
        row(
            "no_ciphers_enabled",
            "suites without encryption only",
            &[OpenSsl, GnuTls, Go, Java],
            TLS12,
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-RSA-NULL-SHA;")
            },
        ),
        row(
            "no_ciphers_enabled",
            "empty list for TLS 1.3, protocol 1.3 only",
            &[OpenSsl, GnuTls, Go, Nginx],
            TLS13,
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites '';")
            },
        ),
        row(
            "dh_key_too_small",
            "1024 bits before ECDHE",
            SMALL_DH,
            TLS12,
            |lab| {
                let suites = [Suite::DheRsaAes128, Suite::EcdheRsaAes128];
                Setup::to(lab.good().suites(&suites).small_dh())
            },
        ),
        row(
            "dh_key_too_small",
            "1024 bits and nothing else",
            SMALL_DH,
            TLS12,
            |lab| Setup::to(lab.good().suite(Suite::DheRsaAes128).small_dh()).weak_only(),
        ),
        script("dh_key_too_small", "512 bits", TLS12, |lab| {
            Setup::new(odd::small_dh(lab, 512))
        }),
        script("dh_key_too_small", "768 bits", TLS12, |lab| {
            Setup::new(odd::small_dh(lab, 768))
        }),
    ]
}

fn groups() -> Vec<Row> {
    /// Without suites that need no group.
    fn x25519(lab: &Lab) -> Setup {
        Setup::to(lab.good().group(Group::P256))
            .set("proxy_ssl_ciphers ECDHE+AESGCM; proxy_ssl_conf_command Groups X25519;")
    }
    vec![
        row(
            "group_mismatch",
            "nginx X25519 only, upstream P-256 only",
            ALL,
            BOTH,
            x25519,
        ),
        script(
            "group_mismatch",
            "HelloRetryRequest for a group not offered",
            TLS13,
            |_| {
                Setup::scripted(odd::retry_with_unknown_group())
                    .set("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
            },
        ),
        row(
            "signature_algorithm_mismatch",
            "nginx ECDSA only, certificate RSA",
            ALL,
            BOTH,
            |lab| {
                Setup::to(lab.good()).set(
                    "proxy_ssl_ciphers ECDHE+AESGCM; \
                     proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;",
                )
            },
        ),
        row(
            "signature_algorithm_mismatch",
            "nginx RSA only, certificate ECDSA",
            ALL,
            BOTH,
            |lab| {
                Setup::to(lab.issue(&Leaf::named(API))).set(
                    "proxy_ssl_ciphers ECDHE+AESGCM; \
                     proxy_ssl_conf_command SignatureAlgorithms RSA+SHA256:RSA-PSS+SHA256;",
                )
            },
        ),
    ]
}

fn others() -> Vec<Row> {
    vec![
        row(
            "legacy_renegotiation",
            "upstream without RFC 5746",
            &[GnuTls],
            TLS12,
            |lab| Setup::to(lab.good().no_secure_renegotiation()).weak_only(),
        ),
        script(
            "legacy_renegotiation",
            "upstream without RFC 5746",
            TLS12,
            |_| Setup::script(Script::Reply(odd::server_hello_without_rfc_5746())).weak_only(),
        ),
        row(
            "alpn_mismatch",
            "grpc_pass to HTTP/1.1 only",
            &[OpenSsl, GnuTls, Go, Java, Node],
            BOTH,
            |lab| Setup::to(lab.good().alpn("http/1.1")).grpc(),
        ),
        row(
            "alpn_mismatch",
            "grpc_pass to HTTP/1.1 only",
            &[Nginx],
            BOTH,
            |lab| Setup::to(lab.good()).grpc().then(lab.good().http2()),
        ),
    ]
}
