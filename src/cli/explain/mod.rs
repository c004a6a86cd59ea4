//! `tlsdiag explain`: names of the catalogue.

mod name;

use std::io::{self, Write};
use std::process::ExitCode;

use super::arguments::Explain;
use super::output::Output;

pub(super) fn run(what: &Explain, output: &mut Output) -> io::Result<ExitCode> {
    for one in &what.what {
        let name = one.to_string_lossy();
        let text =
            name::explanation(&name).ok_or_else(|| io::Error::other(name::unknown(&name)))?;
        writeln!(output, "{text}")?;
    }
    Ok(ExitCode::SUCCESS)
}
