//! Rows 3 to 6: the upstream wants a client certificate. What TLS 1.3 shows of it differs by stack.

use tlsdiag_e2e::certs::{Authority, IdentityFiles};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};

use super::lab::{pass, Case, Lab};

struct Parties {
    lab: Lab,
    client_root: Authority,
    peer: Peer,
}

impl Parties {
    fn new(stack: Stack, version: Version) -> Parties {
        let lab = Lab::new();
        let client_root = Authority::root("Example Client Root");
        let upstream = Upstream::new(stack, lab.identity())
            .versions(version, version)
            .demand_client(&client_root);
        let peer = upstream.start();
        Parties {
            lab,
            client_root,
            peer,
        }
    }

    fn config(&self, settings: &str) -> Config {
        Config::new()
            .server("proxy_ssl_protocols TLSv1.2 TLSv1.3;\n")
            .location("/", &(pass(self.peer.port()) + settings))
    }
}

fn use_certificate(files: &IdentityFiles) -> String {
    format!(
        "proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n",
        files.chain.display(),
        files.key.display()
    )
}

/// gnutls-serv closes with request bytes unread, which resets the connection.
fn case<F: Fn(&str) -> Config>(stack: Stack, config: F, name: &str) -> Case<F> {
    match stack {
        Stack::GnuTls => Case::racing(config, name),
        _ => Case::new(config),
    }
}

/// Wanted, none there.
fn required(stack: Stack, version: Version, native: &[&str]) {
    let parties = Parties::new(stack, version);
    let name = "client_certificate_required";
    let case = case(stack, |fix| parties.config(fix), name);
    let failure = case.failure(name);
    failure.assert_native(native);
    let good = parties.lab.client(&parties.client_root, "good-client");
    assert_eq!(
        text(&failure.document, "nginx/upstream_tls/fix_applicability"),
        "placeholder"
    );
    let values = [
        ("proxy_ssl_certificate", good.chain.to_str().unwrap()),
        ("proxy_ssl_certificate_key", good.key.to_str().unwrap()),
    ];
    case.assert_fix_helps(&failure, &values);
}

/// Wanted, one of another authority is there.
fn untrusted(stack: Stack, version: Version, native: &[&str]) {
    let parties = Parties::new(stack, version);
    let other = Authority::root("Another Client Root");
    let wrong = use_certificate(&parties.lab.client(&other, "wrong-client"));
    let name = "client_certificate_untrusted";
    let case = case(stack, |_| parties.config(&wrong), name);
    let failure = case.failure(name);
    failure.assert_native(native);
}

/// Alert numbers differ: 116 (OpenSSL), 42 (Go, Java), or no alert but the end.
const LATE: [&str; 4] = [
    "SSL_read() failed",
    "SSL_do_handshake() failed",
    "upstream prematurely closed connection",
    "(32: Broken pipe)",
];
const EARLY: [&str; 4] = [
    "SSL alert number",
    "peer closed",
    "Connection reset by peer",
    // nginx before 1.20.2 on OpenSSL 3.
    "unexpected eof while reading",
];

fn row_03(stack: Stack) {
    required(stack, Version::Tls13, &LATE);
}
on_stacks!(row_03: OpenSsl, GnuTls, Go, Java, Node, Python);

fn row_04(stack: Stack) {
    untrusted(stack, Version::Tls13, &LATE);
}
on_stacks!(row_04: OpenSsl, GnuTls, Go, Java, Node, Python);

fn row_05(stack: Stack) {
    required(stack, Version::Tls12, &EARLY);
}
on_stacks!(row_05: OpenSsl, GnuTls, Go, Java, Node, Python);

fn row_06(stack: Stack) {
    untrusted(stack, Version::Tls12, &EARLY);
}
on_stacks!(row_06: OpenSsl, GnuTls, Go, Java, Node, Python);

/// On OpenSSL the native text is the catalogue's: numbers stay, names differ by version.
#[test]
fn row_03_native_text() {
    let texts = [
        "SSL_read() failed (SSL: error:0A00045C:",
        "SSL_read() failed (SSL: error:1409445C:",
    ];
    required(Stack::OpenSsl, Version::Tls13, &texts);
}
