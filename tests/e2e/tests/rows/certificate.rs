//! Rows 1, 2, 11, 13, 14: the upstream's certificate.

use tlsdiag_e2e::certs::Leaf;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::{at, text, texts};
use tlsdiag_e2e::peers::{Stack, Upstream, Version};
use tlsdiag_e2e::trial::Trial;

use super::lab::{pass, Case, Lab, API};

/// The upstream omits its intermediate.
fn row_01(stack: Stack) {
    let lab = Lab::new();
    let issuing = lab.root.intermediate("Example Issuing CA");
    let identity = issuing.issue(&Leaf::named(API).rsa()).without_chain();
    let peer = Upstream::new(stack, identity).start();
    let location = pass(peer.port()) + &lab.verify() + &format!("proxy_ssl_name {API};");
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure("certificate_chain_incomplete");
    failure.assert_native(&["upstream SSL certificate verify error: (21:", "error: (20:"]);
    assert_eq!(
        text(&failure.document, "nginx/upstream_tls/fix_applicability"),
        "manual"
    );
    assert!(failure.line.action.unwrap().contains("intermediate"));
}
on_stacks!(row_01: OpenSsl, GnuTls, Go, Java, Node);

/// The upstream is addressed by an IP address that its certificate holds; nginx cannot match it.
fn row_02(stack: Stack) {
    let lab = Lab::new();
    let identity = lab.root.issue(&Leaf::named(API).rsa().ip("127.0.0.1"));
    let peer = Upstream::new(stack, identity).start();
    let location = pass(peer.port()) + &lab.verify();
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure("certificate_hostname_mismatch");
    failure.assert_native(&["upstream SSL certificate does not match \"127.0.0.1\""]);
    assert!(
        failure.line.sentence.contains("IP"),
        "{}",
        failure.line.sentence
    );
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}
on_stacks!(row_02: OpenSsl, GnuTls, Go);

/// The same with no DNS name at all: nothing nginx could compare.
#[test]
fn row_02_ip_address_only() {
    let lab = Lab::new();
    let mut leaf = Leaf::named("appliance").ip("127.0.0.1");
    leaf.dns.clear();
    let peer = Upstream::new(Stack::OpenSsl, lab.root.issue(&leaf)).start();
    let location = pass(peer.port()) + &lab.verify();
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure("certificate_hostname_mismatch");
    assert!(
        failure.line.sentence.contains("IP"),
        "{}",
        failure.line.sentence
    );
    assert!(!failure.line.weakens);
}

/// The leaf has expired.
fn row_11(stack: Stack) {
    let lab = Lab::new();
    let identity = lab.root.issue(&Leaf::named(API).rsa().valid(-20, -2));
    let peer = Upstream::new(stack, identity).start();
    let location = pass(peer.port()) + &lab.verify() + &format!("proxy_ssl_name {API};");
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure("certificate_expired");
    failure.assert_native(&["upstream SSL certificate verify error: (10:"]);
    assert_eq!(
        text(&failure.document, "nginx/upstream_tls/fix_applicability"),
        "manual"
    );
    let fixes = texts(&failure.document, "nginx/upstream_tls/fix");
    assert!(!fixes.iter().any(|f| f.contains("verify off")), "{fixes:?}");
}
on_stacks!(row_11: OpenSsl, GnuTls, Go, Java, Node, Python, Nginx);

/// Two intermediates, the default depth of one.
fn row_13(stack: Stack) {
    let lab = Lab::new();
    let policy = lab.root.intermediate("Example Policy CA");
    let identity = policy
        .intermediate("Example Issuing CA")
        .issue(&Leaf::named(API).rsa());
    let peer = Upstream::new(stack, identity).start();
    let location = pass(peer.port()) + &lab.verify() + &format!("proxy_ssl_name {API};");
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure("certificate_chain_too_long");
    failure.assert_native(&["verify error: (20:", "verify error: (22:"]);
    assert_eq!(failure.line.fix, ["proxy_ssl_verify_depth 2;"]);
    assert_eq!(
        text(&failure.document, "nginx/upstream_tls/fix_applicability"),
        "machine"
    );
    case.assert_fix_helps(&failure, &[]);
}
on_stacks!(row_13: OpenSsl, GnuTls, Go, Java, Nginx);

/// A session from a location that does not verify is resumed by one that does.
fn resumed(stack: Stack, version: Version, http: &str) {
    let lab = Lab::new();
    let peer = Upstream::new(stack, lab.identity())
        .versions(version, version)
        .start();
    let port = peer.port();
    let strict = lab.verify() + &format!("proxy_ssl_name {API};\nproxy_pass https://backend;");
    let http = format!("upstream backend {{\n{http}\nserver 127.0.0.1:{port};\n}}");
    let config = |fix: &str| {
        Config::new()
            .http(&http)
            .server("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
            .location("/lax", "proxy_pass https://backend;")
            .location("/strict", &format!("{strict}\n{fix}"))
    };
    let trial = Trial::new(|| config(""), &["/lax", "/strict"]);
    assert_eq!(trial.with.responses[0].status, 200);
    assert_eq!(trial.with.responses[1].status, 502);
    let failure = trial.failure("verify_result_inherited");
    failure.assert_native(&[
        "verify error: (18:",
        "verify error: (20:",
        "verify error: (21:",
    ]);
    let inherited = at(&failure.document, "nginx/upstream_tls/verify/inherited");
    assert_eq!(inherited.and_then(serde_json::Value::as_bool), Some(true));

    let fix = tlsdiag_e2e::fix::directives(&failure.document, &[]);
    let config = config(&fix).module(tlsdiag_e2e::nginx::Module::Ours);
    let run = tlsdiag_e2e::trial::run(config, &["/lax", "/strict"]);
    assert_eq!(
        run.responses[1].status, 200,
        "after {fix}: {}",
        run.finished.log.text
    );
    assert!(run.finished.log.ours().is_empty());
}

fn row_14(stack: Stack) {
    resumed(stack, Version::Tls12, "");
}
on_stacks!(row_14: OpenSsl, GnuTls, Go, Node, Nginx);

fn row_14_tls13(stack: Stack) {
    resumed(stack, Version::Tls13, "");
}
on_stacks!(row_14_tls13: OpenSsl, GnuTls, Go, Node, Nginx);

/// With a zone nginx keeps the serialised session, without the chain.
fn row_14_zone(stack: Stack) {
    resumed(stack, Version::Tls12, "zone backend 64k;");
}
on_stacks!(row_14_zone: OpenSsl, Go);
