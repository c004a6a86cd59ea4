//! The command line: raw arguments to their meaning ([`arguments`]), then one function a command.
//!
//! A command writes to the [`output::Output`] it is given and returns its exit status; whatever it
//! cannot do is an error, which is printed here and ends with 2. A reader that is gone (`| head`)
//! ends any of them quietly.

mod arguments;
mod check;
mod diagnose;
mod explain;
mod generate;
mod list;
mod output;
#[cfg(feature = "probe")]
mod probe;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use arguments::{Arguments, Command};
use output::{printable, Output};

/// Exit status of what could not be done, wrong usage included.
const FAILED: u8 = 2;

/// Does what the arguments say, the program's own name first.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<_> = arguments.collect();
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => return usage(error, &arguments),
    };
    parsed.color.apply();
    let mut output = output::standard();
    let status = perform(parsed.command, &mut output);
    match status.and_then(|status| output.flush().map(|()| status)) {
        Ok(status) => status,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(FAILED)
        }
    }
}

fn perform(command: Command, output: &mut Output) -> io::Result<ExitCode> {
    match command {
        Command::Check(what) => check::run(&what, output),
        Command::Diagnose(what) => diagnose::run(&what, output),
        Command::Explain(what) => explain::run(&what, output),
        Command::List => list::run(output),
        #[cfg(feature = "probe")]
        Command::Probe(what) => probe::run(&what, output),
        Command::Generate(what) => generate::run(&what),
    }
}

/// The help of a command that was given nothing to do.
fn help(name: &str, output: &mut Output) -> io::Result<ExitCode> {
    let mut command = Arguments::command();
    command.build();
    if let Some(command) = command.find_subcommand_mut(name) {
        write!(output, "{}", command.render_help().ansi())?;
    }
    Ok(ExitCode::from(FAILED))
}

/// Help and version that were asked for, or what is wrong with the arguments. clap repeats the
/// argument it rejects, and that may be a file name that a shell's `*` put there.
fn usage(error: clap::Error, arguments: &[OsString]) -> ExitCode {
    let shown = arguments
        .iter()
        .map(|one| printable(&one.to_string_lossy()));
    let error = match error.use_stderr() {
        true => Arguments::try_parse_from(shown).err().unwrap_or(error),
        false => error,
    };
    // Nothing is left to be done if the reader is gone.
    let _ = error.print();
    match error.use_stderr() {
        true => ExitCode::from(FAILED),
        false => ExitCode::SUCCESS,
    }
}

/// Says what could not be done. Names and parts of hostile files may stand in it.
fn complain(error: &impl std::fmt::Display) {
    let _ = writeln!(
        anstream::stderr(),
        "tlsdiag: {}",
        printable(&error.to_string())
    );
}
