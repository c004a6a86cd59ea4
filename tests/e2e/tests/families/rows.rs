//! The rows, each for any family.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Sni, Version};

use super::lab::{Lab, Scene, API};

/// nginx verifies; this certificate is what the upstream has.
fn verified(family: Family, lab: &Lab, identity: Identity) -> Scene {
    let settings = lab.verify() + &format!("{{ssl}}_name {API};\n");
    Scene::new(family, family.upstream(identity).start(), &settings)
}

/// The upstream omits its intermediate.
pub(crate) fn row_01(family: Family) {
    let lab = Lab::new();
    let issuing = lab.root.intermediate("Example Issuing CA");
    let bare = issuing.issue(&Leaf::named(API).rsa()).without_chain();
    let failure = verified(family, &lab, bare).failure("certificate_chain_incomplete");
    let applicability = text(&failure.document, "nginx/upstream_tls/fix_applicability");
    assert_eq!(applicability, "manual");
}

/// The upstream is addressed by an IP address that its certificate holds; nginx cannot match it.
pub(crate) fn row_02(family: Family) {
    let lab = Lab::new();
    let identity = lab.root.issue(&Leaf::named(API).rsa().ip("127.0.0.1"));
    let peer = family.upstream(identity).start();
    let scene = Scene::new(family, peer, &lab.verify());
    let failure = scene.failure("certificate_hostname_mismatch");
    let sentence = &failure.line.sentence;
    assert!(sentence.contains("IP"), "{sentence}");
    scene.assert_fix_helps(&failure, &[("name", API)]);
}

fn client_certificate_required(family: Family, version: Version) {
    let (lab, clients) = (Lab::new(), Authority::root("Example Client Root"));
    let upstream = family.upstream(lab.identity()).versions(version, version);
    let peer = upstream.demand_client(&clients).start();
    let scene = Scene::new(family, peer, "{ssl}_protocols TLSv1.2 TLSv1.3;\n");
    let failure = scene.failure("client_certificate_required");
    let good = lab.client(&clients, "good-client");
    let values = [
        ("certificate", good.chain.to_str().unwrap()),
        ("certificate_key", good.key.to_str().unwrap()),
    ];
    scene.assert_fix_helps(&failure, &values);
}

fn client_certificate_untrusted(family: Family, version: Version) {
    let (lab, clients) = (Lab::new(), Authority::root("Example Client Root"));
    let upstream = family.upstream(lab.identity()).versions(version, version);
    let peer = upstream.demand_client(&clients).start();
    let wrong = lab.client(&Authority::root("Another Client Root"), "wrong-client");
    let settings = format!(
        "{{ssl}}_protocols TLSv1.2 TLSv1.3;\n{{ssl}}_certificate {};\n{{ssl}}_certificate_key {};\n",
        wrong.chain.display(),
        wrong.key.display()
    );
    Scene::new(family, peer, &settings).failure("client_certificate_untrusted");
}

/// A client certificate is wanted and there is none, TLS 1.3.
pub(crate) fn row_03(family: Family) {
    client_certificate_required(family, Version::Tls13);
}

/// A client certificate of another authority, TLS 1.3.
pub(crate) fn row_04(family: Family) {
    client_certificate_untrusted(family, Version::Tls13);
}

/// As row 3, TLS 1.2.
pub(crate) fn row_05(family: Family) {
    client_certificate_required(family, Version::Tls12);
}

/// As row 4, TLS 1.2.
pub(crate) fn row_06(family: Family) {
    client_certificate_untrusted(family, Version::Tls12);
}

/// nginx's list has a suite for ECDSA only, the upstream a certificate with an RSA key.
pub(crate) fn row_07(family: Family) {
    let lab = Lab::new();
    let peer = family.upstream(lab.identity()).start();
    let settings = "{ssl}_protocols TLSv1.2;\n{ssl}_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;\n";
    let scene = Scene::new(family, peer, settings);
    let failure = scene.failure("cipher_mismatch");
    scene.assert_fix_helps(&failure, &[]);
}

/// nginx offers TLS 1.2 at most, the upstream wants 1.3.
pub(crate) fn row_08(family: Family) {
    let lab = Lab::new();
    let upstream = family.upstream(lab.identity());
    let peer = upstream.versions(Version::Tls13, Version::Tls13).start();
    let scene = Scene::new(family, peer, "{ssl}_protocols TLSv1.2;\n");
    let failure = scene.failure("protocol_version_mismatch");
    scene.assert_fix_helps(&failure, &[]);
}

/// The upstream speaks HTTP.
pub(crate) fn row_09(family: Family) {
    let scene = Scene::new(family, scripted::start(Script::PlainHttp), "");
    scene.failure("plaintext_upstream");
}

/// The name of the upstream block is sent, which the upstream does not know.
pub(crate) fn row_10(family: Family) {
    let lab = Lab::new();
    let upstream = family.upstream(lab.identity());
    let peer = upstream.sni(Sni::Only(API.into())).start();
    let scene = Scene::new(family, peer, "{ssl}_server_name on;\n").block("backend");
    let failure = scene.failure("sni_unrecognized");
    scene.assert_fix_helps(&failure, &[("name", API)]);
}

/// The certificate has expired.
pub(crate) fn row_11(family: Family) {
    let lab = Lab::new();
    let expired = lab.root.issue(&Leaf::named(API).rsa().valid(-20, -2));
    verified(family, &lab, expired).failure("certificate_expired");
}

/// The upstream accepts and stays silent.
pub(crate) fn row_12(family: Family) {
    let peer = scripted::start(Script::Silence);
    let settings = match family {
        Family::Grpc => "grpc_connect_timeout 300ms;\n",
        Family::Uwsgi => "uwsgi_connect_timeout 300ms;\n",
        _ => "proxy_connect_timeout 300ms;\n",
    };
    Scene::new(family, peer, settings).timeout("handshake_timeout");
}

/// Two intermediates, the default depth of one.
pub(crate) fn row_13(family: Family) {
    let lab = Lab::new();
    let policy = lab.root.intermediate("Example Policy CA");
    let issuing = policy.intermediate("Example Issuing CA");
    let scene = verified(family, &lab, issuing.issue(&Leaf::named(API).rsa()));
    let failure = scene.failure("certificate_chain_too_long");
    let depth = scene.directive("verify_depth") + " 2;";
    assert_eq!(failure.line.fix, [depth]);
    scene.assert_fix_helps(&failure, &[]);
}

/// A session from a place that does not verify is resumed by one that does.
pub(crate) fn row_14(family: Family) {
    let lab = Lab::new();
    let peer = family.upstream(lab.identity()).start();
    let strict = lab.verify() + &format!("{{ssl}}_name {API};\n");
    let scene = Scene::new(family, peer, "").block("backend");
    let scene = scene.after_one_without(&strict);
    let failure = scene.failure("verify_result_inherited");
    scene.assert_fix_helps(&failure, &[]);
}

/// A name is needed and none is sent.
pub(crate) fn row_15(family: Family) {
    let lab = Lab::new();
    let upstream = family.upstream(lab.identity());
    let peer = upstream.sni(Sni::Only(API.into())).start();
    let scene = Scene::new(family, peer, "").block(API);
    let failure = scene.failure("sni_missing");
    scene.assert_fix_helps(&failure, &[("name", API)]);
}
