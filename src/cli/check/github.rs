//! `--format github`: workflow commands, which GitHub shows beside the lines of a pull request.
//!
//! Their escapes are those of actions/toolkit (packages/core/src/command.ts): `%`, CR and LF in a
//! message, `:` and `,` besides in a property.

use std::io::{self, Write};

use tlsdiag::check::{Finding, Severity};

pub(super) fn write(output: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let message = format!(
            "{}\nhelp: {}",
            finding.message,
            finding.help.join("\nhelp: ")
        );
        writeln!(
            output,
            "::{command} file={},line={},col={},title={}::{}",
            property(&finding.file),
            finding.line,
            finding.column,
            property(finding.id),
            data(&message)
        )?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100%\r\n::error::"), "100%25%0D%0A::error::");
        assert_eq!(property("a,b:c%"), "a%2Cb%3Ac%25");
    }
}
