//! The upstream's certificate, where nginx verifies.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::certs::{Identity, Leaf};
use tlsdiag_e2e::lab::{Lab, Place, API, NAMED};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::{Stack, Version};

const HOST: &str = "proxy_ssl_name <host-name-of-the-upstream>;";

fn intermediate_omitted(place: impl Into<Place>) {
    let scene = Scene::of(
        "certificate_chain_incomplete",
        "one intermediate",
        place,
        None,
    );
    scene.assert_native(&["upstream SSL certificate verify error: (21:", "error: (20:"]);
    scene.assert_manual("intermediate");
}
on_stacks!(intermediate_omitted: families, GnuTls, Go, Java, Node);

/// nginx cannot match the IP address that it has for a name.
fn address_compared(place: impl Into<Place>) {
    let name = "certificate_hostname_mismatch";
    let scene = Scene::of(name, "address compared, IP SAN there", place, None);
    scene.assert_native(&["upstream SSL certificate does not match \"127.0.0.1\""]);
    scene.assert_says("IP");
    scene.assert_fix(&[HOST]);
    let presented = format!("'{API}' is the host you mean");
    assert_eq!(scene.line.condition.as_deref(), Some(presented.as_str()));
    scene.assert_fix_helps();
}
on_stacks!(address_compared: families, GnuTls, Go);

/// The same with no DNS name at all: nothing nginx could compare.
#[test]
fn address_compared_and_no_name_there() {
    let lab = Lab::new();
    let mut leaf = Leaf::named("appliance").ip("127.0.0.1");
    leaf.dns.clear();
    let setup = Setup::to(lab.issue(&leaf)).set(&lab.verify());
    let scene = Scene::meet("certificate_hostname_mismatch", lab, setup);
    scene.assert_says("IP");
    assert_ne!(scene.line.label.as_deref(), Some("weakens security"));
}

/// Somebody else answers at the upstream's address, with a certificate of the same authority: the name
/// in it is not printed for pasting, whether SNI was sent or not.
fn another_host(words: &str, version: Version, fix: &[&str]) {
    let name = "certificate_hostname_mismatch";
    let scene = Scene::of(name, words, Stack::OpenSsl, version);
    scene.assert_fix(fix);
    assert_eq!(scene.line.confidence, "certain");
    scene.assert_says("www.example.test");
    assert_eq!(scene.text("fix_applicability"), "placeholder");
}

#[test]
fn another_host_with_sni() {
    let words = "certificate of another host, name sent";
    another_host(words, Version::Tls12, &[HOST]);
}

#[test]
fn another_host_without_sni() {
    let words = "certificate of another host, no name sent";
    another_host(words, Version::Tls13, &["proxy_ssl_server_name on;", HOST]);
}

/// Without SNI the upstream presents what it has for nobody in particular, which is often no good.
fn default_certificate(place: impl Into<Place>) {
    let place = place.into();
    for name in ["certificate_self_signed", "certificate_expired"] {
        let scene = Scene::of(name, "default certificate, no name sent", place, None);
        assert_eq!(scene.line.confidence, "likely");
        scene.assert_fix(&["proxy_ssl_server_name on;"]);
        let because = scene.texts("diagnosis/because");
        assert!(because.contains(&"no_server_name_sent".to_owned()));
        assert_eq!(scene.texts("diagnosis/alternatives")[0], "sni_missing");
        let action = scene.text("action");
        let condition = "if the same certificate comes with SNI, too: ";
        assert!(action.starts_with(condition), "{action}");
        scene.assert_fix_helps();
    }
}
on_stacks!(default_certificate: OpenSsl, Go, Nginx);

/// The same certificates with SNI are the upstream's own: nothing is doubtful then.
#[test]
fn not_the_default_certificate() {
    let lab = Lab::new();
    let own = Identity::self_signed(&Leaf::named("traefik.default").rsa());
    let setup = Setup::to(lab.with(own)).set(&lab.verify()).set(NAMED);
    let scene = Scene::meet("certificate_self_signed", lab, setup);
    assert_eq!(scene.line.confidence, "certain");
    scene.assert_fix(&["proxy_ssl_trusted_certificate </path/to/upstream-certificate.pem>;"]);
}

fn expired(place: impl Into<Place>) {
    let scene = Scene::of("certificate_expired", "two days ago", place, None);
    scene.assert_native(&["upstream SSL certificate verify error: (10:"]);
    scene.assert_manual("renew");
}
on_stacks!(expired: families, GnuTls, Go, Java, Node, Python, Nginx);

/// The default depth is one.
fn two_intermediates(place: impl Into<Place>) {
    let name = "certificate_chain_too_long";
    let scene = Scene::of(name, "two intermediates", place, None);
    scene.assert_native(&["verify error: (20:", "verify error: (22:"]);
    scene.assert_fix(&["proxy_ssl_verify_depth 2;"]);
    assert_eq!(scene.text("fix_applicability"), "machine");
    scene.assert_fix_helps();
}
on_stacks!(two_intermediates: families, GnuTls, Go, Java, Nginx);

/// A session from a location that does not verify is resumed by one that does.
fn resumed(words: &str, place: impl Into<Place>, version: Option<Version>) {
    let scene = Scene::of("verify_result_inherited", words, place, version);
    scene.assert_native(&[
        "verify error: (18:",
        "verify error: (20:",
        "verify error: (21:",
    ]);
    assert_eq!(scene.at("verify/inherited"), Some(&true.into()));
    scene.assert_fix_helps();
}

fn verdict_of_a_session(place: impl Into<Place>) {
    let place = place.into();
    for version in [Version::Tls12, Version::Tls13] {
        let words = "session of a location without verification";
        resumed(words, place, Some(version));
    }
}
on_stacks!(verdict_of_a_session: families, GnuTls, Go, Node, Nginx);

fn verdict_of_a_session_in_a_zone(stack: Stack) {
    resumed("the same kept in a zone", stack, Some(Version::Tls12));
}
on_stacks!(verdict_of_a_session_in_a_zone: OpenSsl, Go);
