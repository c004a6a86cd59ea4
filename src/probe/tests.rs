//! The plan on upstreams that answer by rules: no connection is made.

use std::time::Duration;

use super::*;
use crate::capture::Recording;
use crate::registry::{CipherSuite, ProtocolVersion};
use crate::rules::Security;

/// Recordings of real failures.
const ALERT_40: &str = include_str!("../../tests/fixtures/sni_missing/alert_40.json");
const ALERT_112: &str = include_str!("../../tests/fixtures/sni_unrecognized/alert_112.json");
const ALERT_70: &str =
    include_str!("../../tests/fixtures/protocol_version_mismatch/peer_is_tls13_only.json");
const CLOSED: &str = include_str!("../../tests/fixtures/peer_closed/after_client_hello.json");
const SILENT: &str = include_str!("../../tests/fixtures/handshake_timeout/silent.json");
const PLAIN: &str = include_str!("../../tests/fixtures/plaintext_upstream/http.json");
const NO_CERTIFICATE: &str =
    include_str!("../../tests/fixtures/client_certificate_required/tls13_none.json");
const TOO_LONG: &str =
    include_str!("../../tests/fixtures/certificate_chain_too_long/two_intermediates.json");
const SELF_SIGNED: &str =
    include_str!("../../tests/fixtures/certificate_self_signed/self_signed.json");
const LEGACY: &str = include_str!("../../tests/fixtures/legacy_renegotiation/gnutls.json");

fn fails(recording: &str) -> Outcome {
    Outcome::Fails(Box::new(Failure {
        recording: Recording::from_json(recording).unwrap(),
        trusted_by_system: None,
        only_the_time: false,
    }))
}

fn works() -> Outcome {
    Outcome::Works(Established {
        version: ProtocolVersion::TLS1_3,
        cipher: CipherSuite(0x1301),
        status: None,
    })
}

/// An upstream, and a clock that each connection moves on.
struct Upstream<F> {
    answer: F,
    takes: Duration,
    clock: Duration,
    timeouts: Vec<Duration>,
    waits: Vec<Duration>,
    open: i32,
}

impl<F: FnMut(&Settings) -> Outcome> Connector for Upstream<F> {
    fn connect(&mut self, settings: &Settings, timeout: Duration) -> Outcome {
        assert_eq!(self.open, 1, "one after another");
        self.timeouts.push(timeout);
        self.clock += self.takes.min(timeout);
        (self.answer)(settings)
    }

    fn elapsed(&self) -> Duration {
        self.clock
    }

    fn wait(&mut self, time: Duration) {
        self.waits.push(time);
        self.clock += time;
    }

    fn begins(&mut self, _: &[Change]) {
        self.open += 1;
    }

    fn ended(&mut self, _: &Attempt) {
        self.open -= 1;
    }
}

fn upstream<F: FnMut(&Settings) -> Outcome>(answer: F) -> Upstream<F> {
    Upstream {
        answer,
        takes: Duration::from_millis(10),
        clock: Duration::ZERO,
        timeouts: Vec::new(),
        waits: Vec::new(),
        open: 0,
    }
}

fn host() -> Settings {
    Settings::of_host("api.example.com", 1_022_001)
}

fn tries(text: &str) -> Request {
    let mut request = Request::default();
    request.hints.tries.push(Change::read(text).unwrap());
    request
}

fn names(names: &[&str]) -> Request {
    let mut request = Request::default();
    request.hints.names = names.iter().map(|&name| name.to_owned()).collect();
    request
}

fn proved(settings: &Settings, answer: &Answer) -> Vec<String> {
    let proof = answer.proved.as_ref().expect("a proof");
    settings.directives(&proof.changes)
}

#[track_caller]
fn proves(
    settings: &Settings,
    request: &Request,
    answer: impl FnMut(&Settings) -> Outcome,
    wanted: &[&str],
) -> Answer {
    let got = run(settings, request, &mut upstream(answer));
    assert_eq!(proved(settings, &got), wanted, "{:#?}", got.attempts);
    assert!(got.connections <= MAX_CONNECTIONS);
    got
}

fn has_13(settings: &Settings) -> bool {
    settings.versions().contains(&ProtocolVersion::TLS1_3)
}

#[test]
fn what_works_is_left_alone() {
    let answer = run(&host(), &Request::default(), &mut upstream(|_| works()));
    assert_eq!((answer.connections, answer.attempts.len()), (1, 1));
    assert_eq!(answer.proved, None);
    assert!(!answer.held_back);
}

#[test]
fn the_core_s_fix_comes_first() {
    let needs_name = |settings: &Settings| match settings.sent_name() {
        Some("api.example.com") => works(),
        _ => fails(ALERT_40),
    };
    let wanted = ["proxy_ssl_server_name on;"];
    let answer = proves(&host(), &Request::default(), needs_name, &wanted);
    assert_eq!(answer.connections, 2);
    assert_eq!(answer.proved.unwrap().security, Security::Neutral);
}

#[test]
fn one_cause_behind_another_is_found() {
    let needs_both = |settings: &Settings| match (settings.sent_name(), has_13(settings)) {
        (None, _) => fails(ALERT_40),
        (Some(_), false) => fails(ALERT_70),
        (Some(_), true) => works(),
    };
    let both = [
        "proxy_ssl_server_name on;",
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
    ];
    let answer = proves(&host(), &Request::default(), needs_both, &both);
    // As configured, the name, both; both without the name (the other part was tried before).
    assert_eq!(answer.connections, 4);
}

#[test]
fn what_is_not_needed_is_left_out() {
    let needs_13 = |settings: &Settings| match has_13(settings) {
        true => works(),
        false if settings.sent_name().is_some() => fails(ALERT_70),
        false => fails(ALERT_40),
    };
    let wanted = ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"];
    proves(&host(), &Request::default(), needs_13, &wanted);
}

#[test]
fn a_placeholder_takes_what_the_user_named() {
    let address = Settings::of_host("192.0.2.1", 1_022_001);
    let needs_b = |settings: &Settings| match settings.sent_name() {
        Some("b.example.com") => works(),
        Some(_) => fails(ALERT_112),
        None => fails(ALERT_40),
    };
    let wanted = ["proxy_ssl_server_name on;", "proxy_ssl_name b.example.com;"];
    proves(
        &address,
        &names(&["a.example.com", "b.example.com"]),
        needs_b,
        &wanted,
    );
    // Nobody knows a name: nothing is invented.
    let answer = run(&address, &Request::default(), &mut upstream(needs_b));
    assert_eq!(answer.proved, None);
    let invented = |attempt: &Attempt| attempt.changes.iter().any(|one| one.setting == "name");
    assert!(!answer.attempts.iter().any(invented));
}

#[test]
fn the_ladder_helps_where_nothing_is_said() {
    let needs_13 = |settings: &Settings| match has_13(settings) {
        true => works(),
        false => fails(CLOSED),
    };
    let wanted = ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"];
    proves(&host(), &Request::default(), needs_13, &wanted);
    let needs_small_group = |settings: &Settings| match settings.commands.as_slice() {
        [(name, value)] if (name.as_str(), value.as_str()) == ("Groups", "P-256") => works(),
        _ => fails(CLOSED),
    };
    let wanted = ["proxy_ssl_conf_command Groups P-256;"];
    proves(&host(), &Request::default(), needs_small_group, &wanted);
}

#[test]
fn a_narrower_offer_leads_nowhere() {
    const ONE_GROUP: &str = include_str!("../../tests/fixtures/group_mismatch/go_tls13.json");
    let answer = run(
        &host(),
        &Request::default(),
        &mut upstream(|settings| match settings.commands.is_empty() {
            true => fails(CLOSED),
            false => fails(ONE_GROUP),
        }),
    );
    let commands: Vec<_> = answer
        .attempts
        .iter()
        .flat_map(|attempt| &attempt.changes)
        .filter(|change| change.setting == "conf_command")
        .collect();
    assert!(!commands.is_empty());
    assert!(
        commands.iter().all(|one| one.arguments[1] == "P-256"),
        "{commands:?}"
    );
}

#[test]
fn an_old_nginx_is_offered_no_command() {
    let old = Settings::of_host("api.example.com", 1_018_000);
    let answer = run(&old, &Request::default(), &mut upstream(|_| fails(CLOSED)));
    let command = |attempt: &Attempt| {
        attempt
            .changes
            .iter()
            .any(|one| one.setting == "conf_command")
    };
    assert!(!answer.attempts.iter().any(command));
    assert!(answer.attempts.len() > 2);
}

#[test]
fn alpn_is_tried_where_stream_has_it() {
    let stream = |nginx| {
        Settings::of_host("api.example.com", nginx).for_module(crate::capture::Module::Stream)
    };
    let needs_alpn = |settings: &Settings| match settings.alpn.is_empty() {
        false => works(),
        true => fails(CLOSED),
    };
    let wanted = ["proxy_ssl_alpn http/1.1 h2;"];
    proves(&stream(1_031_004), &Request::default(), needs_alpn, &wanted);
    let old = run(
        &stream(1_028_000),
        &Request::default(),
        &mut upstream(needs_alpn),
    );
    assert_eq!(old.proved, None);
}

#[test]
fn plaintext_and_a_missing_certificate_are_the_end() {
    for recording in [PLAIN, NO_CERTIFICATE] {
        let answer = run(
            &host(),
            &Request::default(),
            &mut upstream(|_| fails(recording)),
        );
        assert_eq!((answer.connections, answer.proved), (1, None));
    }
    // nginx takes none without its key.
    let needs_certificate = |settings: &Settings| match (
        settings.certificate.is_some(),
        settings.certificate_key.is_some(),
    ) {
        (true, true) => works(),
        (true, false) => Outcome::Refused("no key".to_owned()),
        _ => fails(NO_CERTIFICATE),
    };
    let text = "proxy_ssl_certificate /c.pem; proxy_ssl_certificate_key /c.key;";
    let wanted = [
        "proxy_ssl_certificate /c.pem;",
        "proxy_ssl_certificate_key /c.key;",
    ];
    proves(&host(), &tries(text), needs_certificate, &wanted);
}

#[test]
fn a_depth_and_the_system_s_authorities_are_proved_by_one_more_connection() {
    let mut verifying = host();
    verifying.verify = true;
    let deep = |settings: &Settings| match settings.verify_depth {
        2.. => works(),
        _ => fails(TOO_LONG),
    };
    let answer = proves(
        &verifying,
        &Request::default(),
        deep,
        &["proxy_ssl_verify_depth 2;"],
    );
    assert_eq!(answer.connections, 2);
    let trusts = |settings: &Settings| match settings.trusted_certificate.as_deref() {
        Some("/etc/ssl/all.pem") => works(),
        _ => Outcome::Fails(Box::new(Failure {
            recording: Recording::from_json(SELF_SIGNED).unwrap(),
            trusted_by_system: Some("/etc/ssl/all.pem".to_owned()),
            only_the_time: false,
        })),
    };
    let wanted = ["proxy_ssl_trusted_certificate /etc/ssl/all.pem;"];
    let answer = proves(&verifying, &Request::default(), trusts, &wanted);
    assert_eq!(answer.proved.unwrap().security, Security::ChangesTrust);
}

#[test]
fn what_weakens_waits_for_the_word() {
    let needs_weak = |settings: &Settings| match settings.commands.is_empty() {
        false if settings.commands[0].0 == "Options" => works(),
        _ => fails(LEGACY),
    };
    let answer = run(&host(), &Request::default(), &mut upstream(needs_weak));
    assert_eq!(answer.proved, None);
    assert!(answer.held_back);
    let mut request = Request {
        try_weakening: true,
        ..Request::default()
    };
    let wanted = ["proxy_ssl_conf_command Options UnsafeLegacyServerConnect;"];
    let answer = proves(&host(), &request, needs_weak, &wanted);
    assert_eq!(answer.proved.unwrap().security, Security::Weakens);
    // What a user proposes is no exception.
    request = tries("proxy_ssl_verify off");
    let mut verifying = host();
    verifying.verify = true;
    let answer = run(
        &verifying,
        &request,
        &mut upstream(|settings| match settings.verify {
            true => fails(SELF_SIGNED),
            false => works(),
        }),
    );
    assert_eq!((answer.proved, answer.held_back), (None, true));
}

#[test]
fn the_bounds_hold() {
    let many: Vec<String> = (0..40).map(|n| format!("n{n}.example.com")).collect();
    let mut request = Request::default();
    request.hints.names.clone_from(&many);
    let mut peer = upstream(|_| fails(ALERT_40));
    let answer = run(&host(), &request, &mut peer);
    assert_eq!(answer.connections, MAX_CONNECTIONS);
    assert_eq!(peer.waits, [Duration::from_millis(100); 11]);
    assert!(peer
        .timeouts
        .iter()
        .all(|one| *one == Duration::from_secs(5)));

    let mut slow = upstream(|_| fails(SILENT));
    slow.takes = Duration::from_secs(60);
    let answer = run(&host(), &request, &mut slow);
    assert!(slow.clock <= Duration::from_secs(31), "{:?}", slow.clock);
    assert!(
        (5..=7).contains(&answer.connections),
        "{}",
        answer.connections
    );
    assert!(*slow.timeouts.last().unwrap() < Duration::from_secs(5));
}

#[test]
fn settings_are_never_tried_twice() {
    let mut seen = Vec::new();
    let request = names(&["api.example.com", "other.example.com"]);
    run(
        &host(),
        &request,
        &mut upstream(|settings| {
            assert!(!seen.contains(settings), "{settings:?}");
            seen.push(settings.clone());
            fails(ALERT_40)
        }),
    );
    assert!(seen.len() > 3);
}

#[test]
fn what_nginx_refuses_costs_no_connection() {
    let refuses = |settings: &Settings| match settings.commands.is_empty() {
        true => fails(CLOSED),
        false => Outcome::Refused("no such group".to_owned()),
    };
    let answer = run(&host(), &Request::default(), &mut upstream(refuses));
    let refused = |attempt: &&Attempt| matches!(attempt.verdict, Verdict::Refused(_));
    let refused = answer.attempts.iter().filter(refused).count();
    assert!(refused > 0);
    assert_eq!(answer.connections as usize, answer.attempts.len() - refused);
}

#[test]
fn an_upstream_that_is_gone_is_not_asked_again() {
    let answer = run(
        &host(),
        &Request::default(),
        &mut upstream(|_| Outcome::Unreachable("Connection refused".to_owned())),
    );
    assert_eq!((answer.connections, answer.attempts.len()), (1, 1));
    let mut first = true;
    let answer = run(
        &host(),
        &Request::default(),
        &mut upstream(|_| match std::mem::take(&mut first) {
            true => fails(ALERT_40),
            false => Outcome::Unreachable("Connection refused".to_owned()),
        }),
    );
    assert_eq!((answer.connections, answer.proved), (2, None));
}
