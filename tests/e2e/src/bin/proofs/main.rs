//! What `tlsdiag probe` proves, pasted into nginx: every scenario of the matrix, with nothing but what an
//! operator knows. What was proved must give 200, and where anything that nginx can be told gives 200,
//! something must have been proved.
//!
//! usage: `proofs [--write FILE] [--few] [WORD...]`. With words only scenarios whose name, cause or stack
//! has one of them are run, with `--few` one stack in one version; then the page is not written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program of tests that meets something unexpected should stop"
)]

#[path = "../matrix/odd.rs"]
mod odd;
mod report;
mod run;
#[path = "../matrix/scenario.rs"]
#[allow(dead_code, reason = "the matrix uses all of it")]
mod scenario;
#[path = "../matrix/table/mod.rs"]
#[allow(dead_code, reason = "the matrix uses all of it")]
mod table;

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use tlsdiag_e2e::page;
use tlsdiag_e2e::peers::Stack;

use report::Totals;
use run::Outcome;
use scenario::{Row, Scenario};

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
    let few = arguments.next_if_eq("--few").is_some();
    let words: Vec<String> = arguments.collect();
    let rows = table::all();
    let scenarios = rows.iter().flat_map(Row::scenarios);
    let wanted = scenarios.filter(|one| one.is_wanted(&words) && (!few || is_one_of_few(one)));
    let told = run_all(wanted.collect());
    let totals = Totals::of(&told);
    let text = report::document(&told, &totals);
    println!("{text}");
    if let (Some(file), false, []) = (file, few, words.as_slice()) {
        page::write(file.as_ref(), "proofs", &text);
    }
    match totals.reached() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Enough to see that it works, in less than a minute: no peer that is silent, each of which takes half of
/// one.
fn is_one_of_few(scenario: &Scenario) -> bool {
    let is_quick = scenario.row.name != "handshake_timeout";
    let newest = scenario.row.versions.last().copied();
    is_quick && scenario.stack == Some(Stack::OpenSsl) && scenario.version == newest
}

/// Runs all, a few at a time, and tells them in their order.
fn run_all(scenarios: Vec<Scenario<'_>>) -> Vec<Told<'_>> {
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
                done.lock().expect("not poisoned").push((index, outcome));
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
