//! The upstream's certificate, verified by nginx.

use crate::certs::{Authority, Identity, Leaf, Usage};
use crate::lab::{verify_against, Lab, API};
use crate::peers::{Sni, Stack};

use super::{cause, Cause, Setup, TLS12, TLS13};

use Stack::{Apache, GnuTls, Go, HaProxy, Nginx, Node, OpenSsl, Python};

const MISMATCH: &str = "certificate_hostname_mismatch";
const UNKNOWN: &str = "certificate_issuer_unknown";

fn rsa() -> Leaf {
    Leaf::named(API).rsa()
}

/// A certificate of the root that only another one can replace.
fn bad(lab: &Lab, leaf: &Leaf) -> Setup {
    let setup = Setup::to(lab.issue(leaf)).set(&lab.verify_name());
    setup.then(lab.good())
}

/// An upstream with another host's certificate and no other; nginx compares the right name.
fn other_host(lab: &Lab) -> Setup {
    let other = "www.example.test";
    bad(lab, &Leaf::named(other).rsa()).value("proxy_ssl_name", other.to_owned())
}

/// An upstream whose certificate is for whoever sends its name; nginx sends none.
fn by_default(lab: &Lab, default: Identity) -> Setup {
    let sni = Sni::OrDefault(API.to_owned(), Box::new(default));
    Setup::to(lab.good().sni(sni)).set(&lab.verify_name())
}

/// nginx trusts another root than the upstream's.
fn stranger(lab: &Lab, identity: Identity) -> Setup {
    let other = lab.authority_file(&Authority::root("Another Root"), "other");
    Setup::to(lab.with(identity)).set(&format!("{}proxy_ssl_name {API};", verify_against(&other)))
}

fn issuing(lab: &Lab) -> Authority {
    lab.root.intermediate("Example Issuing CA")
}

pub(super) fn all() -> Vec<Cause> {
    let mut all = names();
    all.extend(leaves());
    all.extend(chains());
    all
}

fn names() -> Vec<Cause> {
    const BY_NAME: &[Stack] = &[OpenSsl, Go, Nginx, HaProxy];
    vec![
        cause(MISMATCH, "address compared, IP SAN there", |lab| {
            Setup::to(lab.issue(&rsa().ip("127.0.0.1"))).set(&lab.verify())
        }),
        cause(MISMATCH, "name of the upstream block compared", |lab| {
            Setup::to(lab.good()).block("backend").set(&lab.verify())
        })
        .versions(TLS13),
        cause(MISMATCH, "certificate of another host, name sent", |lab| {
            other_host(lab).set("proxy_ssl_server_name on;")
        })
        .versions(TLS12),
        cause(
            MISMATCH,
            "certificate of another host, no name sent",
            other_host,
        )
        .versions(TLS13),
        cause(MISMATCH, "default certificate, no name sent", |lab| {
            by_default(lab, lab.root.issue(&Leaf::named("www.example.test").rsa()))
        })
        .on(BY_NAME),
        cause(
            "certificate_self_signed",
            "default certificate, no name sent",
            |lab| {
                by_default(
                    lab,
                    Identity::self_signed(&Leaf::named("traefik.default").rsa()),
                )
            },
        )
        .on(BY_NAME),
        cause(
            "certificate_expired",
            "default certificate, no name sent",
            |lab| {
                let old = Leaf::named("old.example.test").rsa().valid(-20, -2);
                by_default(lab, lab.root.issue(&old))
            },
        )
        .on(BY_NAME),
    ]
}

fn leaves() -> Vec<Cause> {
    vec![
        cause("certificate_expired", "two days ago", |lab| {
            bad(lab, &rsa().valid(-20, -2))
        }),
        cause("certificate_not_yet_valid", "in three days", |lab| {
            bad(lab, &rsa().valid(3, 30))
        }),
        cause("certificate_self_signed", "not trusted", |lab| {
            let identity = Identity::self_signed(&rsa());
            let path = lab.file("self.pem", identity.chain_pem());
            let setup = Setup::to(lab.with(identity)).set(&lab.verify_name());
            setup.value("proxy_ssl_trusted_certificate", path)
        }),
        cause("certificate_purpose_mismatch", "for clients only", |lab| {
            bad(lab, &rsa().usage(Usage::Client))
        }),
        cause("certificate_too_weak", "RSA 1024", |lab| {
            let short = lab.issue(&Leaf::named(API).short_rsa()).weak();
            Setup::to(short).set(&lab.verify_name()).then(lab.good())
        }),
        cause("certificate_too_weak", "signed with SHA-1", |lab| {
            let signed = lab.issue(&rsa().sha1()).weak();
            Setup::to(signed).set(&lab.verify_name()).then(lab.good())
        })
        .versions(TLS12),
        cause("certificate_invalid", "unknown critical extension", |lab| {
            bad(lab, &rsa().critical_extension())
        }),
    ]
}

fn chains() -> Vec<Cause> {
    /// A good session of a location that does not verify comes first.
    fn inherited(lab: &Lab, more: &'static str) -> Setup {
        Setup::to(lab.good())
            .block_with("backend", more)
            .first(&format!("proxy_ssl_name {API};"))
            .set(&lab.verify_name())
    }
    vec![
        cause("certificate_chain_incomplete", "one intermediate", |lab| {
            let whole = issuing(lab).issue(&rsa());
            let bare = lab.with(whole.clone().without_chain());
            Setup::to(bare)
                .set(&lab.verify_name())
                .then(lab.with(whole))
        }),
        cause(UNKNOWN, "root neither sent nor trusted", |lab| {
            stranger(lab, issuing(lab).issue(&rsa()))
        }),
        cause(UNKNOWN, "root sent, not trusted", |lab| {
            let mut identity = issuing(lab).issue(&rsa());
            identity.chain.push(lab.root.certificate().clone());
            stranger(lab, identity)
        })
        .versions(TLS12),
        cause(UNKNOWN, "issued by the untrusted root itself", |lab| {
            stranger(lab, lab.identity())
        })
        .versions(TLS13),
        cause("certificate_chain_too_long", "two intermediates", |lab| {
            let policy = lab.root.intermediate("Example Policy CA");
            let issuing = policy.intermediate("Example Issuing CA");
            Setup::to(lab.with(issuing.issue(&rsa()))).set(&lab.verify_name())
        }),
        cause(
            "verify_result_inherited",
            "session of a location without verification",
            |lab| inherited(lab, ""),
        )
        .on(&[OpenSsl, GnuTls, Go, Node, Python, Nginx, HaProxy, Apache]),
        // nginx keeps the serialised session, without the chain.
        cause(
            "verify_result_inherited",
            "the same kept in a zone",
            |lab| inherited(lab, "zone backend 64k;"),
        )
        .on(&[OpenSsl, Go])
        .versions(TLS12),
    ]
}
