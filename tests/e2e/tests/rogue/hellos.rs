//! One packet is enough: a ServerHello in the clear, which nobody has signed.

use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::peers::rogue::Face;

use crate::lab::Scene;

const SETTINGS: &str = "{ssl}_protocols TLSv1.2 TLSv1.3;\n";

/// A ServerHello of this version, in its old place or in the extension that TLS 1.3 has for it
/// (RFC 8446 sections 4.1.3 and 4.2.1).
fn server_hello(legacy: u16, chosen: Option<u16>) -> Vec<u8> {
    let mut hello = legacy.to_be_bytes().to_vec();
    hello.extend([0x41; 32]);
    // No session, ECDHE-RSA-AES256-SHA, no compression.
    hello.extend([0, 0xc0, 0x14, 0]);
    if let Some(chosen) = chosen {
        hello.extend([0, 6, 0, 43, 0, 2]);
        hello.extend(chosen.to_be_bytes());
    }
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 3, 0, length + 4, 2, 0, 0, length];
    record.extend(hello);
    record
}

fn scene(family: Family, record: Vec<u8>) -> Scene {
    Scene::own_name(family, Face::Reply(record), SETTINGS)
}

/// A version that is no version of TLS is no setting's fault: SSL 3.0, nothing at all, a draft's, a
/// datagram's.
fn nobody_has(family: Family, hello: fn(u16) -> Vec<u8>) {
    let versions = [
        0x0000, 0x0001, 0x0100, 0x0200, 0x02ff, 0x0300, 0x0305, 0x03ff, 0x0400, 0x7f1c, 0xfefd,
        0xffff,
    ];
    let faces = versions.map(|version| Face::Reply(hello(version)));
    for failure in scene(family, Vec::new()).failures(&faces) {
        failure.assert_name("protocol_violation");
        assert!(failure.line.fix.is_empty(), "{:#?}", failure.line);
        assert_eq!(failure.line.label, None, "{:#?}", failure.line);
    }
}

pub(crate) fn version_that_nobody_has(family: Family) {
    nobody_has(family, |version| server_hello(version, None));
}

/// The same in supported_versions.
pub(crate) fn chosen_version_that_nobody_has(family: Family) {
    nobody_has(family, |version| server_hello(0x0303, Some(version)));
}

/// Parameters that nobody looked at the signature of: nginx gives up first. Without them nginx offers no
/// plain RSA key exchange, which it did not before either. Not every build of OpenSSL refuses 1024 bits
/// unless told to.
pub(crate) fn short_group(family: Family) {
    let settings = "{ssl}_protocols TLSv1.2;\n{ssl}_ciphers HIGH:!aNULL:!MD5:!kRSA:@SECLEVEL=2;\n";
    let scene = Scene::own_name(family, Face::ShortDh, settings);
    let failure = scene.failure("dh_key_too_small");
    assert_eq!(failure.line.label, None, "{:#?}", failure.line);
    scene.assert_fix_is_safe(&failure);
}

/// TLS 1.0 is a version that some upstream may have, and anybody on the way can say so: likely, and said
/// to weaken.
pub(crate) fn version_not_offered(family: Family) {
    let scene = scene(family, server_hello(0x0301, None));
    let failure = scene.failure("protocol_version_mismatch");
    let line = &failure.line;
    assert_eq!(line.confidence, "likely", "{line:#?}");
    assert_eq!(line.label.as_deref(), Some("weakens security"), "{line:#?}");
    scene.assert_fix_is_safe(&failure);
}
