//! Facts of whole recordings.

use super::*;
use crate::capture::{Bytes, Captured, Ending, Environment, Handshake, FORMAT};

fn recording(kind: EndingKind) -> Recording {
    Recording {
        format: FORMAT,
        environment: Environment {
            nginx: 1_022_001,
            openssl: 0x3000_0130,
            time_ms: 0,
            pid: 1,
        },
        context: Default::default(),
        settings: Default::default(),
        handshake: Handshake::default(),
        ending: Ending {
            kind,
            code: None,
            library: None,
            reason: None,
            errno: None,
            text: None,
        },
        certificate: None,
        history: None,
        response: None,
    }
}

fn alert(from: Direction, level: u8, code: u8) -> AlertSeen {
    AlertSeen {
        from,
        level,
        code,
        after_finished: false,
    }
}

#[test]
fn an_empty_recording_has_facts() {
    let recording = recording(EndingKind::Error);
    let facts = Facts::of(&recording);
    assert_eq!(facts.phase, Phase::Local);
    assert!(facts.offered.is_none() && facts.chosen.is_none() && facts.no_hello_came());
    assert!(facts.received().is_none() && facts.sent().is_none());
    assert!(!facts.name.missing() && !facts.name.is_ruled_out());
    assert_eq!(facts.version(), None);
    assert_eq!(facts.port(), None);
}

#[test]
fn warnings_decide_nothing_and_the_peers_word_counts_first() {
    let mut recording = recording(EndingKind::Error);
    recording.handshake.alerts = vec![
        alert(Direction::Received, 1, 112),
        alert(Direction::Sent, 2, 80),
    ];
    assert_eq!(Facts::of(&recording).sent(), Some(Alert(80)));
    assert_eq!(Facts::of(&recording).received(), None);
    recording
        .handshake
        .alerts
        .push(alert(Direction::Received, 2, 40));
    assert_eq!(Facts::of(&recording).received(), Some(Alert(40)));
    assert_eq!(Facts::of(&recording).sent(), None);
}

#[test]
fn in_tls13_the_level_means_nothing_but_a_warned_name_is_no_failure() {
    let mut recording = recording(EndingKind::ChainRejected);
    recording.handshake.finished = true;
    recording.handshake.version = Some(0x0304);
    for harmless in [0, 90, 100, 112] {
        recording.handshake.alerts = vec![alert(Direction::Received, 1, harmless)];
        assert_eq!(Facts::of(&recording).alert, None, "{harmless}");
    }
    for closure in [0, 90] {
        recording.handshake.alerts = vec![alert(Direction::Received, 2, closure)];
        assert_eq!(Facts::of(&recording).alert, None, "{closure}");
    }
    recording.handshake.alerts = vec![alert(Direction::Received, 1, 116)];
    assert_eq!(Facts::of(&recording).received(), Some(Alert(116)));
    recording.handshake.alerts = vec![alert(Direction::Received, 2, 112)];
    assert_eq!(Facts::of(&recording).received(), Some(Alert(112)));
}

#[test]
fn only_reasons_of_the_tls_library_are_classified() {
    let mut recording = recording(EndingKind::Error);
    recording.ending.reason = Some(267);
    recording.ending.library = Some(11);
    assert_eq!(Facts::of(&recording).ssl_reason(), None);
    recording.ending.library = Some(20);
    assert_eq!(Facts::of(&recording).ssl_reason(), Some(SslReason(267)));
}

#[test]
fn the_port_is_that_of_an_internet_peer() {
    let mut recording = recording(EndingKind::Eof);
    for (peer, port) in [
        ("10.0.0.5:8443", Some(8443)),
        ("[::1]:443", Some(443)),
        ("unix:/run/app:443", None),
        ("10.0.0.5:99999", None),
        ("10.0.0.5", None),
    ] {
        recording.context.peer = Some(peer.to_owned());
        assert_eq!(Facts::of(&recording).port(), port, "{peer}");
    }
}

#[test]
fn directives_are_those_of_the_module() {
    let mut recording = recording(EndingKind::Eof);
    let other = Facts::of(&recording);
    assert_eq!(other.directive_prefix(), None);
    assert_eq!(
        other.with_prefix("proxy_ssl_verify off;").as_deref(),
        Some("*_ssl_verify off;")
    );
    assert_eq!(
        other.with_prefix("restarting").as_deref(),
        Some("restarting")
    );
    let remedy = crate::rules::Remedy::paste(&other, ["protocols TLSv1.2 TLSv1.3"]);
    assert_eq!(
        remedy.with_action("upgrade it").action.as_deref(),
        Some(
            "set what corresponds to *_ssl_protocols TLSv1.2 TLSv1.3 for this connection, or: upgrade it"
        )
    );
    recording.context.module = Module::Grpc;
    let facts = Facts::of(&recording);
    assert_eq!(facts.directive_prefix(), Some("grpc"));
    assert_eq!(
        facts.with_prefix("proxy_ssl_verify off;").as_deref(),
        Some("grpc_ssl_verify off;")
    );
    assert_eq!(
        facts.with_prefix("restarting").as_deref(),
        Some("restarting")
    );
}

#[test]
fn headers_are_set_only_where_there_are_any() {
    let mut recording = recording(EndingKind::Eof);
    for (module, directive) in [
        (Module::Proxy, Some("proxy_set_header Host ...;")),
        (Module::Grpc, Some("grpc_set_header Host ...;")),
        (Module::Uwsgi, Some("uwsgi_param HTTP_HOST ...;")),
        (Module::Other, Some("*_set_header Host ...;")),
        (Module::Stream, None),
    ] {
        recording.context.module = module;
        let found = Facts::of(&recording).with_prefix("proxy_set_header Host ...;");
        assert_eq!(found.as_deref(), directive, "{module:?}");
    }
}

#[test]
fn close_notify_ends_tls12_only_as_a_warning() {
    let mut recording = recording(EndingKind::Error);
    recording.handshake.version = Some(0x0303);
    recording.handshake.alerts = vec![alert(Direction::Received, 2, 0)];
    assert_eq!(Facts::of(&recording).received(), Some(Alert(0)));
}

#[test]
fn no_recording_is_too_broken_for_facts() {
    let junk = |length: usize| Captured {
        bytes: Bytes((0..length).map(|at| (at % 251).to_le_bytes()[0]).collect()),
        length: u32::MAX,
    };
    for length in [0, 1, 3, 4, 5, 38, 39, 40, 200, 5000] {
        let mut recording = recording(EndingKind::LateAlert);
        recording.handshake.client_hellos = vec![junk(length), junk(length)];
        recording.handshake.server_hello = Some(junk(length));
        recording.handshake.hello_retry_request = Some(junk(length));
        recording.handshake.certificate_request = Some(junk(length));
        recording.handshake.first_bytes = junk(length).bytes;
        recording.context.upstream = Some("\u{0}:\u{202e}".into());
        recording.context.peer = Some(":".to_owned());
        recording.certificate = Some(CertificateCheck::default());
        let facts = Facts::of(&recording);
        assert!(facts.certificate_request.is_some());
        assert_eq!(facts.chain_problem(), None, "nginx did not reject it");
    }
}
