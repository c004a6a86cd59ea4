//! The catalogues as text: the doc comment of a rule or of a check is its explanation.

use std::ffi::OsStr;

use tlsdiag::{check, rules};

/// Every name with its source: diagnoses, then checks.
fn sources() -> impl Iterator<Item = (&'static str, &'static str)> {
    rules::SOURCES.iter().chain(check::SOURCES).copied()
}

/// A diagnosis or a check is called so.
pub(super) fn is_known(name: &OsStr) -> bool {
    sources().any(|(known, _)| name == known)
}

/// The first line of an explanation; empty for an unknown name.
pub(in crate::cli) fn sentence(name: &str) -> &'static str {
    sources()
        .find(|(known, _)| *known == name)
        .and_then(|(_, source)| source.lines().next())
        .and_then(|line| line.strip_prefix("//! "))
        .unwrap_or_default()
}

/// The explanation in Markdown; `None` for an unknown name.
pub(super) fn explanation(name: &str) -> Option<String> {
    let (_, source) = sources().find(|(known, _)| *known == name)?;
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<_> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(format!("{name}\n\n{}", text.join("\n")))
}

/// What to say of a name that nothing has.
pub(super) fn unknown(name: &str) -> String {
    let closest = sources()
        .map(|(known, _)| (distance(name, known), known))
        .min()
        .filter(|(distance, known)| distance * 3 <= known.len());
    let meant = match closest {
        Some((_, known)) => format!("did you mean {known}? "),
        None => String::new(),
    };
    format!("no diagnosis and no file is called \"{name}\"; {meant}'tlsdiag list' shows all names")
}

/// Bytes to insert, remove or replace until one is the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut costs: Vec<_> = (1..=other.len()).collect();
    for (row, a) in one.bytes().enumerate() {
        let (mut left, mut diagonal) = (row + 1, row);
        for (cost, b) in costs.iter_mut().zip(other.bytes()) {
            let above = *cost;
            *cost = (diagonal + usize::from(a != b)).min(above.min(left) + 1);
            (left, diagonal) = (*cost, above);
        }
    }
    costs.last().copied().unwrap_or(one.len())
}
