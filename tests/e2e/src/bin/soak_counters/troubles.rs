//! What happens to nginx while it serves.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tlsdiag_e2e::nginx::Daemon;
use tlsdiag_e2e::process::{children, send_signal};
use tlsdiag_e2e::wait;

use super::workers;

/// The rounds in which nginx is reloaded, and those in which workers are killed.
const RELOADING: Range<usize> = 1..7;
const KILLING: Range<usize> = 5..14;
const BETWEEN_RELOADS: Duration = Duration::from_secs(1);
const BETWEEN_KILLS: Duration = Duration::from_secs(10);

/// How often what happened.
#[derive(Default)]
pub(super) struct Troubles {
    pub(super) reloads: u64,
    pub(super) kills: u64,
}

impl Troubles {
    pub(super) fn add(&mut self, other: &Troubles) {
        self.reloads += other.reloads;
        self.kills += other.kills;
    }
}

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} reloads, {} kills", self.reloads, self.kills)
    }
}

/// Makes trouble until the clients are done; in a short round at least once.
pub(super) fn make(round: usize, daemon: &Daemon, done: &AtomicBool) -> Troubles {
    let mut made = Troubles::default();
    let mut killed: Option<Instant> = None;
    let mut reloaded: Option<Instant> = None;
    let is_due = |last: Option<Instant>, pause| last.is_none_or(|last| last.elapsed() >= pause);
    while !done.load(Ordering::Relaxed) {
        if RELOADING.contains(&round) && is_due(reloaded, BETWEEN_RELOADS) {
            reload(daemon);
            made.reloads += 1;
            reloaded = Some(Instant::now());
        }
        if KILLING.contains(&round) && is_due(killed, BETWEEN_KILLS) {
            let victim = workers(daemon.master())[0];
            send_signal(victim, libc::SIGKILL);
            made.kills += 1;
            killed = Some(Instant::now());
            // A reload would not tell a worker that is gone from one that ends.
            wait::until("another worker", || {
                (!workers(daemon.master()).contains(&victim)).then_some(())
            });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    made
}

fn reload(daemon: &Daemon) {
    let old = workers(daemon.master());
    send_signal(daemon.master(), libc::SIGHUP);
    wait::until("other workers", || {
        let now = children(daemon.master());
        let is_other = now.iter().all(|pid| !old.contains(pid));
        (is_other && !now.is_empty()).then_some(())
    });
}
