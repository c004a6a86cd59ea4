//! `tlsdiag list`: every name with the first line of its explanation.

use std::io::{self, Write};
use std::process::ExitCode;

use tlsdiag::rules::CATALOGUE;

use super::explain::sentence;
use super::output::Output;

pub(super) fn run(output: &mut Output) -> io::Result<ExitCode> {
    for rule in CATALOGUE {
        writeln!(output, "{:32} {}", rule.name, sentence(rule.name))?;
    }
    Ok(ExitCode::SUCCESS)
}
