//! What a check found, as reports show it.

use serde::Serialize;

/// How severe a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Fails with some upstreams, or on some day.
    Warning,
    /// Fails, or protects nothing.
    Error,
}

impl Severity {
    /// Its name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding. Serialised, it is the contract of `--format json`: unknown fields are absent.
///
/// Of the configuration it shows the directive at fault and nothing else, for there are secrets in it;
/// of a URL not even the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check.
    pub id: &'static str,
    /// Its severity here.
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The directive at fault.
    pub directive: String,
    /// What is wrong.
    pub message: String,
    /// What to write: directives that end in `;`, or words.
    pub help: Vec<String>,
    /// What passes on by way of it, as `FILE:LINE`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
}
