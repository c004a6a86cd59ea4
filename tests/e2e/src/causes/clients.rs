//! nginx's own certificate.

use crate::certs::{Authority, Identity, Leaf, Usage};
use crate::lab::{Lab, NAMED};
use crate::peers::{Stack, Upstream};

use super::setup::replace;
use super::{cause, Cause, Setup, DEMANDING, TLS12};

use Stack::{Apache, Go, HaProxy, Java, Node, OpenSsl, Python};

/// The upstream is shown this certificate, until a good one is put into the same files.
fn shows(lab: &Lab, upstream: &Upstream, shown: &Identity, good: &Identity) -> Setup {
    let files = shown.write(lab.directory.path(), "client");
    let (chain, key) = (good.chain_pem(), good.key_pem());
    let setup = Setup::to(upstream.clone()).set(&files.present());
    setup.remedy(move |peer| {
        replace(&files.chain, chain);
        replace(&files.key, key);
        peer
    })
}

/// One of the right authority with something wrong.
fn bad(lab: &Lab, leaf: &Leaf) -> Setup {
    let good = lab.clients.issue(&Leaf::named("client"));
    shows(lab, &lab.demanding(), &lab.clients.issue(leaf), &good)
}

pub(super) fn all() -> Vec<Cause> {
    const REQUIRED: &str = "client_certificate_required";
    const UNTRUSTED: &str = "client_certificate_untrusted";
    const REJECTED: &str = "client_certificate_rejected";
    vec![
        cause(REQUIRED, "none given", |lab| Setup::to(lab.demanding())).on(DEMANDING),
        cause(REQUIRED, "none given, name sent", |lab| {
            Setup::to(lab.demanding()).set(NAMED)
        })
        .on(&[OpenSsl, Go, HaProxy, Apache]),
        cause(UNTRUSTED, "of another authority", |lab| {
            let other = Authority::root("Another Client Root");
            let wrong = lab.client(&other, &Leaf::named("wrong-client"));
            let setup = Setup::to(lab.demanding()).set(&wrong.present());
            setup.then(lab.good().demand_client(&other))
        })
        .on(DEMANDING),
        cause(UNTRUSTED, "without its intermediate", |lab| {
            let issuing = lab.clients.intermediate("Example Client Issuing CA");
            let whole = issuing.issue(&Leaf::named("half-client"));
            let half = whole.clone().without_chain();
            shows(lab, &lab.demanding(), &half, &whole)
        })
        .on(&[OpenSsl, Go, Java, Node, Python, HaProxy, Apache]),
        cause("client_certificate_expired", "two days ago", |lab| {
            bad(lab, &Leaf::named("client").valid(-20, -2))
        })
        .on(DEMANDING),
        cause(REJECTED, "for servers only", |lab| {
            bad(lab, &Leaf::named("client").usage(Usage::Server))
        })
        .on(&[OpenSsl, Go, Java, Node, Python, HaProxy, Apache]),
        cause(REJECTED, "revoked", |lab| {
            let [revoked, good] =
                ["revoked", "good"].map(|name| lab.clients.issue(&Leaf::named(name)));
            let crl = lab.clients.crl(&[&revoked], 7);
            shows(lab, &lab.demanding().client_crl(crl), &revoked, &good)
        })
        .on(&[Node, Python, HaProxy, Apache]),
        cause(
            "local_error",
            "own certificate too short for the security level",
            |lab| {
                bad(lab, &Leaf::named("client").rsa())
                    .set("proxy_ssl_conf_command CipherString HIGH:!aNULL:@SECLEVEL=3;")
            },
        )
        .on(DEMANDING)
        .versions(TLS12),
    ]
}
