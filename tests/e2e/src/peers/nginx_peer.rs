//! nginx as the upstream, without the module.

use std::fmt::Write;

use super::upstream::DH_1024;
use super::{ClientAuth, Defect, Peer, Sni, Upstream, Version};
use crate::nginx::{Config, Nginx};
use crate::tempdir::TempDir;
use crate::wait;

const HELLO: &str = "return 200 'hello from nginx\\n';";

pub(super) fn start(upstream: &Upstream) -> Peer {
    let directory = TempDir::new("nginx-peer");
    let mut config = Config::of_peer();
    let mut protocol = match upstream.defect {
        Some(Defect::Plain) => String::new(),
        Some(Defect::ProxyProtocol) => "ssl proxy_protocol".to_owned(),
        _ => "ssl".to_owned(),
    };
    if upstream.http2 {
        protocol.push_str(" http2");
    }
    let mut server = match upstream.defect {
        Some(Defect::Plain) => String::new(),
        _ => tls(upstream, &directory),
    };
    config.listen = protocol.clone();
    match &upstream.sni {
        Sni::Ignored => {}
        Sni::CertificateFor(_) => panic!("nginx always has its certificate"),
        Sni::OrDefault(name, default) => {
            let port = config.port.number();
            config.http = format!(
                "server {{ listen 127.0.0.1:{port} {protocol}; server_name {name};\n{server}\n\
                 location / {{ {HELLO} }} }}\n"
            );
            config.listen.push_str(" default_server");
            let files = default.write(directory.path(), "default");
            server = format!(
                "ssl_certificate {}; ssl_certificate_key {};\n",
                files.chain.display(),
                files.key.display()
            );
        }
        Sni::Only(name) => {
            let port = config.port.number();
            config.http = format!(
                "server {{ listen 127.0.0.1:{port} {protocol}; server_name {name};\n{server}\n\
                 location / {{ {HELLO} }} }}\n"
            );
            config.listen.push_str(" default_server");
            server.push_str("ssl_reject_handshake on;\n");
        }
    }
    let nginx = Nginx::start(config.server(&server).location("/", HELLO));
    let workers = wait::until("nginx's worker", || {
        Some(nginx.workers()).filter(|workers| !workers.is_empty())
    });
    let pids = [workers, vec![nginx.master()]].concat();
    Peer {
        pids,
        ..Peer::new(nginx.port(), (nginx, directory))
    }
}

fn tls(upstream: &Upstream, directory: &TempDir) -> String {
    upstream.assert_able(upstream.alpn.is_none(), "be told their protocols");
    let files = upstream.identity.write(directory.path(), "server");
    let certificate = match upstream.defect {
        None | Some(Defect::ProxyProtocol) => files.chain.display().to_string(),
        // A variable makes nginx look for the file in every handshake.
        Some(Defect::LookupFails) => format!("{}/$connection.pem", directory.path().display()),
        Some(_) => panic!("nginx peers are not able to break so"),
    };
    let mut server = format!(
        "ssl_certificate {certificate}; ssl_certificate_key {};\nssl_prefer_server_ciphers on;\n\
         ssl_protocols",
        files.key.display()
    );
    for version in Version::between(upstream.min, upstream.max) {
        let _ = write!(server, " {}", version.nginx());
    }
    server.push_str(";\n");
    if let ClientAuth::Required(authority) = &upstream.client_auth {
        let path = authority.write(directory.path(), "client-ca");
        let _ = writeln!(
            server,
            "ssl_verify_client on; ssl_client_certificate {};",
            path.display()
        );
    }
    if let Some(ciphers) = upstream.openssl_ciphers() {
        let _ = writeln!(server, "ssl_ciphers {ciphers};");
    }
    if let Some(group) = upstream.group {
        let _ = writeln!(server, "ssl_ecdh_curve {};", group.openssl());
    }
    if let Some(signature) = upstream.signature {
        let name = signature.openssl();
        let _ = writeln!(server, "ssl_conf_command SignatureAlgorithms {name};");
    }
    if upstream.small_dh {
        let path = directory.write("dh.pem", DH_1024);
        let _ = writeln!(server, "ssl_dhparam {};", path.display());
    }
    server
}
