//! Bytes to the reader of error logs, from a line of each kind on.
#![no_main]

#[path = "../../tests/property/error_log.rs"]
mod error_log;

use std::sync::LazyLock;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(error_log::corpus);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| error_log::read(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tlsdiag_fuzz::begin_or_mutate(&SEEDS, data, size, max_size, seed)
});
