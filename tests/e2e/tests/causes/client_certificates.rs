//! The upstream wants a client certificate. What TLS 1.3 shows of it differs by stack.

use tlsdiag_e2e::causes::Scene;
use tlsdiag_e2e::lab::Place;
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::{Stack, Version};

/// Alert numbers differ: 116 (OpenSSL), 42 (Go, Java), or no alert but the end.
const LATE: [&str; 4] = [
    "SSL_read() failed",
    "SSL_do_handshake() failed",
    "upstream prematurely closed connection",
    "(32: Broken pipe)",
];
const EARLY: [&str; 4] = [
    "SSL alert number",
    "peer closed",
    "Connection reset by peer",
    // nginx before 1.20.2 on OpenSSL 3.
    "unexpected eof while reading",
];

/// Wanted, none there.
fn required(place: impl Into<Place>, version: Version, native: &[&str]) {
    let scene = Scene::of("client_certificate_required", "none given", place, version);
    scene.assert_native(native);
    assert_eq!(scene.text("fix_applicability"), "placeholder");
    scene.assert_fix_helps();
}

fn none_in_tls13(place: impl Into<Place>) {
    required(place, Version::Tls13, &LATE);
}
on_stacks!(none_in_tls13: families, GnuTls, Go, Java, Node, Python);

fn none_in_tls12(place: impl Into<Place>) {
    required(place, Version::Tls12, &EARLY);
}
on_stacks!(none_in_tls12: families, GnuTls, Go, Java, Node, Python);

/// On OpenSSL the native text is the catalogue's: numbers stay, names differ by version.
#[test]
fn none_in_tls13_in_nginx_s_words() {
    let texts = [
        "SSL_read() failed (SSL: error:0A00045C:",
        "SSL_read() failed (SSL: error:1409445C:",
    ];
    required(Stack::OpenSsl, Version::Tls13, &texts);
}

/// Wanted, one of another authority is there.
fn untrusted(place: impl Into<Place>, version: Version, native: &[&str]) {
    let name = "client_certificate_untrusted";
    let scene = Scene::of(name, "of another authority", place, version);
    scene.assert_native(native);
}

fn untrusted_in_tls13(place: impl Into<Place>) {
    untrusted(place, Version::Tls13, &LATE);
}
on_stacks!(untrusted_in_tls13: families, GnuTls, Go, Java, Node, Python);

fn untrusted_in_tls12(place: impl Into<Place>) {
    untrusted(place, Version::Tls12, &EARLY);
}
on_stacks!(untrusted_in_tls12: families, GnuTls, Go, Java, Node, Python);
