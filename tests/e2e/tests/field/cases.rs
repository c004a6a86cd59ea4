//! The cases whose reproduction is known. Each test is named as its case.

use tlsdiag_e2e::certs::{Leaf, Usage};
use tlsdiag_e2e::client::HOST;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{relay, Defect, Sni, Stack, Suite, Upstream, Version};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::Trial;

use super::lab::{pass, Case, Lab};
use super::names::Names;
use super::steps::until_good;

const FORWARDED: &str = "proxy_set_header Host $host;";

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Apache answers 421 to every site behind an nginx that connects by address and sends no name.
#[test]
fn hestiacp_5058() {
    let lab = Lab::new();
    let default = Box::new(lab.root.issue(&Leaf::named("default.test").rsa()));
    let peer = Upstream::new(Stack::Apache, lab.root.issue(&Leaf::named(HOST).rsa()))
        .sni(Sni::OrDefault(HOST.to_owned(), default))
        .start();
    let config = |lines: &[String]| Config::new().location("/", &lines.join("\n"));
    let location = lines(&format!("{}{FORWARDED}", pass(peer.port())));
    let names = until_good(config, location, &[("proxy_ssl_name", "$host")]);
    assert_eq!(names, ["sni_missing"]);
}

/// An edge answers 421 for a Host that its certificate does not have. First no name is sent, then one that is
/// not the Host.
#[test]
fn ndb_core_3684() {
    let lab = Lab::new();
    let one = lab.root.issue(&Leaf::named("one.field.test").rsa());
    let peer = Upstream::new(Stack::Go, one)
        .defect(Defect::Misdirects)
        .start();
    let block = format!(
        "upstream one.field.test {{ server 127.0.0.1:{}; }}",
        peer.port()
    );
    let config = |lines: &[String]| {
        let lines = lines.join("\n");
        Config::new().http(&block).location("/", &lines)
    };
    let location = ["proxy_pass https://one.field.test;", FORWARDED];
    let trial = Trial::new(|| config(&location.map(str::to_owned)), &["/"]);
    let failure = trial.refusals(1).remove(0);
    failure.assert_name("sni_missing");
    let named = [&location[..], &["proxy_ssl_server_name on;"]].concat();
    let named: Vec<String> = named.into_iter().map(str::to_owned).collect();
    let trial = Trial::new(|| config(&named), &["/"]);
    let failure = trial.refusals(1).remove(0);
    failure.assert_name("misdirected_request");
    // What it says: Host and name must be one. The host of the upstream is meant.
    let right = [
        "proxy_pass https://one.field.test;",
        "proxy_ssl_server_name on;",
    ];
    let trial = Trial::new(|| config(&right.map(str::to_owned)), &["/"]);
    trial.assert_silent();
    assert_eq!(trial.with.responses[0].status, 200);
}

/// A router by name refuses whoever sends none. The directive alone changes nothing: for an address no name
/// is sent. A router that closes without a word is no proof, but the directives are what is to be tried first.
#[test]
fn frp_4239() {
    for settings in ["", "proxy_ssl_server_name on;\n"] {
        let lab = Lab::new();
        let upstream = Upstream::new(Stack::Go, lab.root.issue(&Leaf::named(HOST).rsa()));
        let config = |lines: &[String]| Config::new().location("/", &lines.join("\n"));
        let location = |port| lines(&format!("{}{FORWARDED}\n{settings}", pass(port)));
        let loud = upstream
            .clone()
            .sni(Sni::CertificateFor(HOST.into()))
            .start();
        let names = until_good(
            config,
            location(loud.port()),
            &[("proxy_ssl_name", "$host")],
        );
        assert_eq!(names, ["sni_missing"], "{settings}");
        let silent = relay::by_name(HOST, upstream.start());
        let trial = Trial::new(|| config(&location(silent.port())), &["/"]);
        let failure = trial.failures(1).remove(0);
        let action = failure.line.action.as_deref().unwrap_or_default();
        let told = failure.line.fix.concat() + action;
        assert!(
            told.contains("proxy_ssl_name <host-name-of-the-upstream>"),
            "{told}"
        );
        let good = "proxy_ssl_server_name on;\nproxy_ssl_name $host;";
        let right = lines(&format!("{}{FORWARDED}\n{good}", pass(silent.port())));
        let trial = Trial::new(|| config(&right), &["/"]);
        trial.assert_silent();
        assert_eq!(trial.with.responses[0].status, 200);
    }
}

/// A `server` line without a port means port 80, whatever the scheme of proxy_pass.
#[test]
fn nginx_proxy_217() {
    let lab = Lab::new();
    let plain = scripted::start(Script::PlainHttp);
    let peer = Upstream::new(Stack::OpenSsl, lab.identity()).start();
    let names = Names::with_ports(plain.port(), peer.port());
    let config = |line: &str| {
        let block = format!("upstream app_server0 {{ server {line}; }}");
        names.known_to(
            Config::new()
                .http(&block)
                .location("/", "proxy_pass https://app_server0;"),
        )
    };
    let trial = Trial::new(|| config("one.field.test"), &["/"]);
    let failure = trial.failure("plaintext_upstream");
    let action = failure.line.action.as_deref().unwrap();
    assert!(
        action.contains("write server one.field.test:443"),
        "{action}"
    );
    let trial = Trial::new(|| config("one.field.test:443"), &["/"]);
    trial.assert_silent();
    assert_eq!(trial.with.responses[0].status, 200);
}

/// The certificate has the address; nginx compares names only.
#[test]
fn nginx_1363() {
    let lab = Lab::new();
    let clients = tlsdiag_e2e::certs::Authority::root("Example Client Root");
    let leaf = Leaf::named("localhost").rsa().ip("127.0.0.1");
    let peer = Upstream::new(Stack::Go, lab.root.issue(&leaf))
        .demand_client(&clients)
        .start();
    let own = lab.client(&clients, "client");
    let settings = format!(
        "{}proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n",
        lab.verify(),
        own.chain.display(),
        own.key.display()
    );
    let case = Case::new(|fix| {
        Config::new()
            .server(&settings)
            .location("/", &(pass(peer.port()) + fix))
    });
    let failure = case.failure("certificate_hostname_mismatch");
    assert!(failure.line.sentence.contains("has that IP SAN"));
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", "localhost")]);
}

/// http:// to a port of TLS: no handshake is begun, so nothing of it can be said.
#[test]
fn portainer_6902() {
    let lab = Lab::new();
    for stack in [Stack::Go, Stack::OpenSsl] {
        let peer = Upstream::new(stack, lab.identity()).start();
        let port = Port::reserve();
        let config = || {
            let to = format!("127.0.0.1:{}", peer.port());
            Config::new()
                .location("/", &format!("proxy_pass http://{to};"))
                .stream(&format!(
                    "server {{ listen 127.0.0.1:{port}; proxy_pass {to}; }}"
                ))
        };
        let trial = Trial::new(config, &["/"]);
        trial.assert_silent();
        assert_ne!(trial.with.responses[0].status, 200);
    }
}

/// Without `proxy_ssl on` nginx passes the client's bytes on, and `proxy_ssl_name` does nothing.
#[test]
fn nginx_1072() {
    let lab = Lab::new();
    let peer = Upstream::new(Stack::OpenSsl, lab.identity())
        .sni(Sni::Only("one.field.test".into()))
        .start();
    let port = Port::reserve();
    let config = || {
        Config::new().stream(&format!(
            "server {{ listen 127.0.0.1:{port}; ssl_preread on; proxy_pass 127.0.0.1:{};\n\
             proxy_ssl_name one.field.test; proxy_ssl_server_name on; }}",
            peer.port()
        ))
    };
    let shake = |_: &Nginx| {
        let mut connector =
            openssl::ssl::SslConnector::builder(openssl::ssl::SslMethod::tls()).unwrap();
        connector.set_verify(openssl::ssl::SslVerifyMode::NONE);
        let stream = tlsdiag_e2e::client::connect(port.number());
        let shaken = connector.build().connect("other.field.test", stream);
        assert!(shaken.is_err(), "the client's name reaches the upstream");
        Vec::new()
    };
    Trial::with(config, shake).assert_silent();
}

/// An old board: no RFC 5746, no version above TLS 1.1, plain RSA or 1,024 bits of Diffie-Hellman.
#[test]
fn ilo3_legacy() {
    for suites in [
        vec![Suite::RsaAes128Sha],
        vec![Suite::DheRsaAes128Sha, Suite::RsaAes128Sha],
        vec![Suite::DheRsaAes128Sha],
    ] {
        let lab = Lab::new();
        let mut upstream = Upstream::new(Stack::GnuTls, lab.identity())
            .versions(Version::Tls10, Version::Tls10)
            .no_secure_renegotiation();
        upstream.suites = suites.clone();
        upstream.small_dh = true;
        let peer = upstream.start();
        let config = |lines: &[String]| Config::new().location("/", &lines.join("\n"));
        let values = [("proxy_ssl_name", super::lab::API)];
        let names = until_good(config, lines(&pass(peer.port())), &values);
        assert!(
            names.contains(&"legacy_renegotiation".to_owned()),
            "{names:?}"
        );
    }
}

/// The upstream wants a certificate of nginx's own: the client's in a header is none.
#[test]
fn ingress_nginx_5922() {
    for version in [Version::Tls12, Version::Tls13] {
        let lab = Lab::new();
        let clients = tlsdiag_e2e::certs::Authority::root("Example Client Root");
        let peer = Upstream::new(Stack::Java, lab.identity())
            .versions(version, version)
            .demand_client(&clients)
            .start();
        let own = clients.issue(&Leaf::named("nginx").usage(Usage::Client));
        let directory = TempDir::new("nginx-client");
        let own = own.write(directory.path(), "nginx");
        let location = format!(
            "{}proxy_ssl_protocols TLSv1.2 TLSv1.3;\nproxy_set_header ssl-client-cert $http_x_cert;\n",
            pass(peer.port())
        );
        let config = |lines: &[String]| Config::new().location("/", &lines.join("\n"));
        let values = [
            ("proxy_ssl_certificate", own.chain.to_str().unwrap()),
            ("proxy_ssl_certificate_key", own.key.to_str().unwrap()),
        ];
        let names = until_good(config, lines(&location), &values);
        assert_eq!(names, ["client_certificate_required"]);
    }
}

/// nginx compares the name of an upstream block with a certificate for localhost.
#[test]
fn mcp_context_forge_2581() {
    let lab = Lab::new();
    let peer = Upstream::new(Stack::Go, lab.root.issue(&Leaf::named("localhost").rsa())).start();
    let names = Names::new();
    let block = format!(
        "upstream gateway_backend {{ server one.example.test:{}; keepalive 8; }}",
        peer.port()
    );
    let verify = lab.verify();
    let config = |lines: &[String]| {
        names.known_to(
            Config::new()
                .http(&block)
                .server(&verify)
                .location("/", &lines.join("\n")),
        )
    };
    let location = lines("proxy_pass https://gateway_backend;");
    let steps = until_good(config, location, &[("proxy_ssl_name", "localhost")]);
    assert_eq!(steps, ["certificate_hostname_mismatch"]);
}
