//! `tlsdiag explain` against what the module saw: each of the fifteen causes that must not be confused is
//! made for real, the module's lines are taken out of the log, and what is left is explained.

use tlsdiag::rules::Confidence;
use tlsdiag_e2e::causes::{Cause, Setup};
use tlsdiag_e2e::explained::{explain, Explained};
use tlsdiag_e2e::lab::{Lab, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::Script;
use tlsdiag_e2e::peers::{Sni, Stack, Version};
use tlsdiag_e2e::trial::run_with;

/// A failure as both saw it.
struct Compared {
    /// What the module called it.
    name: &'static str,
    /// Whether the configuration was known.
    with_conf: bool,
    causes: Vec<&'static str>,
    confidence: Confidence,
}

/// The fifteen, some of them in both versions, and three that look like them.
const CAUSES: [(&str, &str, Option<Version>); 17] = [
    ("certificate_chain_incomplete", "one intermediate", None),
    (
        "certificate_hostname_mismatch",
        "address compared, IP SAN there",
        None,
    ),
    ("certificate_expired", "two days ago", None),
    ("certificate_chain_too_long", "two intermediates", None),
    ("certificate_self_signed", "not trusted", None),
    (
        "verify_result_inherited",
        "session of a location without verification",
        None,
    ),
    (
        "client_certificate_required",
        "none given",
        Some(Version::Tls12),
    ),
    (
        "client_certificate_required",
        "none given",
        Some(Version::Tls13),
    ),
    (
        "client_certificate_untrusted",
        "of another authority",
        Some(Version::Tls12),
    ),
    (
        "client_certificate_untrusted",
        "of another authority",
        Some(Version::Tls13),
    ),
    (
        "cipher_mismatch",
        "nginx for ECDSA certificates only",
        Some(Version::Tls12),
    ),
    (
        "protocol_version_mismatch",
        "upstream TLS 1.3 only, nginx up to 1.2",
        None,
    ),
    ("plaintext_upstream", "HTTP with an empty answer", None),
    (
        "sni_unrecognized",
        "name of the upstream block, one name served",
        None,
    ),
    (
        "sni_unrecognized",
        "name of the upstream block, certificate by name only",
        None,
    ),
    ("sni_missing", "none sent, certificate by name only", None),
    ("handshake_timeout", "after the ClientHello", None),
];

/// The causes of which the name is known to be settled, as the table has them, and those of which it is not.
fn set_up_all() -> Vec<(&'static str, Lab, Setup)> {
    let of_table = CAUSES.map(|(name, words, version)| {
        let (lab, setup) = Cause::find(name, words).set_up(Stack::OpenSsl, version);
        (name, lab, setup)
    });
    let mut all = Vec::from(of_table);
    for (name, script) in [
        ("peer_closed", Script::CloseAfterHello),
        ("peer_reset", Script::ResetAfterHello),
    ] {
        // A hello that takes two segments may be refused for that.
        let setup = Setup::script(script).set("proxy_ssl_protocols TLSv1.2;");
        all.push((name, Lab::new(), setup));
    }
    let lab = Lab::new();
    let setup = Setup::to(lab.good().sni(Sni::Only(API.into()))).block("backend");
    let setup = setup.set("proxy_ssl_name api.example.test;");
    all.push(("sni_missing", lab, setup));
    all
}

/// Runs nginx with the module, which must call the one failure `name`, and explains the log without
/// the module's lines: alone, then in the light of the configuration.
fn compare(name: &'static str, setup: &Setup) -> [Compared; 2] {
    let config = setup.configure(Config::new(), "/", &[], &setup.location);
    let ask = |nginx: &Nginx| setup.ask(nginx.port(), "/");
    let run = run_with(config.module(Module::Ours), &ask);
    let failures = run.failures();
    assert_eq!(failures.len(), 1, "{}", run.finished.log.text);
    failures[0].assert_name(name);
    let log = &run.finished.log.text;
    let groups = explain(&run.finished.config, log.lines());
    let [group] = <[Explained; 1]>::try_from(groups).expect("one failure, one group");
    assert_eq!(group.count, 1, "{log}");
    let with_conf = group.with_conf;
    let with_conf = with_conf.expect("the configuration shows the connection");
    [(false, group.alone), (true, with_conf)].map(|(with_conf, said)| Compared {
        name,
        with_conf,
        causes: said.causes.names,
        confidence: said.causes.confidence,
    })
}

/// The part for which something holds, of those with or without the configuration.
fn part(all: &[Compared], with_conf: bool, holds: impl Fn(&Compared) -> bool) -> (usize, usize) {
    let all = all.iter().filter(|one| one.with_conf == with_conf);
    let (good, bad): (Vec<_>, Vec<_>) = all.partition(|one| holds(one));
    for Compared { name, causes, .. } in &bad {
        println!("with the configuration: {with_conf}: {name} among {causes:?}");
    }
    (good.len(), good.len() + bad.len())
}

#[test]
fn a_log_without_the_module_tells_nearly_as_much() {
    let set_up = set_up_all();
    let compared = set_up
        .iter()
        .flat_map(|(name, _, setup)| compare(name, setup));
    let all: Vec<Compared> = compared.collect();
    for one in &all {
        let wrong = one.causes[0] != one.name;
        let certain = one.confidence == Confidence::Certain;
        assert!(!(wrong && certain), "{}: {:?}", one.name, one.causes);
    }
    let (first, count) = part(&all, true, |one| one.causes[0] == one.name);
    assert!(
        first * 10 >= count * 9,
        "with the configuration {first} of {count} come first"
    );
    let (among, count) = part(&all, true, |one| {
        one.causes.iter().take(3).any(|cause| *cause == one.name)
    });
    assert_eq!(among, count, "with the configuration all are among three");
    let is_likely = |one: &Compared| one.confidence == Confidence::Likely;
    let (right, count) = part(&all, true, |one| {
        !is_likely(one) || one.causes[0] == one.name
    });
    assert_eq!(
        right, count,
        "with the configuration what is likely is right"
    );
    let (among, count) = part(&all, false, |one| one.causes.contains(&one.name));
    assert!(
        among * 10 >= count * 9,
        "without it {among} of {count} are among four"
    );
}
