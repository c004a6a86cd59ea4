//! The matrix: every cause on every stack that is able to have it, in TLS 1.2 and 1.3, against a
//! real nginx with the module; and, where the remedy lies in nginx, the remedy pasted as printed.
//!
//! Then the other half: what nobody may be told of (`quiet`).
//!
//! usage: `matrix [--write FILE] [WORD...]`. With words only scenarios whose name, cause or stack
//! has one of them are run, each is told with nginx's own lines, and no target counts; the word
//! `quiet` runs the second half.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program of tests that meets something unexpected should stop"
)]

mod odd;
mod quiet;
mod report;
mod run;
mod scenario;
mod table;
mod totals;
mod versions;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use tlsdiag_e2e::page;

use run::Outcome;
use scenario::{Row, Scenario};
use totals::Totals;

/// A scenario and how it went; the error is what stopped it.
pub(crate) struct Told<'a> {
    pub(crate) scenario: Scenario<'a>,
    pub(crate) outcome: Result<Outcome, String>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let file = arguments
        .next_if_eq("--write")
        .and_then(|_| arguments.next());
    let words: Vec<String> = arguments.collect();

    let rows = table::all();
    let scenarios = rows.iter().flat_map(Row::scenarios);
    let wanted = scenarios.filter(|s| s.is_wanted(&words)).collect();
    let told = run_all(wanted, !words.is_empty());
    let totals = Totals::of(&told);
    let quiet = (words.is_empty() || words.iter().any(|w| w == "quiet")).then(quiet::run);
    let text = report::document(&told, &totals, quiet.as_ref());
    println!("{text}");
    if let Some(file) = file {
        page::write(file.as_ref(), "matrix", &text);
    }
    let reached = totals.reached() && quiet.is_some_and(|quiet| quiet.reached());
    match words.is_empty() && !reached {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// Runs all, a few at a time, and tells them in their order.
fn run_all(scenarios: Vec<Scenario<'_>>, aloud: bool) -> Vec<Told<'_>> {
    let next = AtomicUsize::new(0);
    // A panic is a scenario's outcome, and is told there.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from) * 2;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(scenario) = scenarios.get(index) else {
                    break;
                };
                let outcome = attempt(scenario);
                let line = report::line(scenario, &outcome);
                eprintln!("[{}/{}] {line}", index + 1, scenarios.len());
                if let (true, Ok(outcome)) = (aloud, &outcome) {
                    eprintln!("{}", outcome.log);
                }
                let mut done = done.lock().expect("not poisoned");
                done.push((index, outcome));
            });
        }
    });
    std::panic::set_hook(hook);
    let mut done = done.into_inner().expect("not poisoned");
    done.sort_by_key(|(index, _)| *index);
    let outcomes = done.into_iter().map(|(_, outcome)| outcome);
    let pairs = scenarios.into_iter().zip(outcomes);
    pairs
        .map(|(scenario, outcome)| Told { scenario, outcome })
        .collect()
}

/// One scenario; a panic of the harness is its error.
fn attempt(scenario: &Scenario) -> Result<Outcome, String> {
    catch_unwind(AssertUnwindSafe(|| run::run(scenario))).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        text.unwrap_or("stopped").to_owned()
    })
}
