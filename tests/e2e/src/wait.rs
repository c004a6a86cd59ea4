//! Bounded waiting. Nothing here sleeps in the hope that something has happened by then.

use std::time::{Duration, Instant};

/// How long anything on this machine may take before the test gives up. Generous: a busy two-core
/// machine that starts a Java virtual machine is not a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `probe` until it answers, and gives up after `patience` with `None`.
pub fn poll<T>(patience: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(25));
    }
}

/// As [`poll`] with [`PATIENCE`]; stops the test, naming `what`, when time is up.
pub fn until<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    poll(PATIENCE, probe).unwrap_or_else(|| panic!("waited {PATIENCE:?} in vain for {what}"))
}
