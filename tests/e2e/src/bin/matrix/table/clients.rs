//! nginx's own certificate.

use tlsdiag_e2e::certs::{Authority, Leaf, Usage};
use tlsdiag_e2e::peers::{Stack, Upstream};

use super::{BOTH, DEMANDING, TLS12};
use crate::scenario::{present, row, Lab, Row, Setup};

use Stack::{Apache, Go, HaProxy, Java, Node, OpenSsl, Python};

/// An upstream that demands certificates of the client authority.
fn demanding(lab: &Lab) -> Upstream {
    lab.good().demand_client(&lab.clients)
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
                        std::fs::write(&path, leaf.chain_pem())
                            .expect("cannot write a certificate");
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
                let old = lab.client(&lab.clients, &Leaf::named("old-client").valid(-20, -2));
                let renewed = lab.clients.issue(&Leaf::named("old-client"));
                let directory = lab.directory.path().to_owned();
                Setup::to(demanding(lab))
                    .set(&present(&old))
                    .remedy(move |peer| {
                        renewed.write(&directory, "old-client");
                        peer
                    })
            },
        ),
        row(
            "client_certificate_rejected",
            "for servers only",
            &[OpenSsl, Go, Java, Node, Python, HaProxy, Apache],
            BOTH,
            |lab| {
                let leaf = Leaf::named("server-only").usage(Usage::Server);
                Setup::to(demanding(lab)).set(&present(&lab.client(&lab.clients, &leaf)))
            },
        ),
        row(
            "client_certificate_rejected",
            "revoked",
            &[Node, Python, HaProxy, Apache],
            BOTH,
            |lab| {
                let identity = lab.clients.issue(&Leaf::named("revoked-client"));
                let files = identity.write(lab.directory.path(), "revoked-client");
                let crl = lab.clients.crl(&[&identity], 7);
                Setup::to(demanding(lab).client_crl(crl)).set(&present(&files))
            },
        ),
        row(
            "local_error",
            "own certificate too short for the security level",
            DEMANDING,
            TLS12,
            |lab| {
                let short = lab.client(&lab.clients, &Leaf::named("short-client").rsa());
                Setup::to(demanding(lab))
                    .set(&present(&short))
                    .set("proxy_ssl_ciphers HIGH:!aNULL:@SECLEVEL=3;")
            },
        ),
    ]
}
