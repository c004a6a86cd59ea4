//! No bytes and no recording, however broken, stop a reader or bend a report: a worker of nginx runs
//! it, and a person pastes what it says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod messages;
mod property;

use messages::{message, names};
use property::random::Random;
use property::{fixtures, foreign, mutation, wire, Checker};
use serde_json::Value;
use tlsdiag::wire::distinguished_name;
use tlsdiag::Recording;

fn broken(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = random.pick(corpus).clone();
    random.damage(&mut bytes);
    bytes
}

#[test]
fn no_bytes_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut corpus: Vec<_> = names("").iter().map(|name| message(name)).collect();
    corpus.extend(wire::DER.map(<[u8]>::to_vec));
    for _ in 0..20_000 {
        wire::read(&broken(&corpus, &mut random));
        wire::read(&random.bytes(300));
    }
}

#[test]
fn no_name_panics() {
    let name = wire::DER[0].to_vec();
    assert_eq!(distinguished_name(&name).as_deref(), Some("CN=ab"));
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let corpus = [name];
    for _ in 0..50_000 {
        wire::name(&broken(&corpus, &mut random));
    }
}

/// Nesting costs nothing: the parser looks at a fixed number of levels.
#[test]
fn deep_nesting_is_refused_at_once() {
    let mut der = vec![0x0c, 0x00];
    for _ in 0..3000 {
        let [high, low] = u16::try_from(der.len()).unwrap().to_be_bytes();
        der = [&[0x30, 0x82, high, low], der.as_slice()].concat();
    }
    assert_eq!(distinguished_name(&der), None);
}

/// Checks a recording with its foreign texts marked; one that is none is no failure.
fn check(checker: &Checker, mut value: Value) -> bool {
    foreign::mark(&mut value);
    let text = value.to_string();
    let Ok(recording) = Recording::from_json(&text) else {
        return false;
    };
    // The recording's own text is the same after a round trip.
    let again = serde_json::to_string(&recording).unwrap();
    assert_eq!(Recording::from_json(&again).unwrap(), recording);
    if let Err(why) = checker.check(&recording) {
        panic!("{why}\nof the recording\n{text}");
    }
    true
}

#[test]
fn every_report_of_a_real_failure_holds() {
    let checker = Checker::new();
    for recording in fixtures() {
        assert!(check(&checker, recording));
    }
}

#[test]
fn every_report_of_a_mutated_recording_holds() {
    let (checker, fixtures) = (Checker::new(), fixtures());
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    let mut checked = 0;
    for _ in 0..3000 {
        let mut recording = random.pick(&fixtures).clone();
        for _ in 0..=random.below(3) {
            mutation::mutate(&mut recording, &fixtures, &mut random);
        }
        checked += usize::from(check(&checker, recording));
    }
    assert!(checked > 1500, "only {checked} were recordings");
}
