//! Bytes to the reader of configurations and to the checks, from their own files on.
#![no_main]

#[path = "../../tests/property/nginx_conf.rs"]
mod nginx_conf;

use std::sync::LazyLock;

static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(nginx_conf::corpus);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| nginx_conf::read(bytes));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    tlsdiag_fuzz::begin_or_mutate(&SEEDS, data, size, max_size, seed)
});
