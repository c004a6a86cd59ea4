//! Whose chain was judged: the one this peer sent, and of a resumed session the one it began with.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::texts;
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::lab::{block, API};

fn start(identity: Identity) -> Peer {
    Upstream::new(Stack::Nginx, identity).start()
}

fn verify(root: &Authority, directory: &TempDir) -> String {
    format!(
        "proxy_ssl_verify on; proxy_ssl_name {API}; proxy_ssl_trusted_certificate {};",
        root.write(directory.path(), "root").display()
    )
}

/// Two peers of one block have the same certificate, and one of them sends no intermediates.
#[test]
fn of_peers_with_the_same_certificate() {
    let directory = TempDir::new("chains");
    let root = Authority::root("Example Root");
    let issuing = root.intermediate("Regional CA").intermediate("Issuing CA");
    let identity = issuing.issue(&Leaf::named(API).rsa());
    let (whole, bare) = (
        start(identity.clone()),
        start(identity.clone().without_chain()),
    );
    for order in [[&whole, &bare], [&bare, &whole]] {
        let config = || {
            Config::new()
                .http(&block("backend", &order, ""))
                .server(&verify(&root, &directory))
                .location("/", "proxy_pass https://backend;")
        };
        let failures = Trial::new(config, &["/"]).failures(2);
        for failure in &failures {
            let peer = failure.line.fact("peer").unwrap_or_default();
            let errors = texts(&failure.document, "nginx/upstream_tls/verify/errors");
            if peer.ends_with(&format!(":{}", whole.port())) {
                failure.assert_name("certificate_chain_too_long");
                assert!(errors.iter().any(|one| one.ends_with("@2")), "{errors:?}");
            } else {
                failure.assert_name("certificate_chain_incomplete");
                assert!(errors.iter().all(|one| one.ends_with("@0")), "{errors:?}");
            }
        }
    }
}

/// A `zone` keeps sessions without their chains. The verdict on the chain stays what it was.
#[test]
fn of_a_session_kept_in_a_zone() {
    let directory = TempDir::new("chains");
    let (root, other) = (Authority::root("Example Root"), Authority::root("Other"));
    let issuing = root.intermediate("Issuing CA");
    let two = root.intermediate("Regional CA").intermediate("Issuing CA");
    let leaf = Leaf::named(API).rsa();
    for (identity, trusted, name) in [
        (issuing.issue(&leaf), &other, "certificate_issuer_unknown"),
        (
            issuing.issue(&leaf).without_chain(),
            &root,
            "certificate_chain_incomplete",
        ),
        (two.issue(&leaf), &root, "certificate_chain_too_long"),
    ] {
        let peer = start(identity);
        let config = || {
            Config::new()
                .http(&block("backend", &[&peer], "zone backend 64k;"))
                .server(&verify(trusted, &directory))
                .server("proxy_ssl_protocols TLSv1.2;")
                .location("/", "proxy_pass https://backend;")
        };
        for failure in Trial::new(config, &["/", "/", "/"]).failures(3) {
            failure.assert_name(name);
        }
    }
}
