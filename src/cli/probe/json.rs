//! `--format json`: an object an upstream and address. Its fields are a contract.

use std::io::{self, Write};

use serde::Serialize;
use tlsdiag::probe::Verdict;
use tlsdiag::report::{self, Answer};

use super::Report;

/// Longest object, in bytes; the system bounds names and files, so none is as long.
const MAX_OBJECT: usize = 64 << 10;

/// What is not known is absent.
#[derive(Serialize)]
struct Object<'r> {
    target: String,
    address: String,
    works_as_configured: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Answer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proved: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security: Option<&'static str>,
    connections: u32,
    openssl: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    nginx: Option<&'r str>,
}

pub(super) fn write(output: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let answer = &report.answer;
    let diagnosis = match answer.attempts.first().map(|attempt| &attempt.verdict) {
        Some(Verdict::Fails(diagnosis)) => Some(diagnosis),
        _ => None,
    };
    let proof = answer.proved.as_ref();
    let object = Object {
        target: report.asked.target.to_string(),
        address: report.asked.address.ip().to_string(),
        works_as_configured: diagnosis.is_none(),
        diagnosis: diagnosis.map(|diagnosis| Answer::of(diagnosis)),
        proved: proof.map_or_else(Vec::new, |proof| {
            report.asked.settings.directives(&proof.changes)
        }),
        security: proof.map(|proof| proof.security.name()),
        connections: answer.connections,
        openssl: &report.asked.openssl,
        nginx: report.asked.nginx.version.as_deref(),
    };
    let text = report::json_line(&object, MAX_OBJECT).unwrap_or_default();
    writeln!(output, "{text}")
}
