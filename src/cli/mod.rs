//! The command line: raw arguments to a [`Command`], then one function that does it.
//!
//! `tlsdiag diagnose` answers for a recording what the module would answer; `explain` and `list` show
//! the catalogue. Output errors end the program quietly when the reader is gone.

mod explain;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use tlsdiag::{report, Recording};

const USAGE: &str = "\
usage: tlsdiag diagnose [--json] FILE    diagnose a recording ('-' reads standard input)
       tlsdiag explain NAME              explain a diagnosis
       tlsdiag list                      list all diagnoses
       tlsdiag --version
";

/// Bytes of a recording read at most; a real one is below 200 KiB.
const MAX_RECORDING: u64 = 4 << 20;

/// What was asked for.
enum Command {
    Diagnose { json: bool, file: OsString },
    Explain(String),
    List,
    Version,
    Help,
}

/// Does what the arguments say. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(command) = parse(arguments) else {
        // Nothing is left to be done if standard error is gone.
        let _ = io::stderr().write_all(USAGE.as_bytes());
        return ExitCode::from(2);
    };
    match perform(command).and_then(|text| print(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "tlsdiag: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Option<Command> {
    let arguments: Vec<_> = arguments.collect();
    let words: Vec<_> = arguments
        .iter()
        .map(|one| one.to_str().unwrap_or_default())
        .collect();
    match (words.as_slice(), arguments.as_slice()) {
        (["diagnose", "--json", _], [_, _, file]) => Some(Command::Diagnose {
            json: true,
            file: file.clone(),
        }),
        (["diagnose", _], [_, file]) => Some(Command::Diagnose {
            json: false,
            file: file.clone(),
        }),
        (["explain", name], _) => Some(Command::Explain((*name).to_owned())),
        (["list"], _) => Some(Command::List),
        (["--version" | "-V"], _) => Some(Command::Version),
        (["--help" | "-h" | "help"], _) => Some(Command::Help),
        _ => None,
    }
}

fn perform(command: Command) -> io::Result<String> {
    match command {
        Command::Diagnose { json, file } => {
            let recording = read(&file)?;
            let diagnosis = tlsdiag::diagnose(&recording);
            Ok(match json {
                true => report::document(&diagnosis, &recording),
                false => report::line(&diagnosis, &recording),
            })
        }
        Command::Explain(name) => explain::explain(&name)
            .ok_or_else(|| io::Error::other(format!("no diagnosis is called {name:?}"))),
        Command::List => Ok(explain::list()),
        Command::Version => Ok(format!("tlsdiag {}", env!("CARGO_PKG_VERSION"))),
        Command::Help => Ok(USAGE.trim_end().to_owned()),
    }
}

fn read(file: &OsString) -> io::Result<Recording> {
    let source: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(file)?),
    };
    let mut text = String::new();
    source.take(MAX_RECORDING).read_to_string(&mut text)?;
    Recording::from_json(&text).map_err(io::Error::other)
}

fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()
}
