//! HAProxy as the upstream: TLS in its frontend, answers of its own.

use std::fmt::Write;
use std::net::TcpStream;
use std::process::Command;

use super::{ClientAuth, Defect, Peer, Sni, Upstream, Version};
use crate::ports::Port;
use crate::process::Process;
use crate::require;
use crate::tempdir::TempDir;
use crate::wait;

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("haproxy");
    let port = Port::reserve();
    let file = directory.write("haproxy.cfg", config(upstream, &port, &directory));
    let mut command = Command::new(require::program("haproxy", "haproxy"));
    command.arg("-db").arg("-f").arg(file);
    if upstream.is_weak() {
        // It reads certificates and groups before the list of ciphers that has the level.
        let level = "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = DEFAULT:@SECLEVEL=0\n";
        command.env("OPENSSL_CONF", directory.write("openssl.cnf", level));
    }
    let mut process = Process::start(command, &directory.file("output.txt"));
    wait::until("HAProxy to listen", || {
        process.assert_alive();
        TcpStream::connect(("127.0.0.1", port.number())).ok()
    });
    Peer::program(port.number(), process, (port, directory))
}

fn config(upstream: &Upstream, port: &Port, directory: &TempDir) -> String {
    let tls = match upstream.defect {
        Some(Defect::Plain) => String::new(),
        _ => tls(upstream, directory),
    };
    let proxy = match upstream.defect {
        Some(Defect::ProxyProtocol) => " accept-proxy",
        _ => "",
    };
    format!(
        "global\n  nbthread 1\n  maxconn 200\n  tune.ssl.default-dh-param 1024\n\
         defaults\n  mode http\n  timeout connect 10s\n  timeout client 20s\n  timeout server 20s\n\
         frontend upstream\n  bind 127.0.0.1:{port}{proxy}{tls}\n  \
         http-request return status 200 content-type text/plain string \"hello from haproxy\"\n"
    )
}

fn tls(upstream: &Upstream, directory: &TempDir) -> String {
    upstream.assert_able(
        matches!(upstream.defect, None | Some(Defect::ProxyProtocol)),
        "break so",
    );
    let both = [upstream.identity.chain_pem(), upstream.identity.key_pem()].concat();
    let certificate = directory.write("server.pem", both);
    let mut tls = format!(
        " ssl crt {} ssl-min-ver {} ssl-max-ver {}",
        certificate.display(),
        version(upstream.min),
        version(upstream.max)
    );
    if let Some(ciphers) = upstream.openssl_ciphers() {
        let _ = write!(tls, " ciphers {ciphers}");
    }
    if let Some(group) = upstream.group {
        let _ = write!(tls, " curves {}", group.openssl());
    }
    upstream.assert_able(upstream.signature.is_none(), "choose how they sign");
    if let Some(protocol) = upstream.alpn {
        let _ = write!(tls, " alpn {protocol}");
    }
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let path = authority.write(directory.path(), "client-ca");
        let _ = write!(tls, " verify required ca-file {}", path.display());
    }
    if let Some(crl) = &upstream.client_crl {
        let path = directory.write("client.crl", crl);
        let _ = write!(tls, " crl-file {}", path.display());
    }
    match &upstream.sni {
        Sni::Ignored => {}
        // The first certificate is the default one, and the names come from the certificates.
        Sni::OrDefault(_, default) => {
            let both = [default.chain_pem(), default.key_pem()].concat();
            let path = directory.write("default.pem", both);
            tls = tls.replace(" crt ", &format!(" crt {} crt ", path.display()));
        }
        // The names come from the certificate.
        Sni::Only(_) => tls.push_str(" strict-sni"),
        Sni::CertificateFor(_) => panic!("HAProxy always has its certificate"),
    }
    tls
}

fn version(version: Version) -> &'static str {
    match version {
        Version::Tls10 => "TLSv1.0",
        other => other.nginx(),
    }
}
