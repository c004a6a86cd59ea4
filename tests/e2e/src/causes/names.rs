//! The name in the ClientHello.

use crate::lab::API;
use crate::peers::{Sni, Stack};

use super::{cause, Cause, Setup, TLS12};

use Stack::{GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

fn only() -> Sni {
    Sni::Only(API.to_owned())
}

fn certificate_for() -> Sni {
    Sni::CertificateFor(API.to_owned())
}

pub(super) fn all() -> Vec<Cause> {
    vec![
        cause("sni_missing", "none sent, one name served", |lab| {
            Setup::to(lab.good().sni(only())).block(API)
        })
        .on(&[OpenSsl, Go, Python, Nginx, HaProxy]),
        cause(
            "sni_missing",
            "none sent, certificate by name only",
            |lab| {
                Setup::to(lab.good().sni(certificate_for())).set("proxy_ssl_name api.example.test;")
            },
        )
        .on(&[OpenSsl, Go, Java, Node, Python]),
        cause(
            "sni_unrecognized",
            "name of the upstream block, one name served",
            |lab| {
                let setup = Setup::to(lab.good().sni(only()));
                setup.block("backend").set("proxy_ssl_server_name on;")
            },
        )
        .on(&[OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy]),
        cause(
            "sni_unrecognized",
            "name of the upstream block, certificate by name only",
            |lab| {
                let setup = Setup::to(lab.good().sni(certificate_for()));
                setup.block("backend").set("proxy_ssl_server_name on;")
            },
        )
        .on(&[OpenSsl, Go, Java, Python]),
        cause(
            "sni_unrecognized",
            "name of another host, one name served",
            |lab| {
                Setup::to(lab.good().sni(only()))
                    .set("proxy_ssl_server_name on; proxy_ssl_name old.example.test;")
            },
        )
        .on(&[OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy])
        .versions(TLS12),
    ]
}
