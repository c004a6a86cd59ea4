//! `make soak-counters`: 200,000 mixed handshakes over two workers that share a zone, against peers that
//! count for themselves, while nginx is reloaded, workers are killed, and another binary takes over.
//!
//! Where no worker was killed, every counter must be what its peer has counted, to the last handshake. A
//! kill cuts off what its worker had begun, one request a client at most: peer and zone may know
//! different things of those, and of nothing else. What was counted before a kill must be there after it.
//! In the same way every failure must be in a line or in a number that was told.
//!
//! Words after the program's name: how many handshakes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong should stop"
)]

mod case;
mod peers;
mod scene;
mod troubles;

use std::sync::atomic::{AtomicBool, Ordering};

use scene::Scene;
use tlsdiag_e2e::nginx::Daemon;
use tlsdiag_e2e::process::{children, read_lossy, resident};
use tlsdiag_e2e::wait;
use troubles::Troubles;

const HANDSHAKES: usize = 200_000;
const ROUNDS: usize = 20;
const CLIENTS: usize = 4;
const WORKERS: u32 = 2;
/// The rounds before which another binary takes over.
const UPGRADES: [usize; 3] = [4, 9, 14];
/// The last rounds, of the same workers: how much larger they may be after the last than after the first.
const STEADY: std::ops::Range<usize> = 15..ROUNDS;
const MAX_GROWTH: f64 = 1.05;

fn main() {
    let handshakes = std::env::args().nth(1).map(|word| word.parse().unwrap());
    let each = handshakes.unwrap_or(HANDSHAKES) / ROUNDS;
    let (mut scene, _props) = Scene::new();
    let daemon = Daemon::start(scene.config());
    println!(
        "| round | what happens | good | failed | cut off, of them counted | largest worker, KiB |"
    );
    println!("|---|---|---|---|---|---|");
    let mut all = Sum::default();
    let mut troubles = Troubles::default();
    let mut sizes = Vec::new();
    for round in 0..ROUNDS {
        let is_upgraded = UPGRADES.contains(&round);
        if is_upgraded {
            let (old, new) = daemon.upgrade();
            daemon.end(old, libc::SIGQUIT);
            workers(new);
            scene.begin_zone();
        }
        let done = AtomicBool::new(false);
        let made = std::thread::scope(|scope| {
            let clients = scope.spawn(|| {
                scene.send(daemon.port(), each);
                done.store(true, Ordering::Relaxed);
            });
            let made = troubles::make(round, &daemon, &done);
            clients.join().unwrap();
            made
        });
        let sum = scene.check(&daemon);
        assert!(
            sum.cut <= made.kills * CLIENTS as u64,
            "{} requests cut off by {} kills",
            sum.cut,
            made.kills
        );
        let largest = workers(daemon.master()).into_iter().map(resident).max();
        let largest = largest.unwrap();
        if STEADY.contains(&round) {
            sizes.push(largest);
        }
        println!(
            "| {} | {made}{} | {} | {} | {}, {} | {largest} |",
            round + 1,
            if is_upgraded { " after USR2" } else { "" },
            sum.good,
            sum.failed,
            sum.cut,
            sum.cut_and_counted,
        );
        all.add(&sum);
        troubles.add(&made);
    }
    daemon.end_all();
    judge(&daemon, &all, &troubles, &sizes);
}

/// What must be true of the whole.
fn judge(daemon: &Daemon, all: &Sum, made: &Troubles, sizes: &[u32]) {
    let log = read_lossy(&daemon.file("error.log"));
    let (written, suppressed) = told(&log);
    println!(
        "\n{} good and {} failed handshakes, {made}, {} upgrades: every counter is what the peers \
         counted. {} requests were cut off by kills, {} of them are counted. {written} failures were written, \
         {suppressed} told by their number.",
        all.good,
        all.failed,
        UPGRADES.len(),
        all.cut,
        all.cut_and_counted,
    );
    // A worker that is killed between counting a failure and saying so.
    let unsaid = all.failed.checked_sub(written + suppressed);
    let unsaid = unsaid.expect("more was told than has failed");
    println!("{unsaid} failures are in no line and no number.");
    assert!(unsaid <= made.kills * CLIENTS as u64, "numbers are lost");
    let crashes = log.matches("exited on signal").count() as u64;
    let killed = log.matches("exited on signal 9").count() as u64;
    assert_eq!(
        (crashes, killed),
        (made.kills, made.kills),
        "a worker crashed"
    );
    assert!(!log.contains("[emerg]") && !log.contains("panic") && !log.contains("internal fault"));
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    println!(
        "The largest worker was {first} KiB at the beginning of the last rounds and is {last} KiB."
    );
    assert!(
        f64::from(last) <= f64::from(first) * MAX_GROWTH,
        "a worker grew"
    );
}

/// The workers of this master, once all are there.
fn workers(master: u32) -> Vec<u32> {
    wait::until("all workers", || {
        let all = children(master);
        (all.len() == WORKERS as usize).then_some(all)
    })
}

/// What the zone has counted, all cases together.
#[derive(Default)]
struct Sum {
    good: u64,
    failed: u64,
    /// Requests that got no answer, and those of them that are counted.
    cut: u64,
    cut_and_counted: u64,
}

impl Sum {
    fn add(&mut self, other: &Sum) {
        self.good += other.good;
        self.failed += other.failed;
        self.cut += other.cut;
        self.cut_and_counted += other.cut_and_counted;
    }
}

/// How many failures were written, and how many were told by their number.
fn told(log: &str) -> (u64, u64) {
    let (mut written, mut suppressed) = (0, 0);
    for line in log.lines() {
        let Some((_, ours)) = line.split_once(" upstream_tls[") else {
            continue;
        };
        let words = ours.split_once("] ").unwrap().1;
        match words.split_once(" more like this suppressed") {
            Some((number, _)) => suppressed += number.parse::<u64>().unwrap(),
            None => written += 1,
        }
    }
    (written, suppressed)
}
