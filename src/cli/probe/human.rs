//! `--format human`: what is tried, as it is tried on a terminal, and the answer last.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use tlsdiag::capture::Module;
use tlsdiag::diagnose::Diagnosis;
use tlsdiag::probe::{Attempt, Change, Proof, Settings, Verdict};
use tlsdiag::rules::{Applicability, Confidence, Security};

use super::{Asked, Report};
use crate::cli::output::printable;

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DIM: Style = Style::new().dimmed();

/// Who is asked, as which nginx, and by whose OpenSSL.
pub(super) fn heading(output: &mut dyn Write, asked: &Asked<'_>) -> io::Result<()> {
    let whom = printable(&format!("{} at {}", asked.target, asked.address.ip()));
    writeln!(output, "{BOLD}{whom}{BOLD:#}")?;
    writeln!(output, "  {DIM}{}{DIM:#}", printable(&made_as(asked)))
}

fn made_as(asked: &Asked<'_>) -> String {
    let pass = match asked.settings.module {
        Module::Grpc => "grpc_pass",
        Module::Uwsgi => "uwsgi_pass",
        Module::Stream => "proxy_pass of stream",
        Module::Proxy | Module::Other => "proxy_pass",
    };
    let nginx = match &asked.nginx.version {
        Some(version) => format!("nginx {version}"),
        None => "an nginx of today (there is none here)".to_owned(),
    };
    let ours = &asked.openssl;
    match &asked.nginx.openssl {
        None => format!("as {pass} of {nginx}, by OpenSSL {ours}"),
        Some(theirs) if theirs == ours => format!("as {pass} of {nginx} with OpenSSL {ours}"),
        Some(theirs) => format!(
            "as {pass} of {nginx} with OpenSSL {theirs}, but by OpenSSL {ours}: what it offers may differ"
        ),
    }
}

/// An attempt that has begun: [`tried`] is written over it.
pub(super) fn trying(
    output: &mut dyn Write,
    settings: &Settings,
    changes: &[Change],
) -> io::Result<()> {
    write!(
        output,
        "  {DIM}tries{DIM:#}  {}",
        changed(settings, changes)
    )?;
    output.flush()
}

/// An attempt that has ended, on one line.
pub(super) fn tried(
    output: &mut dyn Write,
    settings: &Settings,
    attempt: &Attempt,
) -> io::Result<()> {
    let what = changed(settings, &attempt.changes);
    let (color, word, detail) = match &attempt.verdict {
        Verdict::Works(established) => {
            let status = match established.status {
                Some(status) => format!(", answered {status}"),
                None => String::new(),
            };
            let agreed = format!("{} {}{status}", established.version, established.cipher);
            (GOOD, "works", agreed)
        }
        Verdict::Fails(diagnosis) => (BAD, "fails", diagnosis.name.to_owned()),
        Verdict::Unreachable(why) => (BAD, "fails", format!("no connection: {why}")),
        Verdict::Refused(why) => (BAD, "fails", format!("nginx would not take it: {why}")),
    };
    let detail = printable(&detail);
    writeln!(
        output,
        "  {color}{word}{color:#}  {what} {DIM}({detail}){DIM:#}"
    )
}

/// The directives of an attempt.
fn changed(settings: &Settings, changes: &[Change]) -> String {
    match changes {
        [] => "as configured".to_owned(),
        some => printable(&settings.directives(some).join(" ")),
    }
}

/// What came of it all.
pub(super) fn answer(output: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let answer = &report.answer;
    let first = answer.attempts.first().map(|attempt| &attempt.verdict);
    if let Some(Verdict::Fails(diagnosis)) = first {
        cause(output, diagnosis)?;
        match &answer.proved {
            Some(proof) => proved(output, report, proof)?,
            None => not_proved(output, report, diagnosis)?,
        }
    }
    writeln!(output)
}

fn proved(output: &mut dyn Write, report: &Report<'_>, proof: &Proof) -> io::Result<()> {
    let mark = match proof.security {
        Security::Weakens => ", weakens security",
        Security::ChangesTrust => ", changes trust: check out of band that this is whom you mean",
        Security::Neutral | Security::Hardens => "",
    };
    writeln!(output, "  {BOLD}proved{BOLD:#}{mark}:")?;
    for directive in report.asked.settings.directives(&proof.changes) {
        writeln!(output, "    {GOOD}{}{GOOD:#}", printable(&directive))?;
    }
    Ok(())
}

fn cause(output: &mut dyn Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let finding = &diagnosis.finding;
    let color = match finding.confidence {
        Confidence::Certain => AnsiColor::Red,
        Confidence::Likely => AnsiColor::Yellow,
        Confidence::Possible => AnsiColor::Cyan,
    };
    let color = color.on_default().bold();
    let (sure, name) = (finding.confidence.name(), diagnosis.name);
    let sentence = printable(&finding.sentence);
    writeln!(output, "  {color}{sure}: {name}{color:#}  {sentence}")
}

/// What the rules say, of the first failure and of one behind it, and that nothing was seen to work.
fn not_proved(output: &mut dyn Write, report: &Report<'_>, first: &Diagnosis) -> io::Result<()> {
    let answer = &report.answer;
    if !first.alternatives.is_empty() {
        writeln!(output, "  else: {}", first.alternatives.join(", "))?;
    }
    advice(output, first)?;
    let behind = answer
        .attempts
        .iter()
        .find_map(|attempt| match &attempt.verdict {
            Verdict::Fails(diagnosis) if diagnosis.name != first.name => Some((attempt, diagnosis)),
            _ => None,
        });
    if let Some((attempt, diagnosis)) = behind {
        let changes = changed(report.asked.settings, &attempt.changes);
        writeln!(output, "  with {changes}")?;
        cause(output, diagnosis)?;
        advice(output, diagnosis)?;
    }
    writeln!(output, "  {BOLD}nothing that was tried helps{BOLD:#}")?;
    let is_open = |one: &Diagnosis| one.finding.remedy.applicability == Applicability::Placeholder;
    if is_open(first) || behind.is_some_and(|(_, diagnosis)| is_open(diagnosis)) {
        let hint =
            "what stands in angle brackets is yours to give: --name NAME, --try 'DIRECTIVES'";
        writeln!(output, "  {DIM}{hint}{DIM:#}")?;
    }
    if answer.only_the_time {
        let hint = "but for the time of day the chain is good: look at the clocks and at its dates";
        writeln!(output, "  {hint}")?;
    }
    if answer.held_back {
        let hint = "what weakens security was not tried: --try-weakening";
        writeln!(output, "  {DIM}{hint}{DIM:#}")?;
    }
    Ok(())
}

/// A remedy that was not seen to work.
fn advice(output: &mut dyn Write, diagnosis: &Diagnosis) -> io::Result<()> {
    let remedy = &diagnosis.finding.remedy;
    for directive in &remedy.fix {
        writeln!(output, "    not proved: {}", printable(directive))?;
    }
    if let Some(condition) = &remedy.condition {
        writeln!(output, "    only if {}", printable(condition))?;
    }
    if let Some(action) = &remedy.action {
        writeln!(output, "    do: {}", printable(action))?;
    }
    Ok(())
}
