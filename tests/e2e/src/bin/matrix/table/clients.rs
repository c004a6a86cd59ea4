//! nginx's own certificate.

use tlsdiag_e2e::certs::{Authority, Leaf, Usage};
use tlsdiag_e2e::peers::{Stack, Upstream};

use super::{BOTH, DEMANDING, TLS12};
use crate::scenario::{present, replace, row, Lab, Row, Setup};

use Stack::{Apache, Go, HaProxy, Java, Node, OpenSsl, Python};

/// An upstream that demands certificates of the client authority.
fn demanding(lab: &Lab) -> Upstream {
    lab.good().demand_client(&lab.clients)
}

/// A good certificate in the same files.
fn replaced(lab: &Lab, setup: Setup, name: &'static str) -> Setup {
    let good = lab.clients.issue(&Leaf::named(name));
    let directory = lab.directory.path().to_owned();
    setup.remedy(move |peer| {
        replace(&directory.join(format!("{name}.pem")), good.chain_pem());
        replace(&directory.join(format!("{name}.key")), good.key_pem());
        peer
    })
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "client_certificate_required",
            "none given",
            DEMANDING,
            BOTH,
            |lab| Setup::to(demanding(lab)),
        ),
        row(
            "client_certificate_required",
            "none given, name sent",
            &[OpenSsl, Go, HaProxy, Apache],
            BOTH,
            |lab| Setup::to(demanding(lab)).set(&crate::scenario::named()),
        ),
        row(
            "client_certificate_untrusted",
            "of another authority",
            DEMANDING,
            BOTH,
            |lab| {
                let other = Authority::root("Another Client Root");
                let wrong = lab.client(&other, &Leaf::named("wrong-client"));
                Setup::to(demanding(lab))
                    .set(&present(&wrong))
                    .then(lab.good().demand_client(&other))
            },
        ),
        row(
            "client_certificate_untrusted",
            "without its intermediate",
            &[OpenSsl, Go, Java, Node, Python, HaProxy, Apache],
            BOTH,
            |lab| {
                let issuing = lab.clients.intermediate("Example Client Issuing CA");
                let leaf = issuing.issue(&Leaf::named("half-client"));
                let files = leaf
                    .clone()
                    .without_chain()
                    .write(lab.directory.path(), "half");
                let path = files.chain.clone();
                Setup::to(demanding(lab))
                    .set(&present(&files))
                    .remedy(move |peer| {
                        replace(&path, leaf.chain_pem());
                        peer
                    })
            },
        ),
        row(
            "client_certificate_expired",
            "two days ago",
            DEMANDING,
            BOTH,
            |lab| {
                let old = Leaf::named("client").valid(-20, -2);
                let files = lab.client(&lab.clients, &old);
                let setup = Setup::to(demanding(lab)).set(&present(&files));
                replaced(lab, setup, "client")
            },
        ),
        row(
            "client_certificate_rejected",
            "for servers only",
            &[OpenSsl, Go, Java, Node, Python, HaProxy, Apache],
            BOTH,
            |lab| {
                let leaf = Leaf::named("client").usage(Usage::Server);
                let files = lab.client(&lab.clients, &leaf);
                let setup = Setup::to(demanding(lab)).set(&present(&files));
                replaced(lab, setup, "client")
            },
        ),
        row(
            "client_certificate_rejected",
            "revoked",
            &[Node, Python, HaProxy, Apache],
            BOTH,
            |lab| {
                let identity = lab.clients.issue(&Leaf::named("client"));
                let files = identity.write(lab.directory.path(), "client");
                let crl = lab.clients.crl(&[&identity], 7);
                let upstream = demanding(lab).client_crl(crl);
                replaced(lab, Setup::to(upstream).set(&present(&files)), "client")
            },
        ),
        row(
            "local_error",
            "own certificate too short for the security level",
            DEMANDING,
            TLS12,
            |lab| {
                let files = lab.client(&lab.clients, &Leaf::named("client").rsa());
                let setup = Setup::to(demanding(lab))
                    .set(&present(&files))
                    .set("proxy_ssl_conf_command CipherString HIGH:!aNULL:@SECLEVEL=3;");
                replaced(lab, setup, "client")
            },
        ),
    ]
}
