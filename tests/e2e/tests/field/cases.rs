//! The cases whose reproduction is known. Each test is named as its case.

use tlsdiag_e2e::causes::{Scene, Setup};
use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client::HOST;
use tlsdiag_e2e::lab::{block, Lab, API, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{relay, Defect, Peer, Sni, Stack, Suite, Version};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::require::Build;
use tlsdiag_e2e::trial::Trial;

use super::names::Names;
use super::steps::until_good;

const FORWARDED: &str = "proxy_set_header Host $host;\n";

fn plain(location: &str) -> Config {
    Config::new().location("/", location)
}

/// Apache answers 421 to every site behind an nginx that connects by address and sends no name.
#[test]
fn hestiacp_5058() {
    let lab = Lab::at(Stack::Apache, None);
    let default = Box::new(lab.root.issue(&Leaf::named("default.test").rsa()));
    let upstream = lab.issue(&Leaf::named(HOST).rsa());
    let peer = upstream
        .sni(Sni::OrDefault(HOST.to_owned(), default))
        .start();
    let location = peer.pass() + FORWARDED;
    let names = until_good(&location, &[("proxy_ssl_name", "$host")], plain);
    assert_eq!(names, ["sni_missing"]);
}

/// An edge answers 421 for a Host that its certificate does not have. First no name is sent, then one that is
/// not the Host.
#[test]
fn ndb_core_3684() {
    const UPSTREAM: &str = "one.field.test";
    let lab = Lab::at(Stack::Go, None);
    let edge = lab.issue(&Leaf::named(UPSTREAM).rsa());
    let peer = edge.defect(Defect::Misdirects).start();
    let trial = |settings: &str| {
        let location = format!("proxy_pass https://{UPSTREAM};\n{settings}");
        let block = block(UPSTREAM, &[peer.port()], "");
        Trial::new(|| plain(&location).http(&block), &["/"])
    };
    let named = "proxy_ssl_server_name on;";
    trial(FORWARDED).refusals(1)[0].assert_name("sni_missing");
    let both = format!("{FORWARDED}{named}");
    trial(&both).refusals(1)[0].assert_name("misdirected_request");
    // What it says: Host and name must be one. The host of the upstream is meant.
    trial(named).assert_good();
}

/// A router by name refuses whoever sends none. The directive alone changes nothing: for an address no name
/// is sent. A router that closes without a word is no proof, but the directives are what is to be tried first.
#[test]
fn frp_4239() {
    for settings in ["", "proxy_ssl_server_name on;\n"] {
        let lab = Lab::at(Stack::Go, None);
        let upstream = lab.issue(&Leaf::named(HOST).rsa());
        let location = |peer: &Peer, settings| format!("{}{FORWARDED}{settings}", peer.pass());
        let by_name = Sni::CertificateFor(HOST.into());
        let loud = upstream.clone().sni(by_name).start();
        let names = until_good(
            &location(&loud, settings),
            &[("proxy_ssl_name", "$host")],
            plain,
        );
        assert_eq!(names, ["sni_missing"], "{settings}");
        let silent = relay::by_name(HOST, upstream.start());
        let line_of = |location: &str| {
            let trial = Trial::new(|| plain(location), &["/"]);
            trial.failures(1).remove(0).line
        };
        let mut location_now = location(&silent, settings);
        let mut line = line_of(&location_now);
        // A library whose hello takes two segments is first told to make a shorter one.
        if line.fix.concat().contains("Groups") {
            location_now.push_str(&line.fix.concat());
            line = line_of(&location_now);
        }
        let told = line.fix.concat() + line.action.as_deref().unwrap_or_default();
        let name = "proxy_ssl_name <host-name-of-the-upstream>";
        assert!(told.contains(name), "{told}");
        let good = "proxy_ssl_server_name on;\nproxy_ssl_name $host;";
        Trial::new(|| plain(&location(&silent, good)), &["/"]).assert_good();
    }
}

/// A `server` line without a port means port 80, whatever the scheme of proxy_pass.
#[test]
fn nginx_proxy_217() {
    let plain_text = scripted::start(Script::PlainHttp);
    let peer = Lab::new().good().start();
    let names = Names::with_ports(plain_text.port(), peer.port());
    let trial = |line: &str| {
        let block = format!("upstream app_server0 {{ server {line}; }}");
        let config = || names.known_to(plain("proxy_pass https://app_server0;").http(&block));
        Trial::new(config, &["/"])
    };
    let failure = trial("one.field.test").failure("plaintext_upstream");
    let action = failure.line.action.as_deref().unwrap();
    let line = "write server one.field.test:443";
    assert!(action.contains(line), "{action}");
    trial("one.field.test:443").assert_good();
}

/// The certificate has the address; nginx compares names only.
#[test]
fn nginx_1363() {
    let lab = Lab::at(Stack::Go, None);
    let leaf = Leaf::named("localhost").rsa().ip("127.0.0.1");
    let upstream = lab.issue(&leaf).demand_client(&lab.clients);
    let setup = Setup::to(upstream)
        .set(&(lab.verify() + &lab.present("client")))
        .value("proxy_ssl_name", "localhost".to_owned());
    let scene = Scene::meet("certificate_hostname_mismatch", lab, setup);
    scene.assert_says("has that IP SAN");
    scene.assert_fix_helps();
}

/// http:// to a port of TLS: no handshake is begun, so nothing of it can be said.
#[test]
fn portainer_6902() {
    for stack in [Stack::Go, Stack::OpenSsl] {
        let (peer, port) = (Lab::at(stack, None).good().start(), Port::reserve());
        let to = format!("127.0.0.1:{}", peer.port());
        let server = format!("server {{ listen 127.0.0.1:{port}; proxy_pass {to}; }}");
        let config = || plain(&format!("proxy_pass http://{to};")).stream(&server);
        let trial = Trial::new(config, &["/"]);
        trial.assert_silent();
        assert_ne!(trial.statuses(), [200]);
    }
}

/// Without `proxy_ssl on` nginx passes the client's bytes on, and `proxy_ssl_name` does nothing.
#[test]
fn nginx_1072() {
    let only = Sni::Only("one.field.test".into());
    let peer = Lab::new().good().sni(only).start();
    let port = Port::reserve();
    let config = || {
        Config::new().stream(&format!(
            "server {{ listen 127.0.0.1:{port}; ssl_preread on; proxy_pass 127.0.0.1:{};\n\
             proxy_ssl_name one.field.test; proxy_ssl_server_name on; }}",
            peer.port()
        ))
    };
    let shake = |_: &Nginx| {
        let method = openssl::ssl::SslMethod::tls();
        let mut connector = openssl::ssl::SslConnector::builder(method).unwrap();
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
    let (rsa, dhe) = (Suite::RsaAes128Sha, Suite::DheRsaAes128Sha);
    for suites in [&[rsa][..], &[dhe, rsa], &[dhe]] {
        let upstream = Lab::at(Stack::GnuTls, Version::Tls10).good();
        let upstream = upstream.no_secure_renegotiation().suites(suites);
        let peer = upstream.small_dh().start();
        let names = until_good(&peer.pass(), &[("proxy_ssl_name", API)], plain);
        let legacy = names.contains(&"legacy_renegotiation".to_owned());
        // OpenSSL before 3.0 takes such servers unless told not to.
        assert_eq!(legacy, Build::get().openssl.0 >= 3, "{names:?}");
    }
}

/// The upstream wants a certificate of nginx's own: the client's in a header is none.
#[test]
fn ingress_nginx_5922() {
    for version in [Version::Tls12, Version::Tls13] {
        let lab = Lab::at(Stack::Java, version);
        let header = "proxy_set_header ssl-client-cert $http_x_cert;";
        let setup = Setup::to(lab.demanding()).set(PROTOCOLS).set(header);
        let scene = Scene::meet("client_certificate_required", lab, setup);
        scene.assert_fix_helps();
    }
}

/// nginx compares the name of an upstream block with a certificate for localhost.
#[test]
fn mcp_context_forge_2581() {
    let lab = Lab::at(Stack::Go, None);
    let peer = lab.issue(&Leaf::named("localhost").rsa()).start();
    let names = Names::new();
    let server = format!("server one.example.test:{}; keepalive 8;", peer.port());
    let block = format!("upstream gateway_backend {{ {server} }}");
    let verify = lab.verify();
    let config = |location: &str| names.known_to(plain(location).http(&block).server(&verify));
    let location = "proxy_pass https://gateway_backend;";
    let steps = until_good(location, &[("proxy_ssl_name", "localhost")], config);
    assert_eq!(steps, ["certificate_hostname_mismatch"]);
}
