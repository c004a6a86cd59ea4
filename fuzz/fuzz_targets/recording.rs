//! A recording to its line, its document and its commands. An input is a recording in JSON, so what is
//! found is a fixture.
#![no_main]

#[path = "../../tests/property/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod property;

use std::sync::LazyLock;

use property::random::Random;
use property::{fixtures, foreign, mutation, Checker};
use serde_json::Value;
use tlsdiag::Recording;

static FIXTURES: LazyLock<Vec<Value>> = LazyLock::new(fixtures);

thread_local! {
    static CHECKER: Checker = Checker::new();
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(mut recording) = serde_json::from_slice(bytes) else {
        return;
    };
    foreign::mark(&mut recording);
    let Ok(recording) = Recording::from_json(&recording.to_string()) else {
        return;
    };
    if let Err(why) = CHECKER.with(|checker| checker.check(&recording)) {
        panic!("{why}");
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Random(u64::from(seed) << 16 | 0x9e37);
    let mut recording = match serde_json::from_slice(&data[..size]) {
        Ok(recording) if !random.one_in(50) => recording,
        _ => random.pick(&FIXTURES).clone(),
    };
    mutation::mutate(&mut recording, &FIXTURES, &mut random);
    let text = recording.to_string();
    match data.get_mut(..text.len()) {
        Some(room) if text.len() <= max_size => {
            room.copy_from_slice(text.as_bytes());
            text.len()
        }
        _ => size,
    }
});
