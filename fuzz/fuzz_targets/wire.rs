//! Bytes to every reader of the wire, from captured messages and small pieces of certificates on.
#![no_main]

#[path = "../../tests/messages/mod.rs"]
mod messages;
#[path = "../../tests/property/wire.rs"]
mod wire;

use std::sync::LazyLock;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names = messages::names("");
    let messages = names.iter().map(|name| messages::message(name));
    messages.chain(wire::DER.map(<[u8]>::to_vec)).collect()
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wire::read(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match SEEDS.get(seed as usize % (SEEDS.len() * 50)) {
        Some(seed) if seed.len() <= max_size => {
            data[..seed.len()].copy_from_slice(seed);
            seed.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});
