//! Revocation lists given to nginx.

use crate::certs::{Identity, Leaf};
use crate::lab::{Lab, API};

use super::setup::replace;
use super::{cause, Cause, Setup};

fn leaf() -> Leaf {
    Leaf::named(API).rsa()
}

/// Verification with a revocation list.
fn checked(lab: &Lab, identity: Identity, list: &[u8]) -> Setup {
    let path = lab.file("crl.pem", list);
    let setup = Setup::to(lab.with(identity)).set(&lab.verify_name());
    setup.set(&format!("proxy_ssl_crl {path};"))
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

pub(super) fn all() -> Vec<Cause> {
    vec![
        cause("certificate_revoked", "leaf", |lab| {
            let identity = lab.root.issue(&leaf());
            let list = lab.root.crl(&[&identity], 7);
            checked(lab, identity, &list).then(lab.good())
        }),
        cause("crl_unavailable", "none of the intermediate", |lab| {
            let issuing = lab.root.intermediate("Example Issuing CA");
            let roots = lab.root.crl(&[], 7);
            let setup = checked(lab, issuing.issue(&leaf()), &roots);
            fetched(lab, setup, [roots, issuing.crl(&[], 7)].concat())
        }),
        cause("crl_expired", "two days ago", |lab| {
            let setup = checked(lab, lab.root.issue(&leaf()), &lab.root.crl(&[], -2));
            fetched(lab, setup, lab.root.crl(&[], 7))
        }),
    ]
}
