//! Pages that programs write, each its own part.

use std::fmt::{Display, Formatter, Result, Write};
use std::path::Path;

/// Replaces what stands between `<!-- begin PART -->` and `<!-- end PART -->`.
pub fn write(file: &Path, part: &str, text: &str) {
    let page =
        std::fs::read_to_string(file).unwrap_or_else(|e| panic!("cannot read {file:?}: {e}"));
    std::fs::write(file, replaced(&page, part, text))
        .unwrap_or_else(|e| panic!("cannot write {file:?}: {e}"));
}

fn replaced(page: &str, part: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin {part} -->\n"),
        format!("<!-- end {part} -->"),
    );
    let parts = page.split_once(&begin);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.unwrap_or_else(|| panic!("the page has no place for {part}"));
    format!("{before}{begin}{text}{end}{after}")
}

/// A table in Markdown.
pub fn table(
    text: &mut String,
    columns: &[&str],
    rows: impl IntoIterator<Item = impl AsRef<[String]>>,
) {
    let rule = vec!["---"; columns.len()].join("|");
    let _ = writeln!(text, "| {} |\n|{rule}|", columns.join(" | "));
    for cells in rows {
        let cells: Vec<String> = cells
            .as_ref()
            .iter()
            .map(|c| c.replace('|', "\\|"))
            .collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
}

/// What is counted, what came out, what is asked for.
pub struct Target {
    /// In words.
    pub what: String,
    /// What came out.
    pub seen: String,
    /// What is asked for.
    pub wanted: &'static str,
    /// Whether that is reached.
    pub reached: bool,
}

impl Target {
    /// Of any number.
    pub fn new(what: &str, seen: impl Display, wanted: &'static str, reached: bool) -> Target {
        Target {
            what: what.to_owned(),
            seen: seen.to_string(),
            wanted,
            reached,
        }
    }

    /// So many percent or more.
    pub fn share(what: &str, share: Share, wanted: &'static str, percent: usize) -> Target {
        Target::new(what, share, wanted, share.reaches(percent))
    }
}

/// The targets as a table.
pub fn targets(text: &mut String, targets: &[Target]) {
    let row = |one: &Target| {
        let mark = if one.reached { "reached" } else { "MISSED" };
        [&one.what, &one.seen, one.wanted, mark].map(str::to_owned)
    };
    table(
        text,
        &["counted", "seen", "wanted", ""],
        targets.iter().map(row),
    );
}

/// A part of a whole.
#[derive(Debug, Default, Clone, Copy)]
pub struct Share {
    /// Those that are so.
    pub part: usize,
    /// All of them.
    pub whole: usize,
}

impl Share {
    /// One more.
    pub fn count(&mut self, is: bool) {
        self.whole += 1;
        self.part += usize::from(is);
    }

    /// Whether it is this many percent or more; nothing of nothing is all of it.
    pub fn reaches(self, percent: usize) -> bool {
        self.part * 100 >= self.whole * percent
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Share { part, whole } = *self;
        // Rounded down: what is not reached must not look as if it were.
        let tenths = (part * 1000).checked_div(whole).unwrap_or(1000);
        write!(f, "{part} of {whole} ({}.{} %)", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_is_replaced() {
        let page = "a\n<!-- begin b -->\nold\n<!-- end b -->\nc\n";
        let expected = "a\n<!-- begin b -->\nnew\n<!-- end b -->\nc\n";
        assert_eq!(replaced(page, "b", "new\n"), expected);
    }
}
