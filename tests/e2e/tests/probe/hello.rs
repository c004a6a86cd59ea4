//! The hello of the probe is nginx's, byte for byte but for random, session id and key shares.

use std::path::Path;

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::probe;
use tlsdiag_e2e::require::{Build, StreamModule};
use tlsdiag_e2e::tempdir::TempDir;

use crate::recorded::{without_chance, Recorded};

/// The hellos of nginx and of the probe, for a configuration with this peer.
fn hellos(
    config: impl Fn(u16) -> Config,
    talk: impl Fn(&Nginx),
    arguments: &[&str],
    environment: &[(&str, &Path)],
) -> (Vec<u8>, Vec<u8>) {
    let recorded = Recorded::start();
    let mut config = config(recorded.port());
    let pairs = environment.iter();
    let pairs = pairs.map(|(name, value)| ((*name).to_owned(), value.display().to_string()));
    config.environment.extend(pairs);
    let (_directory, file) = probe::configuration(&config);
    let nginx = Nginx::start(config);
    talk(&nginx);
    let theirs = recorded.take();
    nginx.finish();
    assert_eq!(theirs.len(), 1, "one connection of nginx's");

    let target = format!("127.0.0.1:{}", recorded.port());
    let arguments = [
        &["--nginx-conf", &file, "--format", "json"],
        arguments,
        &[&target],
    ]
    .concat();
    let probed = probe::run_with(&arguments, environment);
    let object = probed.object();
    assert_eq!(probed.status, 1, "{probed:?}");
    assert_eq!(object["works_as_configured"], false);
    let ours = recorded.take();
    let connections = object["connections"].as_u64().unwrap();
    assert_eq!(ours.len() as u64, connections, "connections are counted");
    assert!(connections <= 12, "{connections}");
    (theirs[0].clone(), ours[0].clone())
}

/// The same for directives in a location of http.
fn same(directives: &str, pass: &str) {
    let config = |port: u16| {
        let location = format!("{pass}127.0.0.1:{port};\n{directives}");
        Config::new().location("/", &location)
    };
    let get = |nginx: &Nginx| drop(client::get(nginx.port(), "/"));
    let (theirs, ours) = hellos(config, get, &[], &[]);
    assert_eq!(
        without_chance(&theirs),
        without_chance(&ours),
        "{pass} {directives}"
    );
    assert_ne!(theirs, ours, "the random must differ");
}

fn proxy(directives: &str) {
    same(directives, "proxy_pass https://");
}

fn has_conf_command() -> bool {
    Build::get().version >= (1, 19, 4)
}

#[test]
fn defaults() {
    proxy("");
}

#[test]
fn protocols() {
    for versions in [
        "TLSv1.2",
        "TLSv1.3",
        "TLSv1.2 TLSv1.3",
        // Above level 0 a newer OpenSSL has none of the two, and sends no hello.
        "TLSv1 TLSv1.1; proxy_ssl_ciphers DEFAULT:@SECLEVEL=0",
        "SSLv3 TLSv1.3",
    ] {
        proxy(&format!("proxy_ssl_protocols {versions};"));
    }
}

#[test]
fn ciphers() {
    for list in [
        "HIGH:!aNULL:!MD5",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "DEFAULT:@SECLEVEL=0",
    ] {
        proxy(&format!("proxy_ssl_ciphers {list};"));
    }
}

#[test]
fn commands() {
    if !has_conf_command() {
        return;
    }
    for commands in [
        &["Groups P-256:X25519"][..],
        &["Groups P-384", "SignatureAlgorithms ECDSA+SHA256"],
        &["Ciphersuites TLS_AES_128_GCM_SHA256", "MinProtocol TLSv1.3"],
        &["Options -SessionTicket", "CipherString ECDHE+AESGCM"],
    ] {
        let line = |command: &&str| format!("proxy_ssl_conf_command {command};\n");
        let commands: String = commands.iter().map(line).collect();
        proxy(&format!("proxy_ssl_protocols TLSv1.2 TLSv1.3;\n{commands}"));
    }
}

#[test]
fn names() {
    for directives in [
        "proxy_ssl_name api.example.test;",
        "proxy_ssl_server_name on;",
        "proxy_ssl_server_name on; proxy_ssl_name api.example.test:8443;",
        "proxy_ssl_server_name on; proxy_ssl_name 192.0.2.1;",
    ] {
        proxy(directives);
    }
}

#[test]
fn name_of_the_block() {
    let config = |port: u16| {
        Config::new()
            .http(&format!("upstream backend {{ server 127.0.0.1:{port}; }}"))
            .location("/", "proxy_pass https://backend; proxy_ssl_server_name on;")
    };
    let get = |nginx: &Nginx| drop(client::get(nginx.port(), "/"));
    let (theirs, ours) = hellos(config, get, &[], &[]);
    assert_eq!(without_chance(&theirs), without_chance(&ours));
    assert!(ours.windows(7).any(|seven| seven == b"backend"));
}

#[test]
fn certificates() {
    let directory = TempDir::new("certificates");
    let root = Authority::root("Example Root");
    let client = root
        .issue(&Leaf::named("client"))
        .write(directory.path(), "client");
    let trusted = root.write(directory.path(), "root");
    proxy(&format!(
        "proxy_ssl_certificate {}; proxy_ssl_certificate_key {};
         proxy_ssl_verify on; proxy_ssl_trusted_certificate {}; proxy_ssl_verify_depth 3;",
        client.chain.display(),
        client.key.display(),
        trusted.display()
    ));
}

#[test]
fn sessions_off() {
    proxy("proxy_ssl_session_reuse off;");
}

#[test]
fn other_families() {
    same("", "grpc_pass grpcs://");
    same(
        "grpc_ssl_protocols TLSv1.2 TLSv1.3; grpc_ssl_server_name on; grpc_ssl_name a.test;",
        "grpc_pass grpcs://",
    );
    same("uwsgi_ssl_protocols TLSv1.2;", "uwsgi_pass suwsgi://");
}

#[test]
fn stream() {
    assert_ne!(
        Build::get().stream(),
        StreamModule::Absent,
        "this nginx has no stream"
    );
    let listen = tlsdiag_e2e::ports::Port::reserve();
    let config = |port: u16| {
        Config::new().stream(&format!(
            "server {{ listen 127.0.0.1:{listen}; proxy_pass 127.0.0.1:{port}; proxy_ssl on;
             proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_server_name on; proxy_ssl_name a.test; }}"
        ))
    };
    let talk = |_: &Nginx| drop(client::exchange(listen.number(), b"hello"));
    let (theirs, ours) = hellos(config, talk, &["--module", "stream"], &[]);
    assert_eq!(without_chance(&theirs), without_chance(&ours));
}

/// openssl.cnf has a say in what nginx offers, too.
#[test]
fn configuration_of_the_library() {
    let directory = TempDir::new("openssl");
    let file = directory.write(
        "openssl.cnf",
        "openssl_conf = all\nnginx = nginx_all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = system\n\
         [system]\nGroups = P-521:P-384\nSignatureAlgorithms = ECDSA+SHA384\nOptions = -SessionTicket\n\
         [nginx_all]\nssl_conf = nginx_ssl\n[nginx_ssl]\nsystem_default = nginx_system\n\
         [nginx_system]\nGroups = P-256\n",
    );
    let environment = [("OPENSSL_CONF", file.as_path())];
    let config = |port: u16| {
        let location =
            format!("proxy_pass https://127.0.0.1:{port};\nproxy_ssl_protocols TLSv1.2 TLSv1.3;");
        Config::new().location("/", &location)
    };
    let get = |nginx: &Nginx| drop(client::get(nginx.port(), "/"));
    let (theirs, ours) = hellos(config, get, &[], &environment);
    assert_eq!(without_chance(&theirs), without_chance(&ours));
    let (_, usual) = hellos(config, get, &[], &[]);
    assert_ne!(without_chance(&ours), without_chance(&usual), "it was read");
}
