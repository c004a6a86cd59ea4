//! Bytes to the reader of error logs, from a line of each kind on.
#![no_main]

#[path = "../../tests/property/error_log.rs"]
mod error_log;

use std::sync::LazyLock;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(error_log::corpus);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| error_log::read(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match SEEDS.get(seed as usize % (SEEDS.len() * 50)) {
        Some(seed) if seed.len() <= max_size => {
            data[..seed.len()].copy_from_slice(seed);
            seed.len()
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});
