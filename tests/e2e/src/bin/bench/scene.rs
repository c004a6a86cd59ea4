//! The upstreams, and what nginx is told of them.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use openssl::ssl::{SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::stack::Stack as List;
use openssl::x509::{X509Name, X509};

use tlsdiag_e2e::certs::hostile::varied;
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{answer, Defect, Peer, Stack, Upstream, Version};
use tlsdiag_e2e::tempdir::TempDir;

use crate::case::{Case, Setting};

const API: &str = "api.example.test";

/// A certificate for the upstream's name.
pub(crate) fn identity() -> Identity {
    Authority::root("Example Root").issue(&Leaf::named(API))
}

/// nginx that passes every request on to a peer.
fn pass(peer: &Peer, settings: &str) -> Config {
    let location = format!("proxy_pass https://127.0.0.1:{}; {settings}", peer.port());
    Config::new().location("/", &location)
}

/// What three variables may cost more than three of nginx's own, where no handshake is part of it.
const VARIABLES: f64 = 1_200.0;
const NO_SESSIONS: &str = "proxy_ssl_session_reuse off;";

/// Requests that succeed.
pub(crate) fn good() -> Vec<Case> {
    vec![full(), resumed(), kept()]
}

/// Requests of which only their variables are ours: there is no TLS.
pub(crate) fn without_tls() -> Vec<Case> {
    vec![plain(), returned()]
}

fn full() -> Case {
    let upstream = Upstream::new(Stack::OpenSsl, identity());
    let peer = upstream.versions(Version::Tls13, Version::Tls13).start();
    Case::get("full handshake, TLS 1.3", 200, move || {
        pass(
            &peer,
            &format!("proxy_ssl_protocols TLSv1.3; {NO_SESSIONS}"),
        )
    })
    .at_most(Setting::Document, 4_800.0)
}

fn resumed() -> Case {
    let upstream = Upstream::new(Stack::OpenSsl, identity());
    let peer = upstream.versions(Version::Tls12, Version::Tls12).start();
    Case::get("resumed handshake, TLS 1.2", 200, move || pass(&peer, ""))
        .at_most(Setting::Document, 3_600.0)
}

/// nginx keeps one connection to a peer of this protocol.
fn keeping(peer: &Peer, protocol: &str) -> Config {
    Config::new()
        .http(&format!(
            "upstream kept {{ server 127.0.0.1:{}; keepalive 1; }}\n",
            peer.port()
        ))
        .location(
            "/",
            &format!(
                "proxy_pass {protocol}://kept; proxy_http_version 1.1; proxy_set_header Connection '';"
            ),
        )
}

fn kept() -> Case {
    let peer = Upstream::new(Stack::Nginx, identity()).start();
    Case::get("kept connection, TLS 1.3", 200, move || {
        let mut config = keeping(&peer, "https");
        config.http.push_str("proxy_ssl_protocols TLSv1.3;\n");
        config
    })
    .times(200)
    .at_most(Setting::Ours(3), VARIABLES)
}

fn plain() -> Case {
    let upstream = Upstream::new(Stack::Nginx, identity()).defect(Defect::Plain);
    let peer = upstream.start();
    Case::get("upstream without TLS, kept connection", 200, move || {
        keeping(&peer, "http")
    })
    .times(200)
    .at_most(Setting::Ours(3), VARIABLES)
}

fn returned() -> Case {
    Case::get("`return 204;`", 204, || {
        Config::new().location("/", "return 204;")
    })
    .times(200)
    .at_most(Setting::Ours(3), VARIABLES)
}

/// Requests that fail.
pub(crate) fn failing() -> Vec<Case> {
    vec![
        refused(
            "alert 40 to a hello with a key share",
            "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        ),
        refused("alert 40 to nginx 1.22's own hello", ""),
        timed_out(),
        misnamed(),
        untrusted(),
        asked_for_certificate(),
    ]
}

fn refused(title: &'static str, settings: &'static str) -> Case {
    let peer = scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    });
    Case::get(title, 502, move || {
        pass(&peer, &format!("{settings} {NO_SESSIONS}"))
    })
    .at_most(Setting::Line, 40_000.0)
    .at_most(Setting::Document, 92_000.0)
    .at_most(Setting::Repeated, 4_800.0)
}

fn timed_out() -> Case {
    let peer = scripted::start(Script::Silence);
    Case::get("no answer within `proxy_connect_timeout`", 504, move || {
        pass(&peer, &format!("proxy_connect_timeout 20ms; {NO_SESSIONS}"))
    })
    .at_most(Setting::Line, 30_000.0)
    .at_most(Setting::Document, 72_000.0)
}

/// A leaf below so many intermediates, and their root.
fn below(intermediates: usize) -> (Authority, Identity) {
    let root = Authority::root("Example Root");
    let mut issuer = root.clone();
    for number in 1..=intermediates {
        issuer = issuer.intermediate(&format!("Example Intermediate {number}"));
    }
    (root, issuer.issue(&Leaf::named(API)))
}

/// nginx that verifies, with a root to trust.
fn verifying(peer: &Peer, root: &Authority, directory: &TempDir, name: &str) -> Config {
    let file = root.write(directory.path(), "root");
    let settings = format!(
        "proxy_ssl_verify on; proxy_ssl_verify_depth 12; proxy_ssl_name {name}; \
         proxy_ssl_trusted_certificate {}; {NO_SESSIONS}",
        file.display()
    );
    pass(peer, &settings)
}

fn misnamed() -> Case {
    let (root, identity) = below(2);
    let peer = Upstream::new(Stack::OpenSsl, identity).start();
    let directory = TempDir::new("root");
    Case::get(
        "another name in a chain of 3 that is trusted",
        502,
        move || verifying(&peer, &root, &directory, "www.example.test"),
    )
    .at_most(Setting::Line, 100_000.0)
    .at_most(Setting::Document, 155_000.0)
}

fn untrusted() -> Case {
    let (_, identity) = below(2);
    let number = AtomicU8::new(0);
    let peer = scripted::start_with(move |stream| {
        // Only a chain that was seen before is verified once.
        let by = number.fetch_add(1, Ordering::Relaxed).max(1);
        answer(&server(&varied(&identity, by)).build(), stream);
    });
    let root = Authority::root("Another Root");
    let directory = TempDir::new("root");
    let title = "chain of 3 that was never seen before, not trusted";
    let case = Case::get(title, 502, move || verifying(&peer, &root, &directory, API));
    Case {
        // What a worker may spend on verifying again is spent faster under callgrind.
        ask: Box::new(move |port| {
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(client::get(port, "/").status, 502);
        }),
        ..case
            .times(15)
            .at_most(Setting::Line, 200_000.0)
            .at_most(Setting::Document, 260_000.0)
    }
}

/// A server with this certificate and its chain.
pub(crate) fn server(identity: &Identity) -> SslContextBuilder {
    let mut context = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    context
        .set_certificate(&identity.certificate)
        .expect("certificate");
    context.set_private_key(&identity.key).expect("key");
    for certificate in &identity.chain {
        let certificate: X509 = certificate.clone();
        context.add_extra_chain_cert(certificate).expect("chain");
    }
    context
}

/// Names that a peer accepts client certificates of.
const ACCEPTED: usize = 300;

fn asked_for_certificate() -> Case {
    let mut context = server(&identity());
    context
        .set_max_proto_version(Some(SslVersion::TLS1_2))
        .expect("version");
    let mut names = List::new().expect("a list");
    for number in 0..ACCEPTED {
        let mut name = X509Name::builder().expect("name");
        let text = format!("Example Client Authority {number}");
        name.append_entry_by_text("C", "US").expect("country");
        name.append_entry_by_text("O", "Example Organization")
            .expect("organization");
        name.append_entry_by_text("CN", &text).expect("common name");
        names.push(name.build()).expect("a name");
    }
    context.set_client_ca_list(names);
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let context = context.build();
    let peer = scripted::start_with(move |stream| answer(&context, stream));
    Case::get(
        "certificate asked for, of 300 authorities",
        502,
        move || pass(&peer, NO_SESSIONS),
    )
    .at_most(Setting::Line, 160_000.0)
    .at_most(Setting::Document, 225_000.0)
}
