//! The catalogue as text: the doc comment of a rule is its explanation.

use tlsdiag::rules::{CATALOGUE, SOURCES};

/// The explanation of a diagnosis in Markdown; `None` for an unknown name.
pub(super) fn explain(name: &str) -> Option<String> {
    let (_, source) = SOURCES.iter().find(|(known, _)| *known == name)?;
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<_> = lines
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    Some(format!("{name}\n\n{}", text.join("\n")))
}

/// Every name with the first line of its explanation.
pub(super) fn list() -> String {
    let lines = CATALOGUE.iter().map(|rule| {
        let first = SOURCES
            .iter()
            .find(|(name, _)| *name == rule.name)
            .and_then(|(_, source)| source.lines().next())
            .and_then(|line| line.strip_prefix("//! "));
        format!("{:32} {}", rule.name, first.unwrap_or_default())
    });
    lines.collect::<Vec<_>>().join("\n")
}
