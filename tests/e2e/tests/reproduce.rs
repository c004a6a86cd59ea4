//! The command in the document, pasted into a shell, meets the alert that nginx met.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

#[allow(dead_code, unused_macros, reason = "the rows use more of it")]
#[path = "rows/lab.rs"]
mod lab;

use std::process::{Command, Stdio};

use tlsdiag_e2e::certs::Authority;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::peers::{Stack, Suite, Upstream, Version};
use tlsdiag_e2e::require;
use tlsdiag_e2e::tempdir::TempDir;

use lab::{pass, Case, Lab};

/// With these settings the upstream sends an alert, and so it does to the command, which has this option.
/// Client certificate and key are at hand under the names that the command uses.
fn reproduces(upstream: Upstream, settings: &str, name: &str, option: &str, directory: &TempDir) {
    let peer = upstream.start();
    let location = pass(peer.port());
    let case = Case::new(|_| Config::new().server(settings).location("/", &location));
    let failure = case.failure(name);
    let alert = format!(
        "SSL alert number {}",
        failure.document["nginx"]["upstream_tls"]["alert"]["code"]
    );
    failure.assert_native(&[&alert]);
    let command = text(&failure.document, "nginx/upstream_tls/reproduce");
    assert!(command.contains(option), "{option} is not in: {command}");
    let output = Command::new(require::program("timeout", "coreutils"))
        .args(["10", "sh", "-c"])
        // At a terminal standard input does not end.
        .arg(format!("{command} -ign_eof"))
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&alert), "{command}\nno {alert} in:\n{said}");
}

fn offer(upstream: Upstream, settings: &str, name: &str, option: &str) {
    reproduces(upstream, settings, name, option, &TempDir::new("reproduce"));
}

fn upstream(stack: Stack) -> Upstream {
    Upstream::new(stack, Lab::new().identity())
}

#[test]
fn groups() {
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\nproxy_ssl_conf_command Groups X448;";
    offer(
        upstream(Stack::Go),
        settings,
        "group_mismatch",
        " -groups X448 ",
    );
}

#[test]
fn tls13_suites() {
    let settings = "proxy_ssl_protocols TLSv1.3;\n\
                    proxy_ssl_conf_command Ciphersuites TLS_AES_128_CCM_SHA256;";
    let option = " -ciphersuites TLS_AES_128_CCM_SHA256 ";
    offer(upstream(Stack::Go), settings, "cipher_mismatch", option);
}

#[test]
fn signature_algorithms() {
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n\
                    proxy_ssl_conf_command SignatureAlgorithms ECDSA+SHA256;";
    let name = "signature_algorithm_mismatch";
    let option = " -sigalgs ecdsa_secp256r1_sha256 ";
    offer(upstream(Stack::OpenSsl), settings, name, option);
}

#[test]
fn suites() {
    let upstream = upstream(Stack::OpenSsl).suite(Suite::EcdheRsaChacha20);
    let settings = "proxy_ssl_protocols TLSv1.2;\nproxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;";
    let option = " -cipher ECDHE-RSA-AES128-GCM-SHA256 ";
    let upstream = upstream.versions(Version::Tls12, Version::Tls12);
    offer(upstream, settings, "cipher_mismatch", option);
}

/// The command must not offer TLS 1.0, which `s_client` would do by itself.
#[test]
fn versions() {
    let upstream = upstream(Stack::OpenSsl).versions(Version::Tls10, Version::Tls10);
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
    let name = "protocol_version_mismatch";
    offer(upstream, settings, name, " -min_protocol TLSv1.2 ");
}

fn client_certificate(version: Version) {
    let lab = Lab::new();
    let directory = TempDir::new("reproduce");
    let wrong = lab.client(&Authority::root("Another Client Root"), "wrong-client");
    std::fs::copy(&wrong.chain, directory.file("client.crt")).unwrap();
    std::fs::copy(&wrong.key, directory.file("client.key")).unwrap();
    let upstream = Upstream::new(Stack::OpenSsl, lab.identity())
        .versions(version, version)
        .demand_client(&Authority::root("Example Client Root"));
    let settings = format!(
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;\nproxy_ssl_certificate {};\nproxy_ssl_certificate_key {};",
        wrong.chain.display(),
        wrong.key.display()
    );
    let name = "client_certificate_untrusted";
    let option = " -cert client.crt -key client.key ";
    reproduces(upstream, &settings, name, option, &directory);
}

#[test]
fn client_certificate_tls12() {
    client_certificate(Version::Tls12);
}

#[test]
fn client_certificate_tls13() {
    client_certificate(Version::Tls13);
}
