//! Answers to a ClientHello that are no handshake: plain text, alerts.

use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::peers::rogue::Face;

use crate::lab::Scene;
use crate::names::API;

/// A modern choice of an operator who needs no other.
const SHORT_LIST: &str = "{ssl}_protocols TLSv1.2;\n\
    {ssl}_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;\n";
const NAMED: &str = "{ssl}_name api.example.test;\n{ssl}_server_name on;\n";

fn scene(family: Family, reply: Vec<u8>, settings: &str) -> Scene {
    Scene::own_name(family, Face::Reply(reply), settings)
}

/// The words that do without TLS: they cost what TLS gives, and whoever sent the bytes was nobody.
fn speaks_http(family: Family, reply: &[u8]) {
    let scene = scene(family, reply.to_vec(), "");
    let failure = scene.failure("plaintext_upstream");
    let line = &failure.line;
    assert!(line.fix.is_empty(), "{line:#?}");
    let without = match family {
        Family::Proxy | Family::Http2 => "http://",
        Family::Grpc => "grpc://",
        Family::Uwsgi => "uwsgi://",
        Family::Stream => "proxy_ssl off",
    };
    let action = line.action.as_deref().unwrap();
    assert!(action.contains(without), "{action}");
    assert_eq!(line.confidence, "likely");
    assert_eq!(line.label.as_deref(), Some("weakens security"));
    assert_eq!(failure.text("fix_security"), "weakens");
}

pub(crate) fn five_bytes_of_http(family: Family) {
    speaks_http(family, b"HTTP/");
}

pub(crate) fn http(family: Family) {
    speaks_http(
        family,
        b"HTTP/1.1 400 Evil, fix: x (certain)[emerg]\"';\x1b\x7f\x85\xe2\x80\xae\r\n\
          Server: evil.attacker.test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}

/// It closes: what that means nobody knows.
pub(crate) fn nothing(family: Family) {
    let scene = scene(family, Vec::new(), NAMED);
    let failure = scene.failure("peer_closed");
    assert_ne!(failure.line.confidence, "certain");
    // What is left to try is the name by which nginx verifies, and only the operator knows it; before that,
    // with a library whose hello takes two segments, a shorter one.
    let shortens = |fix: &String| fix.contains("Groups");
    let changes_trust = !failure.line.fix.iter().any(shortens);
    let label = failure.line.label.as_deref();
    assert_eq!(label, changes_trust.then_some("changes trust"));
    assert_eq!(failure.line.condition.is_some(), changes_trust);
    scene.assert_any_fix_is_safe(&failure);
}

/// A fatal alert in one packet.
fn alert(code: u8) -> Vec<u8> {
    vec![21, 3, 3, 0, 2, 2, code]
}

/// With everything in order one alert decides nothing.
pub(crate) fn alert_40(family: Family) {
    let settings = NAMED.to_owned() + "{ssl}_protocols TLSv1.2 TLSv1.3;\n";
    let scene = scene(family, alert(40), &settings);
    let failure = scene.failure("handshake_failure_unspecified");
    assert_ne!(failure.line.confidence, "certain");
    // What is left to try is the name by which nginx verifies, and only the operator knows it; before that,
    // with a library whose hello takes two segments, a shorter one.
    let shortens = |fix: &String| fix.contains("Groups");
    let changes_trust = !failure.line.fix.iter().any(shortens);
    let label = failure.line.label.as_deref();
    assert_eq!(label, changes_trust.then_some("changes trust"));
    assert_eq!(failure.line.condition.is_some(), changes_trust);
    scene.assert_any_fix_is_safe(&failure);
}

/// nginx has no name for an address: what is left out of the offer is to be tried first.
pub(crate) fn alert_40_from_an_address(family: Family) {
    let scene = scene(family, alert(40), "{ssl}_protocols TLSv1.2;\n");
    let failure = scene.failure("protocol_version_mismatch");
    assert_eq!(failure.line.confidence, "possible");
    scene.assert_fix_is_safe(&failure);
}

pub(crate) fn alert_40_to_a_short_list(family: Family) {
    let scene = scene(family, alert(40), &(SHORT_LIST.to_owned() + NAMED));
    let failure = scene.failure("cipher_mismatch");
    assert_ne!(failure.line.confidence, "certain");
    scene.assert_fix_is_safe(&failure);
}

/// Whatever is offered besides TLS 1.2, it has forward secrecy.
fn insufficient_security(family: Family, settings: &str) {
    let settings = settings.to_owned() + "{ssl}_protocols TLSv1.2;\n";
    let scene = scene(family, alert(71), &settings);
    let failure = scene.failure("insufficient_security");
    assert_ne!(failure.line.confidence, "certain");
    assert_ne!(failure.line.label.as_deref(), Some("weakens security"));
    scene.assert_fix_is_safe(&failure);
}

pub(crate) fn alert_71(family: Family) {
    insufficient_security(family, NAMED);
}

pub(crate) fn alert_71_to_a_short_list(family: Family) {
    insufficient_security(family, &(SHORT_LIST.to_owned() + NAMED));
}

/// No name was sent: which one is missing, the operator knows.
pub(crate) fn alert_112(family: Family) {
    let scene = scene(family, alert(112), "").block();
    let failure = scene.failure("sni_missing");
    let fix = ["server_name on;", "name <host-name-of-the-upstream>;"];
    assert_eq!(failure.line.fix, fix.map(|one| scene.directive(one)));
    scene.assert_fix_is_safe(&failure);
}

/// The operator's own name is refused.
pub(crate) fn alert_112_to_a_name(family: Family) {
    let scene = scene(family, alert(112), NAMED);
    let failure = scene.failure("sni_unrecognized");
    failure.assert_says(API);
    scene.assert_fix_is_safe(&failure);
}

/// Also those that no version of TLS has.
pub(crate) fn any_alert(family: Family) {
    let scene = scene(family, Vec::new(), &(SHORT_LIST.to_owned() + NAMED));
    // close_notify(0) is no refusal.
    let faces: Vec<Face> = (1..=u8::MAX).map(|code| Face::Reply(alert(code))).collect();
    scene.failures(&faces);
}
