//! What `tlsdiag probe` proves, pasted into nginx: every scenario of the matrix, with nothing but what an
//! operator knows. What was proved must give 200, and where anything that nginx can be told gives 200,
//! something must have been proved.
//!
//! usage: `proofs [--write FILE] [--few] [WORD...]`. With words only scenarios whose name, cause or stack
//! has one of them are run, with `--few` one stack in one version; then the page is not written.

mod report;
mod run;

use std::process::ExitCode;

use tlsdiag_e2e::causes::{self, Cause, Scenario};
use tlsdiag_e2e::page;
use tlsdiag_e2e::peers::Stack;

use report::Totals;
use run::Outcome;

/// A scenario and how it went.
pub(crate) type Told<'a> = causes::Told<'a, Outcome>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let file = arguments
        .next_if_eq("--write")
        .and_then(|_| arguments.next());
    let few = arguments.next_if_eq("--few").is_some();
    let words: Vec<String> = arguments.collect();
    let all = causes::all();
    let scenarios = all.iter().flat_map(Cause::scenarios);
    let wanted = scenarios.filter(|one| one.is_wanted(&words) && (!few || is_one_of_few(one)));
    let told = causes::run_all(wanted.collect(), run::run, report::line);
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
    let is_quick = scenario.cause.name != "handshake_timeout";
    let newest = scenario.cause.versions.last().copied();
    is_quick && scenario.stack == Some(Stack::OpenSsl) && scenario.version == newest
}
