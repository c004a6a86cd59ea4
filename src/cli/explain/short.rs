//! `--format short`: a line a group, for `sort` and `awk`. A dash stands for what is not known.

use std::io::{self, Write};

use tlsdiag::error_log::{Explanation, Group};

use crate::cli::output::printable;

/// `COUNT CAUSE CONFIDENCE KIND UPSTREAM SERVER FIX...`
pub(super) fn write(output: &mut dyn Write, group: &Group, said: &Explanation) -> io::Result<()> {
    let cause = said.causes.names.first().copied().unwrap_or("-");
    let known = |text: &str| match text {
        "" => "-".to_owned(),
        text => printable(text).replace(' ', "_"),
    };
    write!(
        output,
        "{} {cause} {} {} {} {}",
        group.count,
        said.causes.confidence.name(),
        group.kind.name(),
        known(&group.upstream),
        known(&group.server),
    )?;
    for directive in &said.fix {
        write!(output, " \"{}\"", printable(directive))?;
    }
    writeln!(output)
}
