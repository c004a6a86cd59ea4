//! Rows 10 and 15: the name in the ClientHello. Every stack says it with another alert, or none.

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::{Sni, Stack, Upstream};

use super::lab::{Case, Lab, API};

fn config(port: u16, block: &str, server: &str, location: &str) -> Config {
    Config::new()
        .http(&format!("upstream {block} {{ server 127.0.0.1:{port}; }}"))
        .server(server)
        .location("/", &format!("proxy_pass https://{block};\n{location}"))
}

/// The name of an upstream block is sent.
fn wrong_name(stack: Stack, sni: Sni) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity()).sni(sni).start();
    let server = "proxy_ssl_server_name on;";
    let case = Case::new(|fix| config(peer.port(), "backend", server, fix));
    let failure = case.failure("sni_unrecognized");
    assert!(
        failure.line.sentence.contains("backend"),
        "{}",
        failure.line.sentence
    );
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}

fn row_10(stack: Stack) {
    wrong_name(stack, Sni::Only(API.into()));
}
on_stacks!(row_10: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

fn row_10_no_certificate(stack: Stack) {
    wrong_name(stack, Sni::CertificateFor(API.into()));
}
on_stacks!(row_10_no_certificate: OpenSsl, Go, Java, Python);

/// No name is sent, as is nginx's default; the host is known from `proxy_ssl_name`.
fn no_name(stack: Stack, sni: Sni) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity()).sni(sni).start();
    let server = format!("proxy_ssl_name {API};");
    let case = Case::new(|fix| config(peer.port(), "backend", &server, fix));
    let failure = case.failure("sni_missing");
    assert_eq!(
        failure.line.fix.first().unwrap(),
        "proxy_ssl_server_name on;"
    );
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}

fn row_15(stack: Stack) {
    no_name(stack, Sni::Only(API.into()));
}
on_stacks!(row_15: OpenSsl, Go, Python, Nginx);

fn row_15_no_certificate(stack: Stack) {
    no_name(stack, Sni::CertificateFor(API.into()));
}
on_stacks!(row_15_no_certificate: OpenSsl, Go, Java, Node, Python);

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
