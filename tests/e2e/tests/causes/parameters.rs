//! Nothing in common.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::lab::{Lab, Place};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::{Stack, Suite, Upstream, Version};

const CIPHER: &str = "cipher_mismatch";
const VERSION: &str = "protocol_version_mismatch";

/// nginx's list has a suite for ECDSA only, the upstream a certificate with an RSA key.
fn no_common_cipher(place: impl Into<Place>) {
    let words = "nginx for ECDSA certificates only";
    let scene = Scene::of(CIPHER, words, place, Version::Tls12);
    scene.assert_native(&["SSL alert number 40"]);
    scene.assert_fix_helps();
}
on_stacks!(no_common_cipher: families, GnuTls, Go, Java, Node, Python, Nginx);

/// Both take one suite, not the same.
fn one_cipher_each(stack: Stack) {
    let scene = Scene::of(CIPHER, "one suite each", stack, Version::Tls12);
    scene.assert_native(&["SSL alert number 40"]);
    scene.assert_fix_helps();
}
on_stacks!(one_cipher_each: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// A client certificate that is wanted and a suite that is missing read the same in nginx's own words,
/// byte for byte, and are told apart.
#[test]
fn what_looks_the_same_is_told_apart() {
    let fails = |name: &str, describe: fn(Upstream, &Lab) -> Upstream| {
        let lab = Lab::at(Stack::OpenSsl, Version::Tls12);
        let setup = Setup::to(describe(lab.good(), &lab))
            .set("proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;");
        let port = setup.peer.port().to_string();
        let scene = Scene::meet(name, lab, setup);
        scene.native.replace(&port, "<port>")
    };
    let demands = |upstream: Upstream, lab: &Lab| upstream.demand_client(&lab.clients);
    let certificate = fails("client_certificate_required", demands);
    let suite = fails(CIPHER, |upstream, _| {
        upstream.suite(Suite::EcdheRsaChacha20)
    });
    assert_eq!(certificate, suite);
    assert!(suite.contains("SSL alert number 40"), "{suite}");
}

fn versions(place: Place, words: &str, theirs: Version) {
    let scene = Scene::of(VERSION, words, place, theirs);
    scene.assert_native(&["SSL_do_handshake() failed"]);
    if place.stack == Stack::OpenSsl {
        scene.assert_native(&["SSL alert number 70"]);
    }
    scene.assert_fix_helps();
}

fn no_common_version(place: impl Into<Place>) {
    let words = "upstream TLS 1.3 only, nginx up to 1.2";
    versions(place.into(), words, Version::Tls13);
}
on_stacks!(no_common_version: families, Go, Java, Node, Python, Nginx);

/// GnuTLS answers with alert 40, which does not decide: what nginx left out of its offer is to be tried
/// first, and a name that was not sent is the first alternative.
#[test]
fn no_common_version_and_gnutls_does_not_say() {
    let words = "upstream TLS 1.3 only, nginx up to 1.2";
    let scene = Scene::of(VERSION, words, Stack::GnuTls, Version::Tls13);
    scene.assert_native(&["SSL alert number 40"]);
    assert_eq!(scene.line.confidence, "possible");
    assert_eq!(scene.texts("diagnosis/alternatives")[0], "sni_missing");
    scene.assert_fix(&["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
}

fn no_common_version_upstream_older(place: impl Into<Place>) {
    let words = "upstream TLS 1.2 only, nginx 1.3 only";
    versions(place.into(), words, Version::Tls12);
}
on_stacks!(no_common_version_upstream_older: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);
