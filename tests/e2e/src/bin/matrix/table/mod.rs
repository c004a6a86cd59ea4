//! The scenarios: every name of the catalogue, every cause on every stack that is able to have it.
//!
//! A row says what is wrong, never what the module should answer beyond the name. The expected name
//! is the cause that was set up, also where a stack's answer cannot tell it from another.

mod certificates;
mod clients;
mod names;
mod parameters;
mod peers;
mod revocation;
mod transport;
mod versions;

use tlsdiag_e2e::peers::{Stack, Version};

use crate::scenario::Row;

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Every stack.
pub(crate) const ALL: &[Stack] = &[
    OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy, Apache,
];

/// Those that demand client certificates in TLS; nginx does it in HTTP.
pub(crate) const DEMANDING: &[Stack] = &[OpenSsl, GnuTls, Go, Java, Node, Python, HaProxy, Apache];

const TLS10: &[Version] = &[Version::Tls10];
const TLS12: &[Version] = &[Version::Tls12];
const TLS13: &[Version] = &[Version::Tls13];
const BOTH: &[Version] = &[Version::Tls12, Version::Tls13];

/// No version comes into it.
const NONE: &[Version] = &[];

/// Every row.
pub(crate) fn all() -> Vec<Row> {
    let mut rows = names::rows();
    rows.extend(versions::rows());
    rows.extend(parameters::rows());
    rows.extend(clients::rows());
    rows.extend(certificates::rows());
    rows.extend(revocation::rows());
    rows.extend(transport::rows());
    rows.extend(peers::rows());
    rows
}

/// Names without a scenario, and why.
pub(crate) fn never() -> Vec<(&'static str, &'static str)> {
    let mut names = vec![
        (
            "trust_store_empty",
            "nginx does not start with verification and no trusted file",
        ),
        (
            "inappropriate_fallback",
            "nginx never sends TLS_FALLBACK_SCSV",
        ),
    ];
    if !transport::has_large_hellos() {
        names.push((
            "client_hello_too_large",
            "this OpenSSL has no post-quantum key share",
        ));
    }
    names
}
