//! No log, however broken, stops its reader, is counted twice or puts words into what is pasted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

#[path = "property/error_log.rs"]
mod error_log;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "property/random.rs"]
mod random;

use random::Random;

#[test]
fn no_log_bends_what_is_said() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let corpus = error_log::corpus();
    for line in &corpus {
        error_log::read(line);
    }
    for _ in 0..5_000 {
        let mut log = Vec::new();
        for _ in 0..1 + random.below(5) {
            let mut line = random.pick(&corpus).clone();
            if random.below(3) > 0 {
                random.damage(&mut line);
            }
            log.extend(line);
            log.push(b'\n');
        }
        error_log::read(&log);
        error_log::read(&random.bytes(300));
    }
}
