//! What nginx offers: nothing at all, or less than the upstream needs. Where libraries allow other offers,
//! the same settings are another failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

#[allow(dead_code, reason = "the rows use more of it")]
#[macro_use]
#[path = "../rows/lab.rs"]
mod lab;

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::{text, texts};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Stack, Upstream, Version};
use tlsdiag_e2e::require::Build;
use tlsdiag_e2e::trial::Failure;

use lab::{pass, Case, Lab};

/// These settings fail with this name and one of these words of nginx's, and the fix that is printed helps.
fn helps(upstream: Upstream, settings: &str, name: &str, native: &[&str]) {
    if settings.contains("_conf_command") && Build::get().version < (1, 19, 4) {
        eprintln!("NOT TESTED: {settings}: this nginx has no *_ssl_conf_command");
        return;
    }
    let peer = upstream.start();
    let location = pass(peer.port());
    let case = Case::new(|fix| {
        Config::new()
            .server(settings)
            .location("/", &format!("{location}\n{fix}"))
    });
    let failure = case.failure(name);
    failure.assert_native(native);
    case.assert_fix_helps(&failure, &[]);
}

fn openssl() -> Upstream {
    Upstream::new(Stack::OpenSsl, Lab::new().identity())
}

#[test]
fn no_protocols_the_library_has_none() {
    let native = ["no protocols available"];
    helps(
        openssl(),
        "proxy_ssl_protocols SSLv3;",
        "no_protocols_enabled",
        &native,
    );
}

#[test]
fn no_protocols_two_ranges_do_not_meet() {
    let settings = "proxy_ssl_protocols TLSv1.2;\nproxy_ssl_conf_command MinProtocol TLSv1.3;";
    let native = ["no protocols available"];
    helps(openssl(), settings, "no_protocols_enabled", &native);
}

#[test]
fn no_ciphers_for_the_version() {
    let settings =
        "proxy_ssl_protocols TLSv1;\nproxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0;";
    let native = ["no ciphers available"];
    helps(openssl(), settings, "no_ciphers_enabled", &native);
}

#[test]
fn no_groups_for_the_version() {
    let settings = "proxy_ssl_protocols TLSv1.3;\nproxy_ssl_conf_command Groups brainpoolP256r1;";
    // OpenSSL 1.1.1 sends the offer all the same.
    let native = ["no suitable groups", "SSL alert number 40"];
    helps(openssl(), settings, "group_mismatch", &native);
}

/// Go has no X448.
#[test]
fn groups_without_a_common_one() {
    let go = Upstream::new(Stack::Go, Lab::new().identity());
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\nproxy_ssl_conf_command Groups X448;";
    helps(go, settings, "group_mismatch", &["SSL alert number 40"]);
}

/// nginx takes signatures of ECDSA keys only, the upstream has an RSA key. The library leaves the
/// suites of RSA out by itself: no list of suites is to blame.
fn signatures(stack: Stack) {
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n\
                    proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;";
    helps(
        Upstream::new(stack, Lab::new().identity()),
        settings,
        "signature_algorithm_mismatch",
        &["SSL alert number 40"],
    );
}
on_stacks!(signatures: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn signatures_tls12(stack: Stack) {
    let settings = "proxy_ssl_protocols TLSv1.2;\n\
                    proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;";
    helps(
        Upstream::new(stack, Lab::new().identity()),
        settings,
        "signature_algorithm_mismatch",
        &["SSL alert number 40"],
    );
}
on_stacks!(signatures_tls12: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// Debian's OpenSSL 3.0 offers TLS 1.0 and does not take its signatures at the default level. Newer ones
/// do not offer it; 1.1.1 does both.
#[test]
fn tls10_at_the_default_level() {
    let settings = "proxy_ssl_protocols TLSv1;";
    let old = openssl().versions(Version::Tls10, Version::Tls10);
    match Build::get().openssl {
        (1, _) => {}
        (3, 0) => {
            let native = ["legacy sigalg disallowed or unsupported"];
            helps(old, settings, "protocol_version_mismatch", &native);
        }
        _ => {
            let peer = old.start();
            let location = pass(peer.port());
            let case = Case::new(|more| {
                Config::new()
                    .server(settings)
                    .location("/", &format!("{location}\n{more}"))
            });
            let failure = case.failure("no_protocols_enabled");
            failure.assert_native(&["no protocols available"]);
            let action = text(&failure.document, "nginx/upstream_tls/action");
            assert!(action.contains("@SECLEVEL=0"), "{action}");
            case.assert_helps("proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;");
        }
    }
}

/// GnuTLS refuses an offer that ends with TLS 1.2 with handshake_failure(40): whatever else may be meant,
/// the version is among it.
fn gnutls_with_tls13_only(settings: &str) -> Failure {
    let gnutls = Upstream::new(Stack::GnuTls, Lab::new().identity());
    let peer = gnutls.versions(Version::Tls13, Version::Tls13).start();
    let location = pass(peer.port()) + settings + "proxy_ssl_protocols TLSv1 TLSv1.1 TLSv1.2;";
    let case = Case::new(|_| Config::new().location("/", &location));
    let (name, other) = match settings {
        "" => ("protocol_version_mismatch", "sni_missing"),
        _ => ("sni_missing", "protocol_version_mismatch"),
    };
    let failure = case.failure(name);
    failure.assert_native(&["SSL alert number 40"]);
    let others = texts(
        &failure.document,
        "nginx/upstream_tls/diagnosis/alternatives",
    );
    assert!(others.contains(&other.to_owned()), "{others:?}");
    failure
}

#[test]
fn tls13_only_without_a_name() {
    let failure = gnutls_with_tls13_only("");
    assert_eq!(failure.line.fix, ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
}

#[test]
fn tls13_only_with_a_name_to_hand() {
    let failure = gnutls_with_tls13_only("proxy_ssl_name localhost;\n");
    assert_eq!(failure.line.fix, ["proxy_ssl_server_name on;"]);
}

/// An nginx without HTTP/2 does not take `h2`.
#[test]
fn alpn_of_grpc() {
    let peer = Upstream::new(Stack::Nginx, Lab::new().identity()).start();
    let location = format!("grpc_pass grpcs://127.0.0.1:{};", peer.port());
    let case = Case::new(|_| Config::new().location("/", &location));
    let failure = case.failure("alpn_mismatch");
    failure.assert_native(&["SSL alert number 120"]);
    assert!(failure.line.sentence.contains("('h2')"));
}

fn alert(code: u8, name: &str) {
    let peer = scripted::start(Script::Alert {
        code,
        version: 0x0303,
    });
    let location = pass(peer.port());
    let case = Case::new(|_| Config::new().location("/", &location));
    let native = format!("SSL alert number {code}");
    case.failure(name).assert_native(&[&native]);
}

#[test]
fn alert_71() {
    alert(71, "insufficient_security");
}

#[test]
fn alert_86() {
    alert(86, "inappropriate_fallback");
}
