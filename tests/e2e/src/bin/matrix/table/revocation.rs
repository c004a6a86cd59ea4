//! Revocation lists given to nginx.

use tlsdiag_e2e::certs::{Identity, Leaf};

use super::{ALL, BOTH};
use crate::scenario::{replace, row, Lab, Row, Setup, API};

fn leaf() -> Leaf {
    Leaf::named(API).rsa()
}

/// Verification with a revocation list.
fn checked(lab: &Lab, identity: Identity, list: &[u8]) -> Setup {
    let path = lab.file("crl.pem", list);
    Setup::to(lab.with(identity))
        .set(&lab.verify())
        .set(&format!("proxy_ssl_crl {path};"))
}

/// Another list in the same file.
fn fetched(lab: &Lab, setup: Setup, list: Vec<u8>) -> Setup {
    let path = lab.directory.file("crl.pem");
    let whole = lab.file("whole-crl.pem", &list);
    setup.value("proxy_ssl_crl", whole).remedy(move |peer| {
        replace(&path, list);
        peer
    })
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("certificate_revoked", "leaf", ALL, BOTH, |lab| {
            let identity = lab.root.issue(&leaf());
            let list = lab.root.crl(&[&identity], 7);
            checked(lab, identity, &list).then(lab.good())
        }),
        row(
            "crl_unavailable",
            "none of the intermediate",
            ALL,
            BOTH,
            |lab| {
                let issuing = lab.root.intermediate("Example Issuing CA");
                let roots = lab.root.crl(&[], 7);
                let setup = checked(lab, issuing.issue(&leaf()), &roots);
                fetched(lab, setup, [roots, issuing.crl(&[], 7)].concat())
            },
        ),
        row("crl_expired", "two days ago", ALL, BOTH, |lab| {
            let setup = checked(lab, lab.root.issue(&leaf()), &lab.root.crl(&[], -2));
            fetched(lab, setup, lab.root.crl(&[], 7))
        }),
    ]
}
