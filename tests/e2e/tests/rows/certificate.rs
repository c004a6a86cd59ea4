//! Rows 1, 2, 11, 13, 14: the upstream's certificate.

use tlsdiag_e2e::certs::{Identity, Leaf};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::observe::json::{at, text, texts};
use tlsdiag_e2e::peers::{Sni, Stack, Upstream, Version};
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
    let wanted = ["proxy_ssl_name <host-name-of-the-upstream>;"];
    assert_eq!(failure.line.fix, wanted);
    let condition = failure.line.condition.as_deref();
    let presented = format!("'{API}' is the host you mean");
    assert_eq!(condition, Some(presented.as_str()));
    case.assert_fix_helps(&failure, &[("proxy_ssl_name", API)]);
}
on_stacks!(row_02: OpenSsl, GnuTls, Go);

/// Somebody else answers at the upstream's address, with a certificate of the same authority: the name
/// in it is not printed for pasting, whether SNI was sent or not.
fn answered_by_another_host(server_name: &str, wanted: &[&str]) {
    let lab = Lab::new();
    let other = lab.root.issue(&Leaf::named("evil.example.test").rsa());
    let peer = Upstream::new(Stack::OpenSsl, other).start();
    let location = pass(peer.port()) + &lab.verify() + &format!("proxy_ssl_name {API};\n");
    let case = Case::new(|_| Config::new().location("/", &format!("{location}{server_name}")));
    let failure = case.failure("certificate_hostname_mismatch");
    assert_eq!(failure.line.fix, wanted);
    assert_eq!(failure.line.confidence, "certain");
    let sentence = &failure.line.sentence;
    assert!(sentence.contains("evil.example.test"), "{sentence}");
    let applicability = text(&failure.document, "nginx/upstream_tls/fix_applicability");
    assert_eq!(applicability, "placeholder");
}

#[test]
fn row_02_another_host_with_sni() {
    let wanted = ["proxy_ssl_name <host-name-of-the-upstream>;"];
    answered_by_another_host("proxy_ssl_server_name on;", &wanted);
}

#[test]
fn row_02_another_host_without_sni() {
    let wanted = [
        "proxy_ssl_server_name on;",
        "proxy_ssl_name <host-name-of-the-upstream>;",
    ];
    answered_by_another_host("", &wanted);
}

/// Without SNI the upstream presents what it has for nobody in particular, which is often no good.
fn default_certificate(stack: Stack, default: fn(&Lab) -> Identity, name: &str) {
    let lab = Lab::new();
    let sni = Sni::OrDefault(API.to_owned(), Box::new(default(&lab)));
    let peer = Upstream::new(stack, lab.identity()).sni(sni).start();
    let location = pass(peer.port()) + &lab.verify() + &format!("proxy_ssl_name {API};");
    let case = Case::new(|fix| Config::new().location("/", &format!("{location}\n{fix}")));
    let failure = case.failure(name);
    assert_eq!(failure.line.confidence, "likely");
    assert_eq!(failure.line.fix, ["proxy_ssl_server_name on;"]);
    let ours = |path: &str| texts(&failure.document, &format!("nginx/upstream_tls/{path}"));
    assert!(ours("diagnosis/because").contains(&"no_server_name_sent".to_owned()));
    assert_eq!(ours("diagnosis/alternatives")[0], "sni_missing");
    let action = text(&failure.document, "nginx/upstream_tls/action");
    assert!(
        action.starts_with("if the same certificate comes with SNI, too: "),
        "{action}"
    );
    case.assert_fix_helps(&failure, &[]);
}

fn default_self_signed(stack: Stack) {
    let default = |_: &Lab| Identity::self_signed(&Leaf::named("traefik.default").rsa());
    default_certificate(stack, default, "certificate_self_signed");
}
on_stacks!(default_self_signed: OpenSsl, Go, Nginx);

fn default_expired(stack: Stack) {
    let default = |lab: &Lab| {
        let leaf = Leaf::named("old.example.test").rsa().valid(-20, -2);
        lab.root.issue(&leaf)
    };
    default_certificate(stack, default, "certificate_expired");
}
on_stacks!(default_expired: OpenSsl, Go, Nginx);

/// The same certificates with SNI are the upstream's own: nothing is doubtful then.
#[test]
fn not_the_default_certificate() {
    let lab = Lab::new();
    let own = Identity::self_signed(&Leaf::named("traefik.default").rsa());
    let peer = Upstream::new(Stack::OpenSsl, own).start();
    let name = format!("proxy_ssl_name {API};\nproxy_ssl_server_name on;");
    let location = pass(peer.port()) + &lab.verify() + &name;
    let case = Case::new(|_| Config::new().location("/", &location));
    let failure = case.failure("certificate_self_signed");
    assert_eq!(failure.line.confidence, "certain");
    let wanted = ["proxy_ssl_trusted_certificate </path/to/upstream-certificate.pem>;"];
    assert_eq!(failure.line.fix, wanted);
}

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
    assert_ne!(failure.line.label.as_deref(), Some("weakens security"));
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
