//! Certificates of rogues, where nginx verifies.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::observe::foreign;
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::peers::rogue::Face;
use tlsdiag_e2e::trial::Failure;

use crate::lab::{own_names, Scene};
use crate::names::{API, EVIL, SUBJECT, URL};
use crate::trust::places;

fn scene(family: Family, lab: Lab, identity: Identity, settings: &str) -> Scene {
    Scene::new(family, lab, identity, Face::Handshake, settings)
}

/// The condition in the line, without anybody else's words.
fn condition(failure: &Failure) -> foreign::Words {
    let condition = failure.line.condition.as_deref();
    foreign::words(condition.expect("a condition")).unwrap()
}

/// The certificate of the same authority is for the rogue's own name: `fix` takes the operator's name,
/// and the line says whose name was presented.
fn own_name(scene: &Scene, fix: &[&str]) {
    let failure = scene.failure("certificate_hostname_mismatch");
    let line = &failure.line;
    let fix: Vec<String> = fix.iter().map(|name| scene.directive(name)).collect();
    assert_eq!(line.fix, fix);
    assert_eq!(line.confidence, "certain");
    let presented = foreign::words(&line.sentence).unwrap().foreign;
    assert!(presented.contains(&EVIL.to_owned()), "{}", line.sentence);
    let condition = condition(&failure);
    let meant = "is the host you mean";
    assert!(condition.own.contains(meant), "{condition:?}");
    scene.assert_fix_is_safe(&failure);
}

const NAMED: &str = "{ssl}_name api.example.test;\n{ssl}_server_name on;\n";
const HOST: &str = "name <host-name-of-the-upstream>;";

pub(crate) fn own_name_by_address(family: Family) {
    own_name(&Scene::own_name(family, Face::Handshake, ""), &[HOST]);
}

pub(crate) fn own_name_by_block(family: Family) {
    let scene = Scene::own_name(family, Face::Handshake, "").block();
    own_name(&scene, &["server_name on;", HOST]);
}

/// nginx sends the name that it compares.
pub(crate) fn own_name_with_server_name(family: Family) {
    let scene = Scene::own_name(family, Face::Handshake, NAMED).block();
    let failure = scene.failure("certificate_hostname_mismatch");
    // The name stands there already, and it is right: another one is not for us to name.
    assert_eq!(failure.line.confidence, "certain");
    scene.assert_any_fix_is_safe(&failure);
}

/// A fix that trusts more: which file, is the operator's to say.
fn trusts(scene: &Scene, name: &str, file: &str) -> Failure {
    let failure = scene.failure(name);
    let line = &failure.line;
    let directive = scene.directive(&format!("trusted_certificate <{file}>;"));
    assert_eq!(line.fix, [directive]);
    assert_eq!(line.confidence, "certain");
    assert_eq!(line.label.as_deref(), Some("changes trust"));
    let condition = condition(&failure);
    let compare = "compared out of band";
    assert!(condition.own.contains(compare), "{condition:?}");
    assert!(!condition.foreign.is_empty(), "{condition:?}");
    scene.assert_fix_is_safe(&failure);
    failure
}

pub(crate) fn self_signed(family: Family) {
    let identity = Identity::self_signed(&own_names());
    let scene = scene(family, Lab::new(), identity, NAMED);
    let file = "/path/to/upstream-certificate.pem";
    trusts(&scene, "certificate_self_signed", file);
}

/// It may be a default certificate; with a name it is the same one.
pub(crate) fn self_signed_without_server_name(family: Family) {
    let identity = Identity::self_signed(&own_names());
    let scene = scene(family, Lab::new(), identity, "").block();
    let failure = scene.failure("certificate_self_signed");
    assert_ne!(failure.line.confidence, "certain");
    scene.assert_fix_is_safe(&failure);
}

/// The name is to hand, but was not sent.
pub(crate) fn self_signed_with_a_name_unsent(family: Family) {
    let identity = Identity::self_signed(&own_names());
    let settings = format!("{{ssl}}_name {API};\n");
    let scene = scene(family, Lab::new(), identity, &settings);
    let failure = scene.failure("certificate_self_signed");
    assert_ne!(failure.line.confidence, "certain");
    scene.assert_fix_is_safe(&failure);
}

/// The whole chain of an authority of its own, root included, for the name that nginx means.
pub(crate) fn own_root(family: Family) {
    let root = Authority::root(SUBJECT);
    let mut identity = root.issue(&Leaf::named(API).rsa());
    identity.chain.push(root.certificate().clone());
    let scene = scene(family, Lab::new(), identity, NAMED);
    trusts(&scene, "certificate_issuer_unknown", "/path/to/root-ca.pem");
}

/// The address in a certificate that nobody verified stands in the document, at its own place, and makes
/// nothing more certain, whatever its issuer is called.
pub(crate) fn issuer_url(family: Family) {
    told_where_the_issuer_is(family, SUBJECT, "certificate_issuer_unknown");
    let like_the_operator_s = "Example Issuing CA";
    told_where_the_issuer_is(family, like_the_operator_s, "certificate_chain_incomplete");
}

/// Without the address the answer has this name. With it an intermediate may be missing, which is as sure.
fn told_where_the_issuer_is(family: Family, issuer: &str, name: &str) {
    let failure = |leaf: &Leaf, name: &str| {
        let issuing = Authority::root("Evil Root").intermediate(issuer);
        let identity = issuing.issue(leaf).without_chain();
        let settings = format!("{{ssl}}_name {API};\n");
        let scene = scene(family, Lab::new(), identity, &settings);
        let failure = scene.failure(name);
        scene.assert_any_fix_is_safe(&failure);
        failure
    };
    let mut leaf = Leaf::named(API).rsa();
    let without = failure(&leaf, name);
    leaf = leaf.issuer_url(URL);
    let with = failure(&leaf, "certificate_chain_incomplete");
    for failure in [&with, &without] {
        assert_eq!(failure.line.confidence, "possible");
    }
    assert!(!with.line.ours.contains("http:"), "{}", with.line.ours);
    let found = places(&with.document, &|text| text.contains("http:"));
    assert_eq!(found, ["/nginx/upstream_tls/verify/issuer_url"]);
}

/// No certificate authority has to look at the names: here all of them are empty.
pub(crate) fn no_names(family: Family) {
    let lab = Lab::new();
    let mut leaf = Leaf::named("").rsa();
    leaf.dns.push(String::new());
    let identity = lab.root.issue(&leaf);
    let scene = scene(family, lab, identity, "");
    let failure = scene.failure("certificate_hostname_mismatch");
    assert_eq!(at(&failure.document, "tls/server/subject"), None);
    let names = "tls/server/x509/alternative_names";
    assert_eq!(at(&failure.document, names), None);
    scene.assert_fix_is_safe(&failure);
}

/// Neither subject nor issuer.
pub(crate) fn no_subject(family: Family) {
    let mut leaf = Leaf::named(API).rsa();
    leaf.common_name.clear();
    let identity = Identity::self_signed(&leaf);
    let scene = scene(family, Lab::new(), identity, NAMED);
    let failure = scene.failure("certificate_self_signed");
    assert_eq!(at(&failure.document, "tls/server/subject"), None);
    scene.assert_fix_is_safe(&failure);
}

/// The rogue demands a client certificate and lists an authority with a name of its own making.
pub(crate) fn demanded_client_certificate(family: Family) {
    for authority in [SUBJECT, ""] {
        let face = Face::Demand(authority.to_owned());
        let scene = Scene::own_name(family, face, "{ssl}_protocols TLSv1.2;\n");
        let failure = scene.failure("client_certificate_required");
        let listed = failure.at("received/certificate_authorities");
        assert_eq!(listed.is_none(), authority.is_empty());
        assert_eq!(failure.text("fix_applicability"), "placeholder");
        scene.assert_fix_is_safe(&failure);
    }
}
