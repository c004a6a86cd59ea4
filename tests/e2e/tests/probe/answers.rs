//! What the probe answers, and what it does not do on the way.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslMethod};
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream, Version};
use tlsdiag_e2e::probe::{self, Probed};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::{client, ports};

const API: &str = "api.example.test";

fn root() -> Authority {
    Authority::root("Example Root")
}

fn good() -> Upstream {
    Upstream::new(Stack::OpenSsl, root().issue(&Leaf::named(API).rsa()))
}

fn target(peer: &Peer) -> String {
    format!("127.0.0.1:{}", peer.port())
}

fn json(arguments: &[&str]) -> Probed {
    probe::run(&[&["--format", "json"], arguments].concat())
}

/// The same with a location that passes on to the peer with these directives.
fn configured(directives: &str, peer: &Peer, arguments: &[&str]) -> Probed {
    let location = format!("proxy_pass https://{};\n{directives}", target(peer));
    let (_directory, file) = probe::configuration(&Config::new().location("/", &location));
    let target = target(peer);
    json(&[&["--nginx-conf", &file], arguments, &[&target]].concat())
}

#[test]
fn what_works_is_status_0() {
    let peer = good().start();
    let probed = json(&[&target(&peer)]);
    let object = probed.object();
    assert_eq!((probed.status, probed.said.as_str()), (0, ""));
    assert_eq!(object["works_as_configured"], true);
    assert_eq!(object["connections"], 1);
    assert_eq!(object["target"], target(&peer));
    assert_eq!(object["address"], "127.0.0.1");
    for absent in ["diagnosis", "proved", "security"] {
        assert!(object.get(absent).is_none(), "{absent} in {object}");
    }
}

#[test]
fn a_fix_is_proved_and_helps_nginx() {
    let peer = good().sni(Sni::Only(API.to_owned())).start();
    let config = |fix: &str| {
        let server = format!("upstream api {{ server {}; }}", target(&peer));
        Config::new()
            .http(&server)
            .location("/", &format!("proxy_pass https://api;\n{fix}"))
    };
    let (_directory, file) = probe::configuration(&config(""));
    let probed = json(&["--nginx-conf", &file, "--name", API, &target(&peer)]);
    let object = probed.object();
    assert_eq!(probed.status, 1);
    assert_eq!(object["diagnosis"]["name"], "sni_missing");
    assert_eq!(object["security"], "neutral");
    let proved = probed.proved();
    let wanted = [
        "proxy_ssl_server_name on;",
        "proxy_ssl_name api.example.test;",
    ];
    assert_eq!(proved, wanted);
    let nginx = Nginx::start(config(&proved.join("\n")));
    assert_eq!(client::get(nginx.port(), "/").status, 200);
    nginx.finish();
}

#[test]
fn the_upstream_block_is_asked_by_its_name() {
    let (one, other) = (
        good().start(),
        good().sni(Sni::Only(API.to_owned())).start(),
    );
    let block = format!(
        "upstream api {{ server {}; server {}; }}",
        target(&one),
        target(&other)
    );
    let config = Config::new()
        .http(&block)
        .location("/", "proxy_pass https://api;");
    let (_directory, file) = probe::configuration(&config);
    let first = json(&["--conf", &file, "api"]);
    assert_eq!(
        (first.status, first.object()["target"].as_str()),
        (0, Some(&*target(&one)))
    );
    let all = json(&["--conf", &file, "--all", "api"]);
    assert_eq!((all.status, all.printed.lines().count()), (1, 2));
    let none = json(&["--conf", &file, "nobody"]);
    assert_eq!((none.status, none.printed.as_str()), (2, ""));
}

#[test]
fn one_place_of_several_is_chosen() {
    let peer = good().versions(Version::Tls13, Version::Tls13).start();
    let pass = format!("proxy_pass https://{};", target(&peer));
    let config = Config::new()
        .location("/old", &format!("{pass} proxy_ssl_protocols TLSv1.2;"))
        .location("/new", &format!("{pass} proxy_ssl_protocols TLSv1.3;"));
    let (_directory, file) = probe::configuration(&config);
    let both = json(&["--nginx-conf", &file, &target(&peer)]);
    assert_eq!((both.status, both.printed.as_str()), (2, ""));
    assert!(both.said.contains("--location"), "{}", both.said);
    let at = |location: &str| {
        json(&[
            "--nginx-conf",
            &file,
            "--location",
            location,
            &target(&peer),
        ])
    };
    assert_eq!(at("/new").status, 0);
    let old = at("/old");
    assert_eq!(old.status, 1);
    assert_eq!(old.proved(), ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
}

#[test]
fn what_cannot_be_tried_is_status_2() {
    let nobody = ports::Port::reserve();
    let peer = good().start();
    let directory = TempDir::new("probe");
    let missing = directory.file("missing.pem").display().to_string();
    let settings = format!("proxy_ssl_certificate {missing}; proxy_ssl_certificate_key {missing};");
    for (probed, said) in [
        (json(&[&format!("127.0.0.1:{nobody}")]), "onnection refused"),
        (json(&["127.0.0.1"]), "HOST:PORT"),
        (json(&["no-such-host.invalid:443"]), "no-such-host.invalid"),
        (json(&["--name", "a b", &target(&peer)]), "no host name"),
        (
            json(&["--try", "proxy_pass https://a", &target(&peer)]),
            "no directive about TLS",
        ),
        (
            json(&["--module", "grpc", "--request", &target(&peer)]),
            "--request",
        ),
        (
            configured("proxy_ssl_ciphers NONSENSE;", &peer, &[]),
            "NONSENSE",
        ),
        (
            configured("proxy_ssl_conf_command Groups nonsense;", &peer, &[]),
            "nonsense",
        ),
        (configured(&settings, &peer, &[]), "missing.pem"),
        (
            configured(
                "proxy_ssl_certificate $file; proxy_ssl_certificate_key $file;",
                &peer,
                &[],
            ),
            "$file",
        ),
        (
            configured("", &peer, &["--server", "other.test"]),
            "no location",
        ),
    ] {
        assert_eq!(
            (probed.status, probed.printed.as_str()),
            (2, ""),
            "{}",
            probed.said
        );
        assert!(
            probed.said.contains(said),
            "{said} is not in {}",
            probed.said
        );
    }
}

#[test]
fn a_client_certificate_is_used_and_its_key_never_shown() {
    let clients = Authority::root("Example Client Root");
    let peer = good().demand_client(&clients).start();
    let directory = TempDir::new("probe");
    let client = clients.issue(&Leaf::named("client"));
    let files = client.write(directory.path(), "client");
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let locked = client
        .key
        .private_key_to_pem_pkcs8_passphrase(cipher, b"open sesame")
        .unwrap();
    let locked = directory.write("locked.key", locked).display().to_string();
    let passwords = directory
        .write("passwords", "wrong\nopen sesame\n")
        .display()
        .to_string();
    let chain = files.chain.display().to_string();

    let without = configured("proxy_ssl_protocols TLSv1.2 TLSv1.3;", &peer, &[]);
    assert_eq!(
        without.object()["diagnosis"]["name"],
        "client_certificate_required"
    );
    assert_eq!(
        (
            without.object()["connections"].as_u64(),
            without.proved().len()
        ),
        (Some(1), 0)
    );

    let pair = format!("proxy_ssl_certificate {chain}; proxy_ssl_certificate_key");
    let given = format!("{pair} {};", files.key.display());
    let tried = json(&["--try", &given, &target(&peer)]);
    assert_eq!(tried.proved().len(), 2, "{tried:?}");

    let closed = configured(&format!("{pair} {locked};"), &peer, &[]);
    assert_eq!(
        (closed.status, closed.printed.as_str()),
        (2, ""),
        "nobody is asked for a password"
    );
    let opened = format!("{pair} {locked}; proxy_ssl_password_file {passwords};");
    let opened = configured(&opened, &peer, &[]);
    assert_eq!(opened.status, 0, "{}", opened.said);
    for said in [&tried, &closed, &opened] {
        let all = format!("{}{}", said.printed, said.said);
        for secret in ["PRIVATE", "sesame", "wrong"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
    }
}

#[test]
fn what_weakens_security_waits_for_the_word() {
    let peer = good().versions(Version::Tls10, Version::Tls10).start();
    let settings = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
    let careful = configured(settings, &peer, &[]);
    assert_eq!((careful.status, careful.proved().len()), (1, 0));
    let bold = configured(settings, &peer, &["--try-weakening"]);
    assert_eq!(
        (bold.status, &bold.object()["security"]),
        (1, &"weakens".into())
    );
    assert!(
        bold.proved().iter().any(|one| one.contains("@SECLEVEL=0")),
        "{bold:?}"
    );
    let target = target(&peer);
    let shown = probe::run(&["--try-weakening", &target]);
    assert!(
        !shown.printed.contains("--try-weakening"),
        "{}",
        shown.printed
    );
}

#[test]
fn plain_text_is_the_end() {
    let peer = scripted::start(Script::PlainHttp);
    let probed = json(&[&target(&peer)]);
    assert_eq!(probed.object()["diagnosis"]["name"], "plaintext_upstream");
    assert_eq!(
        (probed.object()["connections"].as_u64(), probed.status),
        (Some(1), 1)
    );
}

/// Counts the bytes of application data that come over good handshakes.
fn listening() -> (Peer, Arc<Mutex<Vec<u8>>>) {
    let identity = root().issue(&Leaf::named(API).rsa());
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_certificate(&identity.certificate).unwrap();
    context.set_private_key(&identity.key).unwrap();
    let context = context.build();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    let peer = scripted::start_with(move |stream| {
        let Ok(mut tls) = Ssl::new(&context).unwrap().accept(stream) else {
            return;
        };
        let mut part = [0; 4096];
        while let Ok(count @ 1..) = tls.read(&mut part) {
            kept.lock().unwrap().extend_from_slice(&part[..count]);
            let _ = tls.write_all(b"HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    (peer, heard)
}

#[test]
fn a_request_is_sent_only_where_it_is_asked_for() {
    let (peer, heard) = listening();
    assert_eq!(json(&[&target(&peer)]).status, 0);
    assert_eq!(*heard.lock().unwrap(), b"");
    let asked = json(&["--request", &target(&peer)]);
    assert_eq!(asked.status, 1, "421 refuses the request");
    let request = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    assert!(
        request.starts_with("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
        "{request}"
    );
    let name = asked.object()["diagnosis"]["name"].clone();
    assert!(
        ["sni_missing", "misdirected_request"].contains(&name.as_str().unwrap()),
        "{name}"
    );
}

#[test]
fn nothing_of_a_peer_acts_on_a_terminal() {
    let name = "\u{1b}[31m'; fix: x (certain)\r\n\u{9b}1m";
    let identity = root().issue(&Leaf::named(name).rsa());
    let directory = TempDir::new("probe");
    let trusted = root()
        .write(directory.path(), "other")
        .display()
        .to_string();
    let peer = Upstream::new(Stack::OpenSsl, identity).start();
    let settings = format!("proxy_ssl_verify on; proxy_ssl_trusted_certificate {trusted};");
    let location = format!("proxy_pass https://{};\n{settings}", target(&peer));
    let (_directory, file) = probe::configuration(&Config::new().location("/", &location));
    for format in ["human", "short", "json"] {
        let probed = probe::run(&["--nginx-conf", &file, "--format", format, &target(&peer)]);
        assert_eq!(probed.status, 1, "{probed:?}");
        let all = format!("{}{}", probed.printed, probed.said);
        let control = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!all.contains(control), "{all:?}");
        assert!(!all.contains("fix: x"), "{all}");
    }
}

#[test]
fn people_read_what_was_tried_and_what_is_proved() {
    let peer = good().versions(Version::Tls13, Version::Tls13).start();
    let (_directory, file) = probe::configuration(&Config::new().location(
        "/",
        &format!(
            "proxy_pass https://{}; proxy_ssl_protocols TLSv1.2;",
            target(&peer)
        ),
    ));
    let arguments = ["--nginx-conf", &file, "--color", "never", &target(&peer)];
    let shown = probe::run(&arguments);
    let fix = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
    for part in [
        "fails  as configured (protocol_version_mismatch)\n",
        &format!("works  {fix} (TLSv1.3 "),
        "likely: protocol_version_mismatch",
        &format!("proved:\n    {fix}\n"),
    ] {
        assert!(
            shown.printed.contains(part),
            "{part} is not in {}",
            shown.printed
        );
    }
    assert_eq!(shown.said, "", "no progress where there is no terminal");
    let short = probe::run(&[&["--format", "short"], &arguments[..]].concat());
    let line = format!(
        "{} 127.0.0.1 fails: protocol_version_mismatch; proved (neutral): {fix}\n",
        target(&peer)
    );
    assert_eq!(short.printed, line);
}

/// A peer that sends a byte now and then keeps nobody longer than one that is silent.
#[test]
fn a_peer_that_drips_is_left() {
    let peer = scripted::start_with(|mut stream| {
        scripted::read_record(&mut stream);
        // A ServerHello of 16 KiB, a byte at a time.
        for byte in [22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]
            .into_iter()
            .chain(std::iter::repeat_n(0, 600))
        {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let probed = json(&["--module", "stream", &target(&peer)]);
    assert_eq!(probed.object()["diagnosis"]["name"], "handshake_timeout");
    let connections = probed.object()["connections"].as_u64().unwrap();
    assert!(
        (2..=7).contains(&connections),
        "{connections} connections in 30 s of 5 s each"
    );
}
