//! Stacks that run as programs of our own: Go, Java, Node, Python.
//!
//! Each program takes `key=value` arguments, prints `ready` once it listens, and answers every
//! request with one small 200.

use std::process::Command;

use super::{programs, ClientAuth, Peer, Sni, Stack, Suite, Upstream, Version};
use crate::ports::Port;
use crate::process::Process;
use crate::tempdir::TempDir;

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("peer");
    let port = Port::reserve();
    let mut command = match upstream.stack {
        Stack::Go => programs::go(),
        Stack::Java => programs::java(),
        Stack::Node => programs::node(),
        _ => programs::python(),
    };
    add_arguments(&mut command, upstream, &port, &directory);
    let mut process = Process::start(command, &directory.file("output.txt"));
    process.wait_for_output("ready\n");
    Peer::new(port.number(), (process, port, directory))
}

fn add_arguments(command: &mut Command, upstream: &Upstream, port: &Port, directory: &TempDir) {
    let files = upstream.identity.write(directory.path(), "server");
    let mut add = |key: &str, value: &str| {
        command.arg(format!("{key}={value}"));
    };
    add("port", &port.to_string());
    add("cert", &files.chain.display().to_string());
    add("key", &files.key.display().to_string());
    add("min", version(upstream.min));
    add("max", version(upstream.max));
    if let Some(suite) = upstream.suite {
        let names_are_iana = matches!(upstream.stack, Stack::Go | Stack::Java);
        add(
            "suite",
            if names_are_iana {
                suite.iana()
            } else {
                suite.openssl()
            },
        );
    }
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let path = authority.write(directory.path(), "client-ca");
        add("client_ca", &path.display().to_string());
    }
    match &upstream.sni {
        Sni::Ignored => {}
        Sni::Only(name) => add("only", name),
        Sni::CertificateFor(name) => add("certificate_for", name),
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::Tls10 => "1.0",
        Version::Tls12 => "1.2",
        Version::Tls13 => "1.3",
    }
}

impl Suite {
    /// OpenSSL's name.
    pub fn openssl(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "ECDHE-RSA-CHACHA20-POLY1305",
            Suite::EcdheRsaAes256 => "ECDHE-RSA-AES256-GCM-SHA384",
        }
    }

    /// IANA's name.
    pub fn iana(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            Suite::EcdheRsaAes256 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        }
    }

    /// The part of a GnuTLS priority string that names it.
    pub(super) fn gnutls(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD",
            Suite::EcdheRsaAes256 => "+ECDHE-RSA:+AES-256-GCM:+AEAD",
        }
    }
}
