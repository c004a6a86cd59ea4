//! GnuTLS, as `gnutls-serv`. It cannot be told an interface and listens on all of them.

use std::net::TcpStream;
use std::process::Command;

use super::{ClientAuth, Peer, Sni, Upstream, Version};
use crate::ports::Port;
use crate::process::Process;
use crate::require;
use crate::tempdir::TempDir;
use crate::wait;

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("gnutls");
    let files = upstream.identity.write(directory.path(), "server");
    let port = Port::reserve();
    let mut command = Command::new(require::program("gnutls-serv", "gnutls-bin"));
    command.args(["--http", "--quiet", "--port", &port.to_string()]);
    command.arg("--x509certfile").arg(&files.chain);
    command.arg("--x509keyfile").arg(&files.key);
    command.arg("--priority").arg(priority(upstream));
    match &upstream.client_auth {
        ClientAuth::None => {
            command.arg("--disable-client-cert");
        }
        ClientAuth::Required(authority) => {
            command.args(["--require-client-cert", "--verify-client-cert"]);
            command
                .arg("--x509cafile")
                .arg(authority.write(directory.path(), "client-ca"));
        }
    }
    match &upstream.sni {
        Sni::Ignored => {}
        Sni::Only(name) => {
            command
                .arg("--sni-hostname")
                .arg(name)
                .arg("--sni-hostname-fatal");
        }
        Sni::CertificateFor(_) => panic!("gnutls-serv always has its certificate"),
    }
    let mut process = Process::start(command, &directory.file("output.txt"));
    wait::until("gnutls-serv to listen", || {
        process.assert_alive();
        TcpStream::connect(("127.0.0.1", port.number())).ok()
    });
    Peer::new(port.number(), (process, port, directory))
}

fn priority(upstream: &Upstream) -> String {
    let mut priority = match upstream.suite {
        None => String::from("NORMAL"),
        Some(suite) => {
            format!(
                "NONE:+MAC-ALL:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-X509:{}",
                suite.gnutls()
            )
        }
    };
    priority.push_str(":-VERS-ALL");
    let versions = [
        (Version::Tls10, "1.0"),
        (Version::Tls12, "1.2"),
        (Version::Tls13, "1.3"),
    ];
    for (version, name) in versions {
        if upstream.min <= version && version <= upstream.max {
            priority.push_str(":+VERS-TLS");
            priority.push_str(name);
        }
    }
    priority
}
