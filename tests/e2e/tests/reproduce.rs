//! The command in the document, pasted into a shell, meets the alert that nginx met.

use std::process::{Command, Stdio};

use tlsdiag_e2e::causes::{Cause, Scene};
use tlsdiag_e2e::peers::{Stack, Version};
use tlsdiag_e2e::require;
use tlsdiag_e2e::tempdir::TempDir;

/// The upstream sends an alert, and so it does to the command, which has this option. nginx's client
/// certificate and key are at hand under the names that the command uses.
fn reproduces(name: &str, words: &str, stack: Stack, version: Version, option: &str) {
    let (lab, setup) = Cause::find(name, words).set_up(stack, Some(version));
    let directory = TempDir::new("reproduce");
    for (written, meant) in [
        ("wrong-client.pem", "client.crt"),
        ("wrong-client.key", "client.key"),
    ] {
        // Where the cause is another there is none.
        let _ = std::fs::copy(lab.directory.file(written), directory.file(meant));
    }
    let scene = Scene::meet(name, lab, setup);
    let alert = format!("SSL alert number {}", scene.at("alert/code").unwrap());
    scene.assert_native(&[&alert]);
    let command = scene.text("reproduce");
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

#[test]
fn groups() {
    let words = "nginx X448 only, which Go lacks";
    let option = " -groups X448 ";
    reproduces("group_mismatch", words, Stack::Go, Version::Tls13, option);
}

#[test]
fn tls13_suites() {
    let words = "nginx with AES-CCM only";
    let option = " -ciphersuites TLS_AES_128_CCM_SHA256 ";
    reproduces("cipher_mismatch", words, Stack::Go, Version::Tls13, option);
}

#[test]
fn signature_algorithms() {
    let words = "nginx ECDSA only, no word of suites";
    let option = " -sigalgs ecdsa_secp256r1_sha256 ";
    let name = "signature_algorithm_mismatch";
    reproduces(name, words, Stack::OpenSsl, Version::Tls13, option);
}

#[test]
fn suites() {
    let option = " -cipher ECDHE-RSA-AES128-GCM-SHA256 ";
    let (stack, version) = (Stack::OpenSsl, Version::Tls12);
    reproduces("cipher_mismatch", "one suite each", stack, version, option);
}

/// The command must not offer TLS 1.0, which `s_client` would do by itself.
#[test]
fn versions() {
    let words = "upstream TLS 1.0 only, nginx 1.2 and newer";
    let option = " -min_protocol TLSv1.2 ";
    let name = "protocol_version_mismatch";
    reproduces(name, words, Stack::OpenSsl, Version::Tls10, option);
}

#[test]
fn client_certificates() {
    for version in [Version::Tls12, Version::Tls13] {
        let option = " -cert client.crt -key client.key ";
        let name = "client_certificate_untrusted";
        reproduces(
            name,
            "of another authority",
            Stack::OpenSsl,
            version,
            option,
        );
    }
}
