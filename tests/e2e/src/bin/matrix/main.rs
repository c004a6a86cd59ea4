//! The matrix: every cause on every stack that is able to have it, in TLS 1.2 and 1.3, against a
//! real nginx with the module; and, where the remedy lies in nginx, the remedy pasted as printed.
//!
//! Then the other half: what nobody may be told of (`no_false_alarms`).
//!
//! usage: `matrix [--write FILE] [WORD...]`. With words only scenarios whose name, cause or stack
//! has one of them are run, each is told with nginx's own lines, and no target counts; the word
//! `quiet` runs the second half.

mod no_false_alarms;
mod report;
mod run;
mod totals;
mod versions;

use std::process::ExitCode;

use tlsdiag_e2e::causes::{self, Cause, Scenario};
use tlsdiag_e2e::page;

use run::Outcome;
use totals::Totals;

/// A scenario and how it went.
pub(crate) type Told<'a> = causes::Told<'a, Outcome>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let file = arguments
        .next_if_eq("--write")
        .and_then(|_| arguments.next());
    let words: Vec<String> = arguments.collect();

    let all = causes::all();
    let scenarios = all.iter().flat_map(Cause::scenarios);
    let wanted = scenarios.filter(|one| one.is_wanted(&words)).collect();
    let tell = |scenario: &Scenario, outcome: &Result<Outcome, String>| {
        let line = report::line(scenario, outcome);
        match (words.is_empty(), outcome) {
            (false, Ok(outcome)) => format!("{line}\n{}", outcome.log),
            _ => line,
        }
    };
    let told = causes::run_all(wanted, run::run, tell);
    let totals = Totals::of(&told);
    let quiet = (words.is_empty() || words.iter().any(|w| w == "quiet")).then(no_false_alarms::run);
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
