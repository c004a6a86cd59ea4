//! Rows 10 and 15: the name in the ClientHello. Every stack says it with another alert, or none, and
//! Java in TLS 1.3 only after its ServerHello.

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Sni, Stack, Upstream};

use super::lab::{pass, Case, Lab, API};

const TLS12: &str = "TLSv1.2";
const TLS13: &str = "TLSv1.2 TLSv1.3";

fn config(port: u16, block: &str, server: &str, location: &str) -> Config {
    Config::new()
        .http(&format!("upstream {block} {{ server 127.0.0.1:{port}; }}"))
        .server(server)
        .location("/", &format!("proxy_pass https://{block};\n{location}"))
}

/// The name of an upstream block is sent.
fn wrong_name(stack: Stack, sni: Sni, protocols: &str) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity()).sni(sni).start();
    let server = format!("proxy_ssl_server_name on;\nproxy_ssl_protocols {protocols};");
    let case = Case::new(|fix| config(peer.port(), "backend", &server, fix));
    let failure = case.failure("sni_unrecognized");
    let sentence = &failure.line.sentence;
    assert!(sentence.contains("backend"), "{sentence}");
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}

fn row_10(stack: Stack) {
    wrong_name(stack, Sni::Only(API.into()), TLS12);
}
on_stacks!(row_10: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn row_10_tls13(stack: Stack) {
    wrong_name(stack, Sni::Only(API.into()), TLS13);
}
on_stacks!(row_10_tls13: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn row_10_no_certificate(stack: Stack) {
    wrong_name(stack, Sni::CertificateFor(API.into()), TLS12);
}
on_stacks!(row_10_no_certificate: OpenSsl, Go, Java, Python);

fn row_10_no_certificate_tls13(stack: Stack) {
    wrong_name(stack, Sni::CertificateFor(API.into()), TLS13);
}
on_stacks!(row_10_no_certificate_tls13: OpenSsl, Go, Java, Python);

/// No name is sent, as is nginx's default; the host is known from `proxy_ssl_name`.
fn no_name(stack: Stack, sni: Sni, protocols: &str) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity()).sni(sni).start();
    let server = format!("proxy_ssl_name {API};\nproxy_ssl_protocols {protocols};");
    let case = Case::new(|fix| config(peer.port(), "backend", &server, fix));
    let failure = case.failure("sni_missing");
    let first = failure.line.fix.first().unwrap();
    assert_eq!(first, "proxy_ssl_server_name on;");
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}

fn row_15(stack: Stack) {
    no_name(stack, Sni::Only(API.into()), TLS12);
}
on_stacks!(row_15: OpenSsl, Go, Python, Nginx);

fn row_15_tls13(stack: Stack) {
    no_name(stack, Sni::Only(API.into()), TLS13);
}
on_stacks!(row_15_tls13: OpenSsl, Go, Python, Nginx);

fn row_15_no_certificate(stack: Stack) {
    no_name(stack, Sni::CertificateFor(API.into()), TLS12);
}
on_stacks!(row_15_no_certificate: OpenSsl, Go, Java, Node, Python);

fn row_15_no_certificate_tls13(stack: Stack) {
    no_name(stack, Sni::CertificateFor(API.into()), TLS13);
}
on_stacks!(row_15_no_certificate_tls13: OpenSsl, Go, Java, Node, Python);

/// The block is named as the host is: that name would be sent.
#[test]
fn row_15_block_named_as_the_host() {
    let lab = Lab::new();
    let sni = Sni::CertificateFor(API.into());
    let peer = Upstream::new(Stack::OpenSsl, lab.identity())
        .sni(sni)
        .start();
    let case = Case::new(|fix| config(peer.port(), API, "", fix));
    let failure = case.failure("sni_missing");
    failure.assert_native(&["SSL alert number 40"]);
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}

/// The upstream is an address, but `proxy_ssl_name` is there: one directive is missing, no value.
#[test]
fn row_15_configured_name() {
    let lab = Lab::new();
    let sni = Sni::CertificateFor(API.into());
    let peer = Upstream::new(Stack::OpenSsl, lab.identity())
        .sni(sni)
        .start();
    let location = pass(peer.port()) + &format!("proxy_ssl_name {API};\n");
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}{fix}")));
    let failure = case.failure("sni_missing");
    assert_eq!(failure.line.fix, ["proxy_ssl_server_name on;"]);
    case.assert_fix_helps(&failure, &[]);
}

/// nginx is told to send a name and has only an address, which it never sends: the directive that stands
/// there must not come twice.
#[test]
fn row_15_switched_on_for_an_address() {
    let lab = Lab::new();
    let sni = Sni::CertificateFor(API.into());
    let peer = Upstream::new(Stack::OpenSsl, lab.identity())
        .sni(sni)
        .start();
    let address = "proxy_ssl_server_name on;\nproxy_ssl_name 127.0.0.1;";
    let case = Case::new(|fix| config(peer.port(), "backend", address, fix));
    let failure = case.failure("sni_missing");
    assert_eq!(
        failure.line.fix,
        ["proxy_ssl_name <host-name-of-the-upstream>;"]
    );
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}
