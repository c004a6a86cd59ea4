//! Suites, groups, signature algorithms and the rest of what two hellos agree on.

use crate::certs::Leaf;
use crate::family::Family;
use crate::lab::API;
use crate::peers::scripted::Script;
use crate::peers::{Group, Stack, Suite};

use super::{cause, malformed_peers, script, Cause, Setup, TLS12, TLS13};

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Those that can be told a small Diffie-Hellman group.
const SMALL_DH: &[Stack] = &[OpenSsl, GnuTls, Java, Node, Python, Nginx, HaProxy, Apache];

pub(super) fn all() -> Vec<Cause> {
    let mut all = suites();
    all.extend(groups());
    all.extend(others());
    all
}

fn suites() -> Vec<Cause> {
    let mut all = vec![
        cause(
            "cipher_mismatch",
            "nginx for ECDSA certificates only",
            |lab| Setup::to(lab.good()).set("proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;"),
        )
        .versions(TLS12),
        cause(
            "cipher_mismatch",
            "nginx for RSA certificates only",
            |lab| {
                let upstream = lab.issue(&Leaf::named(API));
                Setup::to(upstream).set("proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
            },
        )
        .versions(TLS12),
        cause("cipher_mismatch", "one suite each", |lab| {
            let upstream = lab.good().suite(Suite::EcdheRsaChacha20);
            Setup::to(upstream).set("proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
        })
        .versions(TLS12),
        cause("cipher_mismatch", "nginx with AES-CCM only", |lab| {
            Setup::to(lab.good()).set(
                "proxy_ssl_protocols TLSv1.3; \
                 proxy_ssl_conf_command Ciphersuites TLS_AES_128_CCM_SHA256;",
            )
        })
        .on(&[OpenSsl, Go, Java, Node, Python, Nginx, HaProxy, Apache])
        .versions(TLS13),
        cause(
            "no_ciphers_enabled",
            "suites without encryption only",
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-RSA-NULL-SHA;")
            },
        )
        .on(&[OpenSsl, GnuTls, Go, Java])
        .versions(TLS12),
        cause(
            "no_ciphers_enabled",
            "empty list for TLS 1.3, protocol 1.3 only",
            |lab| {
                Setup::to(lab.good())
                    .set("proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Ciphersuites '';")
            },
        )
        .on(&[OpenSsl, GnuTls, Go, Nginx])
        .versions(TLS13),
        cause(
            "no_ciphers_enabled",
            "suites of TLS 1.2, protocol 1.0 only",
            |lab| {
                Setup::to(lab.good()).set(
                    "proxy_ssl_protocols TLSv1; \
                 proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0;",
                )
            },
        )
        .on(&[OpenSsl])
        .versions(TLS12),
        cause("dh_key_too_small", "1024 bits before ECDHE", |lab| {
            let suites = [Suite::DheRsaAes128, Suite::EcdheRsaAes128];
            Setup::to(lab.good().suites(&suites).small_dh())
        })
        .on(SMALL_DH)
        .versions(TLS12),
        cause("dh_key_too_small", "1024 bits and nothing else", |lab| {
            Setup::to(lab.good().suite(Suite::DheRsaAes128).small_dh()).weak_only()
        })
        .on(SMALL_DH)
        .versions(TLS12),
    ];
    all.extend([(512, "512 bits"), (768, "768 bits")].map(|(bits, words)| {
        let small = move |lab: &_| Setup::new(malformed_peers::small_dh(lab, bits));
        script("dh_key_too_small", words, small).versions(TLS12)
    }));
    all
}

fn groups() -> Vec<Cause> {
    let groups = |words, settings: &'static str| {
        cause("group_mismatch", words, |lab| {
            Setup::to(lab.good()).set(settings)
        })
    };
    let signatures = |words, leaf: fn() -> Leaf, settings: &'static str| {
        cause("signature_algorithm_mismatch", words, move |lab| {
            Setup::to(lab.issue(&leaf())).set(settings)
        })
    };
    vec![
        // Without suites that need no group.
        cause(
            "group_mismatch",
            "nginx X25519 only, upstream P-256 only",
            |lab| {
                Setup::to(lab.good().group(Group::P256))
                    .set("proxy_ssl_ciphers ECDHE+AESGCM; proxy_ssl_conf_command Groups X25519;")
            },
        ),
        groups(
            "nginx X448 only, which Go lacks",
            "proxy_ssl_conf_command Groups X448;",
        )
        .on(&[Go])
        .versions(TLS13),
        groups(
            "nginx with a group that TLS 1.3 lacks",
            "proxy_ssl_protocols TLSv1.3; proxy_ssl_conf_command Groups brainpoolP256r1;",
        )
        .on(&[OpenSsl])
        .versions(TLS13),
        script(
            "group_mismatch",
            "HelloRetryRequest for a group not offered",
            |_| {
                Setup::scripted(malformed_peers::retry_with_unknown_group())
                    .set("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
            },
        )
        .versions(TLS13),
        signatures(
            "nginx ECDSA only, certificate RSA",
            || Leaf::named(API).rsa(),
            "proxy_ssl_ciphers ECDHE+AESGCM; \
             proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;",
        ),
        // The library leaves the suites of RSA out by itself: no list of suites is to blame.
        signatures(
            "nginx ECDSA only, no word of suites",
            || Leaf::named(API).rsa(),
            "proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;",
        )
        .on(&[OpenSsl, GnuTls, Go, Java, Node, Python, Nginx]),
        signatures(
            "nginx RSA only, certificate ECDSA",
            || Leaf::named(API),
            "proxy_ssl_ciphers ECDHE+AESGCM; \
             proxy_ssl_conf_command SignatureAlgorithms RSA+SHA256:RSA-PSS+SHA256;",
        ),
    ]
}

fn others() -> Vec<Cause> {
    vec![
        cause("legacy_renegotiation", "upstream without RFC 5746", |lab| {
            Setup::to(lab.good().no_secure_renegotiation()).weak_only()
        })
        .on(&[GnuTls])
        .versions(TLS12),
        script(
            "legacy_renegotiation",
            "ServerHello without RFC 5746",
            |_| {
                let hello = malformed_peers::server_hello_without_rfc_5746();
                Setup::script(Script::Reply(hello)).weak_only()
            },
        )
        .versions(TLS12),
        cause("alpn_mismatch", "grpc_pass to HTTP/1.1 only", |lab| {
            Setup::to(lab.good().alpn("http/1.1")).behind(Family::Grpc)
        })
        .on(&[OpenSsl, GnuTls, Go, Java, Node]),
        cause(
            "alpn_mismatch",
            "grpc_pass to nginx without HTTP/2",
            |lab| {
                let setup = Setup::to(lab.good()).behind(Family::Grpc);
                setup.then(lab.good().http2())
            },
        )
        .on(&[Nginx]),
    ]
}
