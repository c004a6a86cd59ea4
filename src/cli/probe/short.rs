//! `--format short`: an upstream on one line.

use std::io::{self, Write};

use tlsdiag::probe::Verdict;

use super::Report;
use crate::cli::output::printable;

pub(super) fn write(output: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let answer = &report.answer;
    let said = match answer.attempts.first().map(|attempt| &attempt.verdict) {
        Some(Verdict::Fails(diagnosis)) => format!("fails: {}", diagnosis.name),
        _ => "works".to_owned(),
    };
    let proved = answer.proved.as_ref().map_or_else(String::new, |proof| {
        let directives = report.asked.settings.directives(&proof.changes).join(" ");
        format!("; proved ({}): {directives}", proof.security.name())
    });
    let line = format!(
        "{} {} {said}{proved}",
        report.asked.target,
        report.asked.address.ip()
    );
    writeln!(output, "{}", printable(&line))
}
