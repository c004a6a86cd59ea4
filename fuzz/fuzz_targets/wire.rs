//! Bytes to every reader of the wire, from captured messages on.
#![no_main]

#[path = "../../tests/messages/mod.rs"]
mod messages;
#[path = "../../tests/property/wire.rs"]
mod wire;

use std::sync::LazyLock;

static MESSAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names = messages::names("");
    names.iter().map(|name| messages::message(name)).collect()
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::read(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let seeds = MESSAGES.len();
    match MESSAGES.get(seed as usize % (seeds * 50)) {
        Some(message) if message.len() <= max_size => {
            data[..message.len()].copy_from_slice(message);
            message.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});
