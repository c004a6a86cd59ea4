//! nginx as the upstream, without the module.

use std::fmt::Write;

use super::{ClientAuth, Peer, Sni, Upstream, Version};
use crate::nginx::{Config, Nginx};
use crate::tempdir::TempDir;

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("nginx-peer");
    let files = upstream.identity.write(directory.path(), "server");
    let mut server = format!(
        "ssl_certificate {}; ssl_certificate_key {};\nssl_protocols",
        files.chain.display(),
        files.key.display()
    );
    let versions = [
        (Version::Tls10, "v1"),
        (Version::Tls12, "v1.2"),
        (Version::Tls13, "v1.3"),
    ];
    for (version, name) in versions {
        if upstream.min <= version && version <= upstream.max {
            let _ = write!(server, " TLS{name}");
        }
    }
    server.push_str(";\n");
    if let Some(suite) = upstream.suite {
        let _ = writeln!(server, "ssl_ciphers {};", suite.openssl());
    }
    if let ClientAuth::Required(_) = upstream.client_auth {
        panic!("nginx asks for a client certificate in TLS, but refuses it in HTTP");
    }
    let mut config = Config::new();
    let protocol = if upstream.http2 { "ssl http2" } else { "ssl" };
    config.listen = protocol.to_owned();
    match &upstream.sni {
        Sni::Ignored => {}
        Sni::CertificateFor(_) => panic!("nginx always has its certificate"),
        Sni::Only(name) => {
            let port = config.port.number();
            config.http = format!(
                "server {{ listen 127.0.0.1:{port} {protocol}; server_name {name};\n{server}\n\
                 location / {{ return 200 'hello from nginx\\n'; }} }}\n"
            );
            config.listen.push_str(" default_server");
            server.push_str("ssl_reject_handshake on;\n");
        }
    }
    let config = config
        .server(&server)
        .location("/", "return 200 'hello from nginx\\n';");
    let nginx = Nginx::start(config);
    Peer::new(nginx.port(), (nginx, directory))
}
