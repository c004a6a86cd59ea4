//! The name in the ClientHello. Every stack says it with another alert, or none, and Java in TLS 1.3
//! only after its ServerHello.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::lab::{Lab, Place, API};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::{Sni, Stack, Version};

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

/// The name of an upstream block is sent.
fn wrong_name(place: impl Into<Place>, words: &str) {
    let place = place.into();
    for version in VERSIONS {
        let scene = Scene::of("sni_unrecognized", words, place, version);
        scene.assert_says("backend");
        scene.assert_fix_helps();
    }
}

fn wrong_name_sent(place: impl Into<Place>) {
    wrong_name(place, "name of the upstream block, one name served");
}
on_stacks!(wrong_name_sent: families, GnuTls, Go, Java, Node, Python, Nginx);

fn wrong_name_sent_and_no_certificate(stack: Stack) {
    let words = "name of the upstream block, certificate by name only";
    wrong_name(stack, words);
}
on_stacks!(wrong_name_sent_and_no_certificate: OpenSsl, Go, Java, Python);

/// No name is sent, as is nginx's default; the host is known, from the block or from `proxy_ssl_name`.
fn no_name(place: impl Into<Place>, words: &str) {
    let place = place.into();
    for version in VERSIONS {
        let scene = Scene::of("sni_missing", words, place, version);
        let first = scene.line.fix.first().unwrap();
        assert_eq!(*first, place.family.directive("proxy_ssl_server_name on;"));
        scene.assert_fix_helps();
    }
}

fn no_name_sent(place: impl Into<Place>) {
    no_name(place, "none sent, one name served");
}
on_stacks!(no_name_sent: families, Go, Python, Nginx);

/// One directive is missing, no value.
fn no_name_sent_and_no_certificate(place: impl Into<Place>) {
    no_name(place, "none sent, certificate by name only");
}
on_stacks!(no_name_sent_and_no_certificate: OpenSsl, Go, Java, Node, Python);

/// An upstream that has its certificate by name only.
fn by_name(describe: impl Fn(Setup) -> Setup) -> Scene {
    let lab = Lab::new();
    let upstream = lab.good().sni(Sni::CertificateFor(API.into()));
    let setup = describe(Setup::to(upstream));
    Scene::meet("sni_missing", lab, setup)
}

/// The block is named as the host is: that name would be sent.
#[test]
fn a_block_named_as_the_host() {
    let scene = by_name(|setup| setup.block(API));
    scene.assert_native(&["SSL alert number 40"]);
    scene.assert_fix_helps();
}

/// The upstream is an address, but `proxy_ssl_name` is there: one directive is missing, no value.
#[test]
fn a_configured_name() {
    let scene = by_name(|setup| setup.set("proxy_ssl_name api.example.test;"));
    scene.assert_fix(&["proxy_ssl_server_name on;"]);
    scene.assert_fix_helps();
}

/// nginx is told to send a name and has only an address, which it never sends: the directive that stands
/// there must not come twice.
#[test]
fn switched_on_for_an_address() {
    let address = "proxy_ssl_server_name on; proxy_ssl_name 127.0.0.1;";
    let scene = by_name(|setup| setup.block("backend").set(address));
    scene.assert_fix(&["proxy_ssl_name <host-name-of-the-upstream>;"]);
    scene.assert_fix_helps();
}
