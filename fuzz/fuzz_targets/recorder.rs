//! Whatever OpenSSL's callbacks may tell a recorder, in any order: what it keeps is bounded, and what is
//! reported of it holds.
#![no_main]

#[path = "../../tests/property/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod property;

use std::sync::LazyLock;

use property::Checker;
use serde_json::Value;
use tlsdiag::capture::{Bytes, Recorder, FORMAT, MAX_MESSAGE, MAX_MESSAGES};
use tlsdiag::wire::Reader;
use tlsdiag::Recording;

/// What the callbacks call a record header, a TLS 1.3 record's own type, and messages.
const CONTENT: [i32; 5] = [256, 257, 22, 21, 20];
/// The same place in an input: our side was done, in the version that follows.
const FINISHED: u8 = 5;
/// Set for what our side sent.
const SENT: u8 = 0x80;

/// The handshakes of the fixtures.
static SEEDS: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| property::fixtures().iter().map(seed).collect());

thread_local! {
    static CHECKER: Checker = Checker::new();
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut recorder = Recorder::new(1);
    let mut reader = Reader::new(input);
    while let (Some(tag), Some(bytes)) = (reader.u8(), reader.vector16()) {
        let sent = tag & SENT != 0;
        let bytes = bytes.bytes;
        match (tag & !SENT, bytes) {
            (FINISHED, [high, low, ..]) => {
                recorder.finished = true;
                recorder.version = u16::from_be_bytes([*high, *low]);
            }
            (tag, _) => {
                let content = CONTENT[usize::from(tag) % CONTENT.len()];
                let over = recorder.observe(sent, content, bytes);
                assert!(!over || (recorder.finished && !sent));
            }
        }
        recorder.fatal_alert(sent);
        recorder.certificate_came();
        recorder.certificate_was_accepted();
    }
    let hellos = recorder.client_hellos.iter().chain(&recorder.server_hellos);
    for kept in hellos.chain([&recorder.certificate_request]).flatten() {
        assert!(kept.bytes.capacity() <= MAX_MESSAGE && kept.bytes.len() <= kept.length);
    }
    assert!(recorder.message_count <= MAX_MESSAGES);
    assert!(recorder.first_bytes_length <= recorder.first_bytes.len());
    assert!(recorder.bytes_received >= recorder.first_bytes_length as u64);
    report(&recorder);
});

/// Reports it as a handshake that failed at proxy_pass to an address.
fn report(recorder: &Recorder) {
    let mut recording = serde_json::json!({
        "format": FORMAT,
        "environment": {"nginx": 1_022_001, "openssl": 0x3000_00d0_u64, "time_ms": 0, "pid": 1},
        "context": {"module": "proxy", "peer": "127.0.0.1:443", "upstream": "127.0.0.1"},
        "handshake": recorder.handshake(2),
        "ending": {"kind": "error"},
    });
    property::foreign::mark(&mut recording);
    let recording = Recording::from_json(&recording.to_string()).expect("a recording");
    if let Err(why) = CHECKER.with(|checker| checker.check(&recording)) {
        panic!("{why}");
    }
}

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tlsdiag_fuzz::begin_or_mutate(&SEEDS, data, size, max_size, seed)
});

/// A recording's messages and alerts, as an input.
fn seed(recording: &Value) -> Vec<u8> {
    let mut input = Vec::new();
    let mut put = |tag: u8, bytes: &[u8]| {
        input.push(tag);
        input.extend(u16::try_from(bytes.len()).unwrap_or(0).to_be_bytes());
        input.extend(bytes);
    };
    let handshake = &recording["handshake"];
    let message = |value: &Value| -> Vec<u8> {
        serde_json::from_value(value["bytes"].clone()).map_or(Vec::new(), |bytes: Bytes| bytes.0)
    };
    for hello in handshake["client_hellos"].as_array().into_iter().flatten() {
        put(SENT, &[22, 3, 1, 0, 1]);
        put(SENT | 2, &message(hello));
    }
    for key in ["hello_retry_request", "server_hello", "certificate_request"] {
        put(0, &[22, 3, 3, 0, 1]);
        put(2, &message(&handshake[key]));
    }
    if let Some(version) = handshake["version"].as_u64() {
        put(FINISHED, &version.to_be_bytes()[6..]);
    }
    for alert in handshake["alerts"].as_array().into_iter().flatten() {
        let number = |key: &str| {
            alert[key]
                .as_u64()
                .map_or(0, |number| number.to_be_bytes()[7])
        };
        let sent = if alert["from"] == "sent" { SENT } else { 0 };
        put(sent | 3, &[number("level"), number("code")]);
    }
    put(1, &[23]);
    input
}
