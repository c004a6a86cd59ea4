//! Whose chain was judged: the one this peer sent, and of a resumed session the one it began with.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::lab::{block, verify_against, Lab, API};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Peer, Stack};
use tlsdiag_e2e::trial::Trial;

fn start(identity: Identity) -> Peer {
    Lab::at(Stack::Nginx, None).with(identity).start()
}

/// Two peers of one block have the same certificate, and one of them sends no intermediates.
#[test]
fn of_peers_with_the_same_certificate() {
    let lab = Lab::new();
    let regional = lab.root.intermediate("Regional CA");
    let identity = regional
        .intermediate("Issuing CA")
        .issue(&Leaf::named(API).rsa());
    let whole = start(identity.clone());
    let bare = start(identity.without_chain());
    for order in [[&whole, &bare], [&bare, &whole]] {
        let config = || {
            Config::new()
                .http(&block("backend", &order.map(Peer::port), ""))
                .server(&lab.verify_name())
                .location("/", "proxy_pass https://backend;")
        };
        for failure in Trial::new(config, &["/"]).failures(2) {
            let peer = failure.line.fact("peer").unwrap_or_default();
            let errors = failure.texts("verify/errors");
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
    let (lab, other) = (Lab::new(), Authority::root("Other"));
    let issuing = lab.root.intermediate("Issuing CA");
    let two = lab
        .root
        .intermediate("Regional CA")
        .intermediate("Issuing CA");
    let [one, two] = [issuing, two].map(|issuing| issuing.issue(&Leaf::named(API).rsa()));
    let bare = one.clone().without_chain();
    for (identity, trusted, name) in [
        (one, &other, "certificate_issuer_unknown"),
        (bare, &lab.root, "certificate_chain_incomplete"),
        (two, &lab.root, "certificate_chain_too_long"),
    ] {
        let peer = start(identity);
        let verify = verify_against(&lab.authority_file(trusted, "trusted"));
        let config = || {
            Config::new()
                .http(&block("backend", &[peer.port()], "zone backend 64k;"))
                .server(&format!(
                    "{verify} proxy_ssl_name {API}; proxy_ssl_protocols TLSv1.2;"
                ))
                .location("/", "proxy_pass https://backend;")
        };
        for failure in Trial::new(config, &["/", "/", "/"]).failures(3) {
            failure.assert_name(name);
        }
    }
}
