//! `tlsdiag list`: every name with the first line of its explanation.

use std::io::{self, Write};
use std::process::ExitCode;

use tlsdiag::rules::{CATALOGUE, SOURCES};

use super::output::Output;

pub(super) fn run(output: &mut Output) -> io::Result<ExitCode> {
    for rule in CATALOGUE {
        let first = SOURCES
            .iter()
            .find(|(name, _)| *name == rule.name)
            .and_then(|(_, source)| source.lines().next())
            .and_then(|line| line.strip_prefix("//! "));
        writeln!(output, "{:32} {}", rule.name, first.unwrap_or_default())?;
    }
    Ok(ExitCode::SUCCESS)
}
