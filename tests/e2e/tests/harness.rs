//! The harness itself: every stack works when nothing is wrong, every script does what it says.
//! Needs nginx and the stacks, not the module.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{Lab, API, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::on_stacks;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Sni, Stack, Suite, Upstream, Version};
use tlsdiag_e2e::trial::run;

fn assert_works(upstream: &Upstream, settings: &str) {
    let peer = upstream.start();
    let location = format!("{}proxy_ssl_name {API};\n{settings}", peer.pass());
    let run = run(Config::new().location("/", &location), &["/"]);
    let log = &run.finished.log;
    assert_eq!(run.statuses(), [200], "{:?}: {}", upstream.stack, log.text);
    assert!(!run.responses[0].body.is_empty());
    assert!(log.native().is_empty(), "{}", log.text);
}

fn works(stack: Stack) {
    const TLS12: &str = "proxy_ssl_protocols TLSv1.2;";
    let upstream = Lab::at(stack, None).good();
    assert_works(&upstream, PROTOCOLS);
    assert_works(&upstream, TLS12);
    let one_suite = upstream.clone().versions(Version::Tls12, Version::Tls12);
    assert_works(&one_suite.suite(Suite::EcdheRsaAes256), TLS12);
    if stack != Stack::GnuTls && stack != Stack::Java && stack != Stack::Nginx {
        let named = upstream.clone().sni(Sni::CertificateFor(API.into()));
        assert_works(&named, "proxy_ssl_server_name on;");
    }
    if stack != Stack::Node {
        let only = upstream.sni(Sni::Only(API.into()));
        assert_works(&only, "proxy_ssl_server_name on;");
    }
}
on_stacks!(works: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn takes_a_client_certificate(stack: Stack) {
    let lab = Lab::at(stack, None);
    let client = lab.client(&lab.clients, &Leaf::named("client")).present();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let settings = format!("proxy_ssl_protocols {version};\n{client}");
        assert_works(&lab.demanding(), &settings);
    }
}
on_stacks!(takes_a_client_certificate: OpenSsl, GnuTls, Go, Java, Node, Python);

fn native_line(script: Script) -> String {
    let peer = scripted::start(script);
    let pass = peer.pass() + "proxy_connect_timeout 300ms;";
    let run = run(Config::new().location("/", &pass), &["/"]);
    let native = run.finished.log.native();
    assert_eq!(native.len(), 1, "{}", run.finished.log.text);
    native[0].message.clone()
}

#[test]
fn scripts_do_what_they_say() {
    const FAILED: &str = "SSL_do_handshake() failed";
    const CLOSED: &str = "peer closed connection in SSL handshake";
    let alert = |code, version| Script::Alert { code, version };
    let expected = [
        (Script::PlainHttp, FAILED),
        (Script::Banner(b"220 mail.example.test ESMTP\r\n"), FAILED),
        (
            Script::Silence,
            "upstream timed out (110: Connection timed out)",
        ),
        // Or "upstream prematurely closed connection", when the end comes before nginx has begun.
        (Script::CloseAtOnce, "closed connection"),
        (Script::CloseAfterHello, CLOSED),
        (Script::ResetAfterHello, "(104: Connection reset by peer)"),
        (alert(40, 0x0301), "SSL alert number 40"),
        (alert(70, 0x0303), "SSL alert number 70"),
        (Script::Reply(b"no".to_vec()), CLOSED),
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
