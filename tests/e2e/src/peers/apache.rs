//! Apache httpd as the upstream, with Debian's modules and a configuration of its own.

use std::fmt::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::upstream::DH_1024;
use super::{ClientAuth, Defect, Peer, Sni, Upstream, Version};
use crate::certs::Identity;
use crate::ports::Port;
use crate::process::Process;
use crate::require;
use crate::tempdir::TempDir;
use crate::wait;

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("apache");
    let port = Port::reserve();
    let content = directory.file("content");
    std::fs::create_dir(&content).expect("cannot create a directory");
    std::fs::write(content.join("index.html"), "hello from apache\n").expect("cannot write");
    let file = directory.write("apache.conf", config(upstream, &port, &directory));
    let mut command = Command::new(require::program("apache2", "apache2"));
    // One process, in the foreground.
    command.args(["-X", "-d"]).arg(directory.path());
    command.arg("-f").arg(file);
    let mut process = Process::start(command, &directory.file("output.txt"));
    wait::until("Apache to listen", || {
        process.assert_alive();
        TcpStream::connect(("127.0.0.1", port.number())).ok()
    });
    Peer::program(port.number(), process, (port, directory))
}

fn config(upstream: &Upstream, port: &Port, directory: &TempDir) -> String {
    let place = directory.path().display();
    let mut text = String::new();
    let mut modules = vec!["mpm_event", "authz_core", "dir", "ssl"];
    if upstream.defect == Some(Defect::ProxyProtocol) {
        modules.push("remoteip");
    }
    for name in modules {
        let path = modules_dir().join(format!("mod_{name}.so"));
        let _ = writeln!(text, "LoadModule {name}_module {}", path.display());
    }
    let _ = writeln!(
        text,
        "DefaultRuntimeDir {place}\nPidFile {place}/pid\nErrorLog {place}/error.log\n\
         Listen 127.0.0.1:{port}\nServerName localhost\nUser www-data\nGroup www-data\n\
         ThreadsPerChild 8\nMaxRequestWorkers 8\nDocumentRoot {place}/content\n\
         DirectoryIndex index.html\nFallbackResource /index.html"
    );
    match upstream.defect {
        Some(Defect::Plain) => return text,
        Some(Defect::ProxyProtocol) => text.push_str("RemoteIPProxyProtocol On\n"),
        defect => upstream.assert_able(defect.is_none(), "break so"),
    }
    match &upstream.sni {
        Sni::Ignored => text + &tls(upstream, &upstream.identity, directory, "server"),
        Sni::OrDefault(name, default) => {
            for (host, identity) in [("default.test", &**default), (name, &upstream.identity)] {
                let tls = tls(upstream, identity, directory, host);
                let _ = writeln!(
                    text,
                    "<VirtualHost 127.0.0.1:{port}>\nServerName {host}\n{tls}</VirtualHost>"
                );
            }
            text
        }
        Sni::Only(_) | Sni::CertificateFor(_) => panic!("Apache has a certificate for every name"),
    }
}

fn tls(upstream: &Upstream, identity: &Identity, directory: &TempDir, name: &str) -> String {
    upstream.assert_able(upstream.alpn.is_none(), "refuse protocols");
    let mut chain = identity.chain_pem();
    if upstream.small_dh {
        chain.extend(DH_1024);
    }
    let certificate = directory.write(&format!("{name}.pem"), chain);
    let key = directory.write(&format!("{name}.key"), identity.key_pem());
    let mut text = format!(
        "SSLEngine on\nSSLHonorCipherOrder on\nSSLCertificateFile {}\nSSLCertificateKeyFile {}\n\
         SSLProtocol -all",
        certificate.display(),
        key.display()
    );
    for version in Version::between(upstream.min, upstream.max) {
        let _ = write!(text, " +{}", version.nginx());
    }
    text.push('\n');
    if let Some(ciphers) = upstream.openssl_ciphers() {
        let _ = writeln!(text, "SSLCipherSuite {ciphers}");
    }
    if let Some(group) = upstream.group {
        let _ = writeln!(text, "SSLOpenSSLConfCmd Curves {}", group.openssl());
    }
    if let Some(signature) = upstream.signature {
        let name = signature.openssl();
        let _ = writeln!(text, "SSLOpenSSLConfCmd SignatureAlgorithms {name}");
    }
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let path = authority.write(directory.path(), "client-ca");
        let _ = writeln!(
            text,
            "SSLVerifyClient require\nSSLVerifyDepth 3\nSSLCACertificateFile {}",
            path.display()
        );
    }
    if let Some(crl) = &upstream.client_crl {
        let path = directory.write("client.crl", crl);
        let _ = writeln!(
            text,
            "SSLCARevocationCheck leaf\nSSLCARevocationFile {}",
            path.display()
        );
    }
    text
}

fn modules_dir() -> PathBuf {
    let path = Path::new("/usr/lib/apache2/modules");
    assert!(path.is_dir(), "{path:?} is needed (Debian package apache2)");
    path.to_owned()
}
