//! Runs the rules and ranks their findings.

use crate::rules::{Confidence, Family, Finding};
use crate::Recording;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Name of the rule, from the catalogue.
    pub name: &'static str,
    /// Family of the rule.
    pub family: Family,
    /// The finding of the rule that comes first.
    pub finding: Finding,
    /// Names of the next best, at most 3.
    pub alternatives: Vec<&'static str>,
    /// What does not help.
    pub dead_ends: &'static [&'static str],
}
