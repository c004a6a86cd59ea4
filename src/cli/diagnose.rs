//! `tlsdiag diagnose`: answers for a recording what the module would answer.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Deserializer, Value};
use tlsdiag::facts::Facts;
use tlsdiag::rules::SOURCES;
use tlsdiag::{report, Recording};

use super::arguments::Diagnose;
use super::output::{about, Output};

/// Bytes of a recording read at most; a real one is below 200 KiB.
const MAX_RECORDING: u64 = 4 << 20;

pub(super) fn run(what: &Diagnose, output: &mut Output) -> io::Result<ExitCode> {
    let name = match what.file.to_str() {
        Some("-") => "standard input".into(),
        _ => what.file.to_string_lossy(),
    };
    let recording = read(&what.file).map_err(|error| about(&name, error))?;
    let facts = Facts::of(&recording);
    let diagnosis = tlsdiag::diagnose(&facts);
    let text = match what.json {
        true => report::document(&diagnosis, &facts),
        false => report::line(&diagnosis, &facts),
    };
    writeln!(output, "{text}")?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> io::Result<Recording> {
    let source: Box<dyn Read> = match file.to_str() {
        Some("-") => Box::new(io::stdin()),
        _ => Box::new(File::open(file)?),
    };
    let mut text = String::new();
    source.take(MAX_RECORDING).read_to_string(&mut text)?;
    Recording::from_json(&text)
        .map_err(|error| io::Error::other(of_document(&text).unwrap_or(error)))
}

/// What to say when the text is the module's JSON log instead of a recording; `None` when it is not.
fn of_document(text: &str) -> Option<String> {
    let document: Value = Deserializer::from_str(text).into_iter().next()?.ok()?;
    let upstream_tls = document.pointer("/nginx/upstream_tls")?;
    document.get("@timestamp")?;
    let name = upstream_tls.pointer("/diagnosis/name")?.as_str();
    let known = SOURCES.iter().find(|(one, _)| Some(*one) == name);
    let name = known.map_or("NAME", |(name, _)| name);
    Some(format!(
        "this is a diagnosis, not a recording: 'tlsdiag explain {name}' explains it"
    ))
}
