//! Runs the rules and ranks their findings.

mod certificate;
mod levers;

use crate::facts::Facts;
use crate::rules::{self, Confidence, Draft, Evidence, Family, Finding, Rule, Security, CATALOGUE};

/// Alternatives named beside the diagnosis.
const MAX_ALTERNATIVES: usize = 3;

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
    /// What does not help: directives of the right family, or phrases.
    pub dead_ends: Vec<String>,
}

impl Diagnosis {
    /// The last other diagnosis of the same peer, made a moment ago: whoever repairs one cause after the
    /// other sees that this one is new.
    pub fn before(&self, facts: &Facts<'_>) -> Option<&'static str> {
        let earlier = facts.recording.context.before.iter();
        earlier
            .filter_map(|name| CATALOGUE.iter().find(|rule| rule.name == name))
            .map(|rule| rule.name)
            .find(|name| *name != self.name)
    }
}

/// Says why the attempt failed. There is always an answer: the last rule, `unknown`, never declines.
pub fn diagnose(facts: &Facts<'_>) -> Diagnosis {
    let mut found: Vec<(&'static Rule, Draft<'_>)> = CATALOGUE
        .iter()
        .filter_map(|rule| Some((*rule, certificate::demote(facts, (rule.evaluate)(facts)?))))
        .collect();
    let is_lever_left = found
        .iter()
        .any(|(rule, finding)| levers::is_left(rule, finding));
    // Stable: among equals the catalogue's order decides. What weakens waits until nothing neutral is left.
    found.sort_by_key(|(rule, finding)| {
        let waits = is_lever_left && finding.remedy.security == Security::Weakens;
        let effort = levers::effort(rule, finding);
        (finding.alternative_only, finding.confidence, waits, effort)
    });
    levers::prefer(&mut found);
    let mut found = found.into_iter();
    let (rule, finding) = found.next().unwrap_or_else(|| rules::fallback(facts));
    // "Nothing decides" is an answer, but no alternative to one.
    let others: Vec<_> = found
        .filter(|(_, finding)| !finding.because.contains(&Evidence::NothingDecides))
        .collect();
    let finding = levers::pull(finding.in_words(), rule.family, &others);
    let finding = limit_confidence(facts, certificate::limit(facts, finding));
    Diagnosis {
        name: rule.name,
        family: rule.family,
        alternatives: others
            .iter()
            .map(|(rule, _)| rule.name)
            .take(MAX_ALTERNATIVES)
            .collect(),
        dead_ends: rule
            .dead_ends
            .iter()
            .filter_map(|text| facts.with_prefix(text))
            .filter(|text| !finding.remedy.says(text))
            .collect(),
        finding,
    }
}

/// Until a handshake is finished anybody on the path can have sent what led to the answer: a fix that
/// weakens security or changes trust is then never certain.
fn limit_confidence(facts: &Facts<'_>, mut finding: Finding) -> Finding {
    let handshake = &facts.recording.handshake;
    let is_unauthenticated = handshake.bytes_received > 0 && !handshake.finished;
    let is_risky = matches!(
        finding.remedy.security,
        Security::Weakens | Security::ChangesTrust
    );
    if is_unauthenticated && is_risky {
        finding.confidence = finding.confidence.max(Confidence::Likely);
    }
    finding
}
