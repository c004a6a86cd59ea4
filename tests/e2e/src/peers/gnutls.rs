//! GnuTLS, as `gnutls-serv`. It cannot be told an interface and listens on all of them.

use std::net::TcpStream;
use std::process::Command;

use super::upstream::DH_1024;
use super::{ClientAuth, Peer, Signature, Sni, Suite, Upstream, Version};
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
    if let Some(protocol) = upstream.alpn {
        command.arg(format!("--alpn={protocol}"));
        command.arg("--alpn-fatal");
    }
    if upstream.small_dh {
        command
            .arg("--dhparams")
            .arg(directory.write("dh.pem", DH_1024));
    }
    upstream.assert_able(upstream.defect.is_none(), "break");
    upstream.assert_able(upstream.client_crl.is_none(), "read revocation lists");
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
        Sni::CertificateFor(_) | Sni::OrDefault(..) => {
            panic!("gnutls-serv always has its one certificate")
        }
    }
    let mut process = Process::start(command, &directory.file("output.txt"));
    wait::until("gnutls-serv to listen", || {
        process.assert_alive();
        TcpStream::connect(("127.0.0.1", port.number())).ok()
    });
    Peer::program(port.number(), process, (port, directory))
}

fn priority(upstream: &Upstream) -> String {
    const ANY: &str = "NONE:+MAC-ALL:+SIGN-ALL:+GROUP-ALL:+COMP-NULL:+CTYPE-X509";
    let mut priority = match upstream.suites.as_slice() {
        [] => String::from("NORMAL"),
        suites => {
            let parts: Vec<&str> = suites.iter().map(|s| s.gnutls()).collect();
            format!("{ANY}:{}:%SERVER_PRECEDENCE", parts.join(":"))
        }
    };
    if upstream.is_weak() {
        priority.push_str(":%PROFILE_VERY_WEAK");
    }
    if let Some(group) = upstream.group {
        priority.push_str(":-GROUP-ALL:+GROUP-");
        priority.push_str(&group.iana().to_uppercase());
    }
    if let Some(signature) = upstream.signature {
        priority.push_str(match signature {
            Signature::RsaSha512 => ":-SIGN-ALL:+SIGN-RSA-SHA512",
            Signature::RsaPssSha512 => ":-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA512",
        });
    }
    if upstream.no_secure_renegotiation {
        priority.push_str(":%DISABLE_SAFE_RENEGOTIATION");
    }
    priority.push_str(":-VERS-ALL");
    for version in Version::between(upstream.min, upstream.max) {
        priority.push_str(match version {
            Version::Tls10 => ":+VERS-TLS1.0",
            Version::Tls12 => ":+VERS-TLS1.2",
            Version::Tls13 => ":+VERS-TLS1.3",
        });
    }
    priority
}

impl Suite {
    /// The part of a priority string that names it.
    fn gnutls(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "+ECDHE-RSA:+CHACHA20-POLY1305:+AEAD",
            Suite::EcdheRsaAes256 => "+ECDHE-RSA:+AES-256-GCM:+AEAD",
            Suite::EcdheRsaAes128Sha => "+ECDHE-RSA:+AES-128-CBC:+SHA1",
            Suite::RsaAes128Sha => "+RSA:+AES-128-CBC:+SHA1",
            Suite::EcdheRsaAes128 => "+ECDHE-RSA:+AES-128-GCM:+AEAD",
            Suite::DheRsaAes128 => "+DHE-RSA:+AES-128-GCM:+AEAD",
            Suite::DheRsaAes128Sha => "+DHE-RSA:+AES-128-CBC:+SHA1",
        }
    }
}
