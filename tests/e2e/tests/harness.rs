//! The harness itself: every stack works when nothing is wrong, every script does what it says.
//! Needs nginx and the stacks, not the module.

use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Sni, Stack, Suite, Upstream, Version};
use tlsdiag_e2e::trial::run;

const NAME: &str = "api.example.test";

fn identity() -> Identity {
    Authority::root("Harness Root").issue(&Leaf::named(NAME).rsa())
}

fn assert_works(upstream: &Upstream, settings: &str) {
    let peer = upstream.start();
    let config = Config::new().location(
        "/",
        &format!(
            "proxy_pass https://127.0.0.1:{};\nproxy_ssl_name {NAME};\n{settings}",
            peer.port()
        ),
    );
    let run = run(config, &["/"]);
    let response = &run.responses[0];
    assert_eq!(
        response.status, 200,
        "{:?}: {}",
        upstream.stack, run.finished.log.text
    );
    assert!(!response.body.is_empty());
    assert!(
        run.finished.log.native().is_empty(),
        "{}",
        run.finished.log.text
    );
}

fn assert_stack_works(stack: Stack) {
    let upstream = Upstream::new(stack, identity());
    assert_works(&upstream, "proxy_ssl_protocols TLSv1.2 TLSv1.3;");
    assert_works(&upstream, "proxy_ssl_protocols TLSv1.2;");
    let one_suite = upstream.clone().versions(Version::Tls12, Version::Tls12);
    assert_works(
        &one_suite.suite(Suite::EcdheRsaAes256),
        "proxy_ssl_protocols TLSv1.2;",
    );
    if stack != Stack::GnuTls && stack != Stack::Java && stack != Stack::Nginx {
        let named = upstream.clone().sni(Sni::CertificateFor(NAME.into()));
        assert_works(&named, "proxy_ssl_server_name on;");
    }
    if stack != Stack::Node {
        let only = upstream.sni(Sni::Only(NAME.into()));
        assert_works(&only, "proxy_ssl_server_name on;");
    }
}

#[test]
fn openssl_works() {
    assert_stack_works(Stack::OpenSsl);
}

#[test]
fn gnutls_works() {
    assert_stack_works(Stack::GnuTls);
}

#[test]
fn go_works() {
    assert_stack_works(Stack::Go);
}

#[test]
fn java_works() {
    assert_stack_works(Stack::Java);
}

#[test]
fn node_works() {
    assert_stack_works(Stack::Node);
}

#[test]
fn python_works() {
    assert_stack_works(Stack::Python);
}

#[test]
fn nginx_works() {
    assert_stack_works(Stack::Nginx);
}

#[test]
fn a_client_certificate_opens_every_stack_that_asks() {
    let authority = Authority::root("Client Root");
    let directory = tlsdiag_e2e::tempdir::TempDir::new("client");
    let client = authority
        .issue(&Leaf::named("client"))
        .write(directory.path(), "client");
    let stacks = [
        Stack::OpenSsl,
        Stack::GnuTls,
        Stack::Go,
        Stack::Java,
        Stack::Node,
        Stack::Python,
    ];
    for stack in stacks {
        let upstream = Upstream::new(stack, identity()).demand_client(&authority);
        for version in ["TLSv1.2", "TLSv1.3"] {
            let settings = format!(
                "proxy_ssl_protocols {version};\nproxy_ssl_certificate {};\n\
                 proxy_ssl_certificate_key {};",
                client.chain.display(),
                client.key.display()
            );
            assert_works(&upstream, &settings);
        }
    }
}

fn native_line(script: Script) -> String {
    let peer = scripted::start(script);
    let pass = format!(
        "proxy_pass https://127.0.0.1:{};\nproxy_connect_timeout 300ms;",
        peer.port()
    );
    let run = run(Config::new().location("/", &pass), &["/"]);
    let native = run.finished.log.native();
    assert_eq!(native.len(), 1, "{}", run.finished.log.text);
    native[0].message.clone()
}

#[test]
fn scripts_do_what_they_say() {
    let expected = [
        (Script::PlainHttp, "SSL_do_handshake() failed"),
        (
            Script::Banner(b"220 mail.example.test ESMTP\r\n"),
            "SSL_do_handshake() failed",
        ),
        (
            Script::Silence,
            "upstream timed out (110: Connection timed out)",
        ),
        // Or "upstream prematurely closed connection", when the end comes before nginx has begun.
        (Script::CloseAtOnce, "closed connection"),
        (
            Script::CloseAfterHello,
            "peer closed connection in SSL handshake",
        ),
        (Script::ResetAfterHello, "(104: Connection reset by peer)"),
        (
            Script::Alert {
                code: 40,
                version: 0x0301,
            },
            "SSL alert number 40",
        ),
        (
            Script::Alert {
                code: 70,
                version: 0x0303,
            },
            "SSL alert number 70",
        ),
        (
            Script::Reply(b"no".to_vec()),
            "peer closed connection in SSL handshake",
        ),
    ];
    for (script, text) in expected {
        let line = native_line(script.clone());
        assert!(line.contains(text), "{script:?} gave: {line}");
    }
}

#[test]
fn reload_rotate_and_check() {
    let config = Config::new().location("/", "return 200 one;");
    let (good, said) = Nginx::check(&config);
    assert!(good, "{said}");
    let mut nginx = Nginx::start(config);
    assert_eq!(client::get(nginx.port(), "/").body, b"one");
    nginx
        .reload(|c| c.locations[0].1 = "return 200 two;".into())
        .unwrap();
    assert_eq!(client::get(nginx.port(), "/").body, b"two");
    nginx.rotate("error.log");
    assert!(nginx.log().text.is_empty() || nginx.log().text.contains("reopening"));
    nginx.expect_trouble("unknown directive \"nonsense\"");
    let said = nginx
        .reload(|c| c.main = "nonsense on;".into())
        .unwrap_err();
    assert!(said.contains("nonsense"), "{said}");
    assert_eq!(client::get(nginx.port(), "/").body, b"two");
    nginx.finish();
}

#[test]
#[should_panic(expected = "nginx met trouble")]
fn trouble_is_noticed() {
    let mut nginx = Nginx::start(Config::new().location("/", "return 204;"));
    let refused = nginx.reload(|c| c.main = "nonsense on;".into());
    assert!(refused.is_err());
    nginx.finish();
}
