//! The name in the ClientHello.

use tlsdiag_e2e::peers::{Sni, Stack};

use super::{BOTH, TLS12};
use crate::scenario::{row, Row, Setup, API};

use Stack::{GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

fn only() -> Sni {
    Sni::Only(API.to_owned())
}

fn certificate_for() -> Sni {
    Sni::CertificateFor(API.to_owned())
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "sni_missing",
            "none sent, one name served",
            &[OpenSsl, Go, Python, Nginx, HaProxy],
            BOTH,
            |lab| Setup::to(lab.good().sni(only())).block(API),
        ),
        row(
            "sni_missing",
            "none sent, certificate by name only",
            &[OpenSsl, Go, Java, Node, Python],
            BOTH,
            |lab| {
                Setup::to(lab.good().sni(certificate_for())).set("proxy_ssl_name api.example.test;")
            },
        ),
        row(
            "sni_unrecognized",
            "name of the upstream block, one name served",
            &[OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy],
            BOTH,
            |lab| {
                Setup::to(lab.good().sni(only()))
                    .block("backend")
                    .set("proxy_ssl_server_name on;")
            },
        ),
        row(
            "sni_unrecognized",
            "name of the upstream block, certificate by name only",
            &[OpenSsl, Go, Java, Python],
            BOTH,
            |lab| {
                Setup::to(lab.good().sni(certificate_for()))
                    .block("backend")
                    .set("proxy_ssl_server_name on;")
            },
        ),
        row(
            "sni_unrecognized",
            "name of another host, one name served",
            &[OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy],
            TLS12,
            |lab| {
                Setup::to(lab.good().sni(only()))
                    .set("proxy_ssl_server_name on; proxy_ssl_name old.example.test;")
            },
        ),
    ]
}
