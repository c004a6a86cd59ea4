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
    tlsdiag_fuzz::begin_or_mutate(&SEEDS, data, size, max_size, seed)
});
