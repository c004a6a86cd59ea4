//! The upstream's certificate, verified by nginx.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf, Usage};
use tlsdiag_e2e::peers::{Sni, Stack};

use super::{ALL, BOTH, TLS12, TLS13};
use crate::scenario::{row, Lab, Row, Setup, API};

use Stack::{Apache, GnuTls, Go, HaProxy, Nginx, Node, OpenSsl, Python};

fn rsa() -> Leaf {
    Leaf::named(API).rsa()
}

/// A certificate of the root that only another one can replace.
fn bad(lab: &Lab, leaf: &Leaf) -> Setup {
    Setup::to(lab.issue(leaf))
        .set(&lab.verify())
        .then(lab.good())
}

/// An upstream with another host's certificate and no other; nginx compares the right name.
fn other_host(lab: &Lab) -> Setup {
    Setup::to(lab.issue(&Leaf::named("www.example.test").rsa()))
        .set(&lab.verify())
        .value("proxy_ssl_name", "www.example.test".to_owned())
        .then(lab.good())
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = leaves();
    rows.extend(chains());
    rows
}

fn leaves() -> Vec<Row> {
    vec![
        row("certificate_expired", "two days ago", ALL, BOTH, |lab| {
            bad(lab, &rsa().valid(-20, -2))
        }),
        row(
            "certificate_not_yet_valid",
            "in three days",
            ALL,
            BOTH,
            |lab| bad(lab, &rsa().valid(3, 30)),
        ),
        row(
            "certificate_hostname_mismatch",
            "address compared, IP SAN there",
            ALL,
            BOTH,
            |lab| {
                let verify = format!(
                    "proxy_ssl_verify on; proxy_ssl_trusted_certificate {};",
                    lab.root_file()
                );
                Setup::to(lab.issue(&rsa().ip("127.0.0.1"))).set(&verify)
            },
        ),
        row(
            "certificate_hostname_mismatch",
            "name of the upstream block compared",
            ALL,
            TLS13,
            |lab| {
                let verify = format!(
                    "proxy_ssl_verify on; proxy_ssl_trusted_certificate {};",
                    lab.root_file()
                );
                Setup::to(lab.good()).block("backend").set(&verify)
            },
        ),
        row(
            "certificate_hostname_mismatch",
            "certificate of another host, name sent",
            ALL,
            TLS12,
            |lab| other_host(lab).set("proxy_ssl_server_name on;"),
        ),
        row(
            "certificate_hostname_mismatch",
            "certificate of another host, no name sent",
            ALL,
            TLS13,
            other_host,
        ),
        row(
            "certificate_hostname_mismatch",
            "default certificate, no name sent",
            &[OpenSsl, Go, Nginx, HaProxy],
            BOTH,
            |lab| {
                let default = lab.root.issue(&Leaf::named("www.example.test").rsa());
                let sni = Sni::OrDefault(API.to_owned(), Box::new(default));
                Setup::to(lab.good().sni(sni)).set(&lab.verify())
            },
        ),
        row("certificate_self_signed", "not trusted", ALL, BOTH, |lab| {
            let identity = Identity::self_signed(&rsa());
            let path = lab.file("self.pem", identity.chain_pem());
            Setup::to(lab.with(identity))
                .set(&lab.verify())
                .value("proxy_ssl_trusted_certificate", path)
        }),
        row(
            "certificate_purpose_mismatch",
            "for clients only",
            ALL,
            BOTH,
            |lab| bad(lab, &rsa().usage(Usage::Client)),
        ),
        row("certificate_too_weak", "RSA 1024", ALL, BOTH, |lab| {
            Setup::to(lab.issue(&Leaf::named(API).short_rsa()).weak())
                .set(&lab.verify())
                .then(lab.good())
        }),
        row(
            "certificate_too_weak",
            "signed with SHA-1",
            ALL,
            TLS12,
            |lab| {
                Setup::to(lab.issue(&rsa().sha1()).weak())
                    .set(&lab.verify())
                    .then(lab.good())
            },
        ),
        row(
            "certificate_invalid",
            "unknown critical extension",
            ALL,
            BOTH,
            |lab| bad(lab, &rsa().critical_extension()),
        ),
    ]
}

fn chains() -> Vec<Row> {
    vec![
        row(
            "certificate_chain_incomplete",
            "one intermediate",
            ALL,
            BOTH,
            |lab| {
                let issuing = lab.root.intermediate("Example Issuing CA");
                let whole = issuing.issue(&rsa());
                Setup::to(lab.with(whole.clone().without_chain()))
                    .set(&lab.verify())
                    .then(lab.with(whole))
            },
        ),
        row(
            "certificate_issuer_unknown",
            "root neither sent nor trusted",
            ALL,
            BOTH,
            |lab| {
                let issuing = lab.root.intermediate("Example Issuing CA");
                let other = lab.authority_file(&Authority::root("Another Root"), "other");
                Setup::to(lab.with(issuing.issue(&rsa()))).set(&lab.verify_against(&other))
            },
        ),
        row(
            "certificate_issuer_unknown",
            "root sent, not trusted",
            ALL,
            TLS12,
            |lab| {
                let issuing = lab.root.intermediate("Example Issuing CA");
                let other = lab.authority_file(&Authority::root("Another Root"), "other");
                let mut identity = issuing.issue(&rsa());
                identity.chain.push(lab.root.certificate().clone());
                Setup::to(lab.with(identity)).set(&lab.verify_against(&other))
            },
        ),
        row(
            "certificate_issuer_unknown",
            "issued by the untrusted root itself",
            ALL,
            TLS13,
            |lab| {
                let other = lab.authority_file(&Authority::root("Another Root"), "other");
                Setup::to(lab.good()).set(&lab.verify_against(&other))
            },
        ),
        row(
            "certificate_chain_too_long",
            "two intermediates",
            ALL,
            BOTH,
            |lab| {
                let policy = lab.root.intermediate("Example Policy CA");
                let issuing = policy.intermediate("Example Issuing CA");
                Setup::to(lab.with(issuing.issue(&rsa()))).set(&lab.verify())
            },
        ),
        row(
            "verify_result_inherited",
            "session of a location without verification",
            &[OpenSsl, GnuTls, Go, Node, Python, Nginx, HaProxy, Apache],
            BOTH,
            |lab| {
                Setup::to(lab.good())
                    .block("backend")
                    .first(&format!("proxy_ssl_name {API};"))
                    .set(&lab.verify())
            },
        ),
    ]
}
