//! Rows 7 and 8: nothing in common.

use tlsdiag_e2e::certs::Authority;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::texts;
use tlsdiag_e2e::peers::{Stack, Suite, Upstream, Version};

use super::lab::{pass, Case, Lab};

/// nginx's list has a suite for ECDSA only, the upstream a certificate with an RSA key.
fn row_07(stack: Stack) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity()).start();
    let location = pass(peer.port());
    let case = Case::new(|fix| {
        Config::new()
            .server(
                "proxy_ssl_protocols TLSv1.2;\nproxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;",
            )
            .location("/", &format!("{location}\n{fix}"))
    });
    let failure = case.failure("cipher_mismatch");
    failure.assert_native(&["SSL alert number 40"]);
    case.assert_fix_helps(&failure, &[]);
}
on_stacks!(row_07: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// Both take one suite, not the same.
fn row_07_one_suite(stack: Stack) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity())
        .versions(Version::Tls12, Version::Tls12)
        .suite(Suite::EcdheRsaChacha20)
        .start();
    let location = pass(peer.port());
    let case = Case::new(|fix| {
        Config::new()
            .server("proxy_ssl_protocols TLSv1.2;\nproxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
            .location("/", &format!("{location}\n{fix}"))
    });
    let failure = case.failure("cipher_mismatch");
    failure.assert_native(&["SSL alert number 40"]);
    case.assert_fix_helps(&failure, &[]);
}
on_stacks!(row_07_one_suite: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// Rows 5 and 7 read the same in nginx's own words, byte for byte, and are told apart.
#[test]
fn rows_05_and_07_look_the_same_and_are_told_apart() {
    let lab = Lab::new();
    let settings = "proxy_ssl_protocols TLSv1.2;\nproxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";
    let fails = |upstream: Upstream, name: &str| {
        let peer = upstream.versions(Version::Tls12, Version::Tls12).start();
        let location = pass(peer.port());
        let case = Case::new(|_| Config::new().server(settings).location("/", &location));
        let failure = case.failure(name);
        failure.native.replace(&peer.port().to_string(), "<port>")
    };
    let wants = Upstream::new(Stack::OpenSsl, lab.identity());
    let row_5 = fails(
        wants.demand_client(&Authority::root("Clients")),
        "client_certificate_required",
    );
    let suite = Upstream::new(Stack::OpenSsl, lab.identity()).suite(Suite::EcdheRsaChacha20);
    let row_7 = fails(suite, "cipher_mismatch");
    assert_eq!(row_5, row_7);
    assert!(row_5.contains("SSL alert number 40"), "{row_5}");
}

/// nginx offers TLS 1.2 at most, the upstream wants 1.3.
fn row_08(stack: Stack) {
    versions(stack, Version::Tls13, "TLSv1.2");
}
on_stacks!(row_08: OpenSsl, Go, Java, Node, Python, Nginx);

/// GnuTLS answers with alert 40, which does not decide: what nginx left out of its offer is to be tried
/// first, and a name that was not sent is the first alternative.
#[test]
fn row_08_gnutls_does_not_say() {
    let lab = Lab::new();
    let peer = Upstream::new(Stack::GnuTls, lab.identity())
        .versions(Version::Tls13, Version::Tls13)
        .start();
    let location = pass(peer.port());
    let case = Case::new(|_| {
        Config::new()
            .server("proxy_ssl_protocols TLSv1.2;")
            .location("/", &location)
    });
    let failure = case.failure("protocol_version_mismatch");
    failure.assert_native(&["SSL alert number 40"]);
    assert_eq!(failure.line.confidence, "possible");
    let alternatives = texts(
        &failure.document,
        "nginx/upstream_tls/diagnosis/alternatives",
    );
    assert_eq!(alternatives[0], "sni_missing");
    assert_eq!(failure.line.fix, ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
}

/// nginx offers TLS 1.3 only, the upstream stops at 1.2.
fn row_08_peer_is_older(stack: Stack) {
    versions(stack, Version::Tls12, "TLSv1.3");
}
on_stacks!(row_08_peer_is_older: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn versions(stack: Stack, theirs: Version, ours: &str) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity())
        .versions(theirs, theirs)
        .start();
    let location = pass(peer.port());
    let case = Case::new(|fix| {
        Config::new()
            .server(&format!("proxy_ssl_protocols {ours};"))
            .location("/", &format!("{location}\n{fix}"))
    });
    let failure = case.failure("protocol_version_mismatch");
    failure.assert_native(&["SSL_do_handshake() failed"]);
    if stack == Stack::OpenSsl {
        failure.assert_native(&["SSL alert number 70"]);
    }
    case.assert_fix_helps(&failure, &[]);
}
