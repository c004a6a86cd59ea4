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
       tlsdiag --help | --version
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
    let is_help = |word: &&str| matches!(*word, "--help" | "-h");
    if words.iter().any(is_help) {
        return Some(Command::Help);
    }
    match (words.as_slice(), arguments.as_slice()) {
        (["diagnose", "--json", word], [_, _, file]) if !is_option(word) => {
            Some(Command::Diagnose {
                json: true,
                file: file.clone(),
            })
        }
        (["diagnose", word], [_, file]) if !is_option(word) => Some(Command::Diagnose {
            json: false,
            file: file.clone(),
        }),
        (["explain", name], _) if !is_option(name) => Some(Command::Explain((*name).to_owned())),
        (["list"], _) => Some(Command::List),
        (["--version" | "-V"], _) => Some(Command::Version),
        (["help"], _) => Some(Command::Help),
        _ => None,
    }
}

/// `-` alone is standard input.
fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

fn perform(command: Command) -> io::Result<String> {
    match command {
        Command::Diagnose { json, file } => {
            let recording = read(&file).map_err(|error| {
                let name = match file.to_str() {
                    Some("-") => "standard input".into(),
                    _ => file.to_string_lossy(),
                };
                io::Error::other(format!("{name}: {error}"))
            })?;
            let diagnosis = tlsdiag::diagnose(&recording);
            Ok(match json {
                true => report::document(&diagnosis, &recording),
                false => report::line(&diagnosis, &recording),
            })
        }
        Command::Explain(name) => {
            explain::explain(&name).ok_or_else(|| io::Error::other(explain::unknown(&name)))
        }
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
    Recording::from_json(&text)
        .map_err(|error| io::Error::other(explain::of_document(&text).unwrap_or(error)))
}

fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()
}
