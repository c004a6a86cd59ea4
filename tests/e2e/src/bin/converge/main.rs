//! From any breakage to 200: random upstreams behind random settings of nginx, one to four things wrong,
//! each trial reachable by some configuration. What the module prints is pasted, placeholders filled with
//! what the operator knows, again and again until the request succeeds or nothing is left to paste.
//!
//! usage: `converge [--write FILE] SEED[,SEED...] COUNT`, or `converge SEED COUNT TRIAL` to see the steps
//! of one.

mod breakage;
mod draft;
mod front;
mod lever;
mod measure;
#[path = "../../../../property/random.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod random;
mod report;
mod run;
mod totals;
mod trial;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use run::Outcome;
use totals::Totals;

/// Trials that share two nginx.
const BATCH: usize = 10;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let file = arguments
        .next_if_eq("--write")
        .and_then(|_| arguments.next());
    let seeds = arguments.next().unwrap_or_else(|| "1".to_owned());
    let count = arguments
        .next()
        .map_or(100, |count| count.parse().expect("COUNT is a number"));
    let each = seeds
        .split(',')
        .map(|seed| seed.parse::<u64>().expect("SEED is a number"));
    if let Some(trial) = arguments.next() {
        let index: usize = trial.parse().expect("TRIAL is a number");
        let first = index / BATCH * BATCH;
        for seed in each {
            let outcomes = run::batch(seed, first..first + BATCH);
            let found = outcomes.iter().find(|one| one.case.index == index);
            println!(
                "{}",
                found.map_or(
                    "no configuration reaches it, or it works".to_owned(),
                    |one| report::told(seed, one)
                )
            );
        }
        return ExitCode::SUCCESS;
    }
    let begun = std::time::Instant::now();
    let mut all = Vec::new();
    for seed in each {
        let outcomes = trials(seed, count);
        all.extend(outcomes.into_iter().map(|outcome| (seed, outcome)));
    }
    let text = report::document(&all, &seeds, count);
    eprintln!(
        "{:.1} trials a second",
        all.len() as f64 / begun.elapsed().as_secs_f64()
    );
    println!("{text}");
    if let Some(file) = file {
        tlsdiag_e2e::page::write(file.as_ref(), "converge", &text);
    }
    let totals = Totals::of(all.iter().map(|(_, outcome)| outcome));
    match totals.reached * 100 >= totals.trials * 98 && totals.excess() <= 0.3 {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The first `count` trials of a seed that some configuration reaches.
fn trials(seed: u64, count: usize) -> Vec<Outcome> {
    let (next, kept) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while kept.load(Ordering::Acquire) < count {
                    let first = next.fetch_add(1, Ordering::AcqRel) * BATCH;
                    let outcomes = run::batch(seed, first..first + BATCH);
                    kept.fetch_add(outcomes.len(), Ordering::AcqRel);
                    for outcome in &outcomes {
                        if let Some(text) = report::stop(seed, outcome) {
                            eprint!("{text}");
                        }
                    }
                    done.lock().expect("not poisoned").extend(outcomes);
                }
            });
        }
    });
    let mut outcomes = done.into_inner().expect("not poisoned");
    eprintln!(
        "{} of {} drawn can be reached and fail",
        outcomes.len(),
        next.into_inner() * BATCH
    );
    outcomes.sort_by_key(|outcome: &Outcome| outcome.case.index);
    outcomes.truncate(count);
    outcomes
}
