//! Stacks that run as programs of our own: Go, Java, Node, Python.
//!
//! Each program takes `key=value` arguments, prints `ready` once it listens, and answers every
//! request with one small 200.

use std::process::Command;

use super::upstream::DH_1024;
use super::{programs, ClientAuth, Defect, Group, Peer, Sni, Stack, Upstream, Version};
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
    Peer::program(port.number(), process, (port, directory))
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
    if let Some(suites) = suites(upstream) {
        add("suites", &suites);
    }
    if let Some(group) = upstream.group {
        let name = match upstream.stack {
            Stack::Node => group.openssl(),
            // OpenSSL's older name, the only one its curves of certificates go by.
            Stack::Python if group == Group::P256 => "prime256v1",
            _ => group.iana(),
        };
        add("group", name);
    }
    if let Some(signature) = upstream.signature {
        let can = matches!(upstream.stack, Stack::Java | Stack::Node);
        upstream.assert_able(can, "choose how they sign");
        let name = match upstream.stack {
            Stack::Node => signature.openssl(),
            _ => signature.iana(),
        };
        add("signature", name);
    }
    if upstream.small_dh {
        upstream.assert_able(upstream.stack != Stack::Go, "use finite fields");
        let path = directory.write("dh.pem", DH_1024);
        add("dh", &path.display().to_string());
    }
    if upstream.is_weak() {
        add("weak", "yes");
    }
    if let Some(protocol) = upstream.alpn {
        add("alpn", protocol);
    }
    if upstream.http2 {
        upstream.assert_able(upstream.stack == Stack::Go, "speak HTTP/2");
        add("http2", "yes");
    }
    if let Some(defect) = upstream.defect {
        let name = match defect {
            Defect::NoCertificate => "no_certificate",
            Defect::LookupFails => "lookup_fails",
            Defect::Denies => "denies",
            Defect::Plain => "plain",
            Defect::Misdirects => "misdirects",
            Defect::Http2Only => "http2_only",
            Defect::ClosesWithoutAlpn => "closes_without_alpn",
            _ => panic!("{:?} peers are not able to break so", upstream.stack),
        };
        add("defect", name);
    }
    if let Some(crl) = &upstream.client_crl {
        let can = matches!(upstream.stack, Stack::Node | Stack::Python);
        upstream.assert_able(can, "read revocation lists");
        let path = directory.write("client.crl", crl);
        add("client_crl", &path.display().to_string());
    }
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let path = authority.write(directory.path(), "client-ca");
        add("client_ca", &path.display().to_string());
    }
    match &upstream.sni {
        Sni::Ignored => {}
        Sni::Only(name) => add("only", name),
        Sni::CertificateFor(name) => add("certificate_for", name),
        Sni::OrDefault(name, default) => {
            upstream.assert_able(upstream.stack == Stack::Go, "have a default certificate");
            let files = default.write(directory.path(), "default");
            add("certificate_for", name);
            add("default_cert", &files.chain.display().to_string());
            add("default_key", &files.key.display().to_string());
        }
    }
}

/// TLS 1.2 suites in the language of the stack.
fn suites(upstream: &Upstream) -> Option<String> {
    if matches!(upstream.stack, Stack::Node | Stack::Python) {
        return upstream.openssl_ciphers();
    }
    let names: Vec<&str> = upstream.suites.iter().map(|s| s.iana()).collect();
    (!names.is_empty()).then(|| names.join(","))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::Tls10 => "1.0",
        Version::Tls12 => "1.2",
        Version::Tls13 => "1.3",
    }
}
