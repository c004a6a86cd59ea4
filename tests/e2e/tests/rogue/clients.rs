//! Clients that choose the name: by `Host`, by another header, in stream by their own server_name.

use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::observe::foreign;
use tlsdiag_e2e::peers::rogue::Face;

use crate::lab::{Client, Scene};
use crate::names::{host, EVIL, NAME};

const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// Which words of a client's are where a name is looked up: in stream nothing but its server_name.
fn client(family: Family, host: &'static str) -> Client {
    Client {
        host: if family == Family::Stream { EVIL } else { host },
        name: host,
    }
}

fn fix(scene: &Scene) -> [String; 1] {
    [scene.directive("name <host-name-of-the-upstream>;")]
}

/// The client's words are in the sentence, where a reader sees whose they are, and not in the fix.
fn refused(scene: &Scene) {
    let failure = scene.failure("sni_unrecognized");
    let line = &failure.line;
    assert_eq!(line.fix, fix(scene));
    let words = foreign::words(&line.sentence).unwrap();
    assert!(!words.foreign.is_empty(), "{}", line.sentence);
    for failure in scene.assert_fix_is_safe(&failure) {
        // What a client says is nobody's configuration.
        let sentence = &failure.line.sentence;
        assert!(!sentence.contains("configured"), "{sentence}");
    }
}

/// What the client said is compared with the rogue's certificate.
fn compared(scene: &Scene) {
    let failure = scene.failure("certificate_hostname_mismatch");
    assert_eq!(failure.line.fix, fix(scene));
    scene.assert_fix_is_safe(&failure);
}

/// `proxy_pass https://$host`, and the rogue does not know the name.
pub(crate) fn chosen_host(family: Family) {
    for host in [EVIL, host()] {
        let face = Face::Reply(UNRECOGNIZED_NAME.to_vec());
        let scene = Scene::own_name(family, face, "{ssl}_server_name on;\n");
        refused(&scene.chosen_by(client(family, host)));
    }
}

/// `proxy_pass https://$host`, and the rogue has a certificate for another name.
pub(crate) fn chosen_host_compared(family: Family) {
    let scene = Scene::own_name(family, Face::Handshake, "{ssl}_server_name on;\n");
    compared(&scene.chosen_by(client(family, host())));
}

fn named_by_the_client(family: Family, face: Face, name: &'static str) -> Scene {
    let settings = format!(
        "{{ssl}}_server_name on;\n{{ssl}}_name {};\n",
        Scene::variable(family)
    );
    let host = "www.example.test";
    Scene::own_name(family, face, &settings).client(Client { host, name })
}

/// `proxy_ssl_name $http_x_name`, and the rogue does not know the name.
pub(crate) fn chosen_name(family: Family) {
    for name in [EVIL, NAME] {
        let face = Face::Reply(UNRECOGNIZED_NAME.to_vec());
        refused(&named_by_the_client(family, face, name));
    }
}

/// `proxy_ssl_name $http_x_name`, and the rogue has a certificate for another name.
pub(crate) fn chosen_name_compared(family: Family) {
    compared(&named_by_the_client(family, Face::Handshake, NAME));
}

/// As [`chosen_name`], where nginx does not verify: a name is no question of trust then, and the client's
/// is none of ours all the same.
pub(crate) fn chosen_name_unverified(family: Family) {
    for name in [EVIL, NAME] {
        let face = Face::Reply(UNRECOGNIZED_NAME.to_vec());
        let scene = named_by_the_client(family, face, name);
        let variable = Scene::variable(family);
        let settings = format!("{{ssl}}_server_name on;\n{{ssl}}_name {variable};\n");
        let scene = scene.unverified(&settings);
        let failure = scene.failure("sni_unrecognized");
        assert_eq!(failure.line.fix, fix(&scene));
        assert_eq!(failure.line.label, None, "{:#?}", failure.line);
        assert_eq!(failure.line.confidence, "certain");
    }
}
