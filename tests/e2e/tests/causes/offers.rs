//! What nginx offers: nothing at all, or less than the upstream needs. Where libraries allow other offers,
//! the same settings are another failure.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::lab::{Lab, Place};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::{Stack, Version};
use tlsdiag_e2e::require::Build;

/// This cause fails with one of these words of nginx's, and the fix that is printed helps.
fn helps(name: &str, words: &str, place: impl Into<Place>, version: Version, native: &[&str]) {
    let scene = Scene::of(name, words, place, version);
    scene.assert_native(native);
    scene.assert_fix_helps();
}

/// Whether this nginx has `proxy_ssl_conf_command`.
fn has_commands() -> bool {
    Build::get().version >= (1, 19, 4)
}

#[test]
fn no_protocols_the_library_has_none() {
    helps(
        "no_protocols_enabled",
        "SSLv3 only, which the library lacks",
        Stack::OpenSsl,
        Version::Tls12,
        &["no protocols available"],
    );
}

#[test]
fn no_protocols_two_ranges_do_not_meet() {
    if has_commands() {
        helps(
            "no_protocols_enabled",
            "MinProtocol above proxy_ssl_protocols",
            Stack::OpenSsl,
            Version::Tls13,
            &["no protocols available"],
        );
    }
}

#[test]
fn no_ciphers_for_the_version() {
    helps(
        "no_ciphers_enabled",
        "suites of TLS 1.2, protocol 1.0 only",
        Stack::OpenSsl,
        Version::Tls12,
        &["no ciphers available"],
    );
}

#[test]
fn no_groups_for_the_version() {
    if has_commands() {
        helps(
            "group_mismatch",
            "nginx with a group that TLS 1.3 lacks",
            Stack::OpenSsl,
            Version::Tls13,
            // OpenSSL 1.1.1 sends the offer all the same.
            &["no suitable groups", "SSL alert number 40"],
        );
    }
}

#[test]
fn groups_without_a_common_one() {
    if has_commands() {
        helps(
            "group_mismatch",
            "nginx X448 only, which Go lacks",
            Stack::Go,
            Version::Tls13,
            &["SSL alert number 40"],
        );
    }
}

/// nginx takes signatures of ECDSA keys only, the upstream has an RSA key. The library leaves the
/// suites of RSA out by itself: no list of suites is to blame.
fn signatures(stack: Stack) {
    if has_commands() {
        for version in [Version::Tls12, Version::Tls13] {
            helps(
                "signature_algorithm_mismatch",
                "nginx ECDSA only, no word of suites",
                stack,
                version,
                &["SSL alert number 40"],
            );
        }
    }
}
on_stacks!(signatures: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// Debian's OpenSSL 3.0 offers TLS 1.0 and does not take its signatures at the default level. Newer ones
/// do not offer it; 1.1.1 does both.
#[test]
fn tls10_at_the_default_level() {
    if Build::get().openssl.0 == 1 {
        return;
    }
    let lab = Lab::at(Stack::OpenSsl, Version::Tls10);
    let setup = Setup::to(lab.good()).set("proxy_ssl_protocols TLSv1;");
    if Build::get().openssl == (3, 0) {
        let scene = Scene::meet("protocol_version_mismatch", lab, setup);
        scene.assert_native(&["legacy sigalg disallowed or unsupported"]);
        return scene.assert_fix_helps();
    }
    let scene = Scene::meet("no_protocols_enabled", lab, setup);
    scene.assert_native(&["no protocols available"]);
    let action = scene.text("action");
    assert!(action.contains("@SECLEVEL=0"), "{action}");
    scene.assert_helps(&["proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;".to_owned()]);
}

/// GnuTLS refuses an offer that ends with TLS 1.2 with handshake_failure(40): whatever else may be meant,
/// the version is among it.
fn gnutls_with_tls13_only(settings: &str, name: &str, other: &str, fix: &str) {
    let lab = Lab::at(Stack::GnuTls, None);
    let newer = lab.good().versions(Version::Tls13, Version::Tls13);
    let setup = Setup::to(newer).set(settings);
    let setup = setup.set("proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2;");
    let scene = Scene::meet(name, lab, setup);
    scene.assert_native(&["SSL alert number 40"]);
    let others = scene.texts("diagnosis/alternatives");
    assert!(others.contains(&other.to_owned()), "{others:?}");
    scene.assert_fix(&[fix]);
}

#[test]
fn tls13_only_with_a_name_or_without() {
    let (version, name) = ("protocol_version_mismatch", "sni_missing");
    let newer = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
    gnutls_with_tls13_only("", version, name, newer);
    let known = "proxy_ssl_name localhost;";
    gnutls_with_tls13_only(known, name, version, "proxy_ssl_server_name on;");
}

/// An nginx without HTTP/2 does not take `h2`.
#[test]
fn alpn_of_grpc() {
    let words = "grpc_pass to nginx without HTTP/2";
    let scene = Scene::of("alpn_mismatch", words, Stack::Nginx, Version::Tls12);
    scene.assert_native(&["SSL alert number 120"]);
    scene.assert_says("('h2')");
}

#[test]
fn alerts_of_their_own_name() {
    for (code, name) in [
        (71, "insufficient_security"),
        (86, "inappropriate_fallback"),
    ] {
        let version = 0x0303;
        let setup = Setup::script(Script::Alert { code, version });
        let scene = Scene::meet(name, Lab::new(), setup);
        scene.assert_native(&[&format!("SSL alert number {code}")]);
    }
}
