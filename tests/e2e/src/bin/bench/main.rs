//! `make bench`: what the module costs, in instructions of the worker (callgrind).
//!
//! No seconds are measured: instruction counts do not depend on what else the machine does. Of whole
//! handshakes they vary by some thousands with the numbers that are drawn, so what is spent inside the
//! module is counted, too. A figure above its limit fails the target.
//!
//! usage: `bench [--write FILE] [WORD...]`; with words, only what has one of them in its title.

mod callgrind;
mod case;
mod records;
mod scene;
mod storm;
mod table;

use std::process::ExitCode;

use table::Report;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    let file = arguments
        .next_if_eq("--write")
        .and_then(|_| arguments.next());
    let words: Vec<String> = arguments.collect();
    let mut report = Report::new(words);
    table::good(&mut report);
    table::variables(&mut report);
    table::records(&mut report);
    table::failing(&mut report);
    storm::storm(&mut report);
    println!("{}", report.text);
    if let Some(file) = file {
        tlsdiag_e2e::page::write(file.as_ref(), "bench", &report.text);
    }
    for excess in &report.excesses {
        eprintln!("{excess}");
    }
    match report.excesses.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
