//! No TLS at all, or nothing at all.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::lab::{Lab, Place};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::Stack;

fn plaintext(words: &str, place: impl Into<Place>, says: &str) {
    let scene = Scene::of("plaintext_upstream", words, place, None);
    scene.assert_native(&["SSL_do_handshake() failed"]);
    // Only a record header was read; its "length" is text, and no bytes.
    assert_eq!(scene.at("received/bytes"), Some(&5.into()));
    scene.assert_says(says);
}

fn plain_http(place: impl Into<Place>) {
    plaintext("HTTP with an empty answer", place, "HTTP");
}
on_stacks!(plain_http: families);

#[test]
fn nginx_without_ssl() {
    plaintext("HTTP", Stack::Nginx, "HTTP");
}

#[test]
fn plain_smtp_and_ssh() {
    plaintext("SMTP", Stack::OpenSsl, "SMTP");
    plaintext("SSH", Stack::OpenSsl, "SSH");
}

fn silence(place: impl Into<Place>) {
    let place = place.into();
    let scene = Scene::of("handshake_timeout", "after the ClientHello", place, None);
    if place.family == Family::Stream {
        return assert_eq!(scene.native, "", "nginx says nothing");
    }
    // nginx before 1.21 asks the C library for errors in a way that newer ones do not answer.
    scene.assert_native(&[
        "upstream timed out (110: Connection timed out) while SSL handshaking to upstream",
        "upstream timed out (110: Unknown error) while SSL handshaking to upstream",
    ]);
}
on_stacks!(silence: families);

/// Nothing decides: what is left to try on this side comes before the upstream's log.
#[test]
fn what_decides_nothing_hands_on_what_is_left() {
    let setup = Setup::script(Script::CloseAfterHello);
    let scene = Scene::meet("peer_closed", Lab::new(), setup);
    assert!(!scene.line.fix.is_empty(), "{:#?}", scene.line);
    assert_eq!(scene.line.confidence, "possible");
    let action = scene.text("action");
    let log = "if that does not help, look at the upstream's or balancer's log";
    assert!(action.starts_with(log), "{action}");
    assert!(!action.contains("else"), "{action}");
}
