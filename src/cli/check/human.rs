//! `--format human`: a finding as compilers show theirs, then a line that counts.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use tlsdiag::check::{Finding, Severity};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const FIX: Style = AnsiColor::Green.on_default();

pub(super) fn write(output: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let color = color(finding.severity);
        let Finding {
            file, line, column, ..
        } = finding;
        writeln!(
            output,
            "{color}{}[{}]{color:#}{BOLD}: {}{BOLD:#}",
            finding.severity.name(),
            finding.id,
            finding.message
        )?;
        writeln!(output, "  {DIM}-->{DIM:#} {file}:{line}:{column}")?;
        writeln!(output, "   {DIM}|{DIM:#} {}", finding.directive)?;
        for help in &finding.help {
            writeln!(output, "   {DIM}={DIM:#} help: {FIX}{help}{FIX:#}")?;
        }
        if !finding.used_by.is_empty() {
            let users = finding.used_by.join(", ");
            writeln!(output, "   {DIM}= used by: {users}{DIM:#}")?;
        }
        writeln!(output)?;
    }
    let number = |severity: Severity| {
        let count = findings
            .iter()
            .filter(|one| one.severity == severity)
            .count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", severity.name())
    };
    let all = [Severity::Error, Severity::Warning, Severity::Note].map(number);
    writeln!(output, "{}", all.join(", "))
}

fn color(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    color.on_default().bold()
}
