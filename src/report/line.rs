//! The error.log line.
//!
//! `"upstream_tls[" name "] " sentence "; fix: " (dir *(" " dir) / action / "none") [" only if " condition]
//! " (" confidence [", weakens security" / ", changes trust"] ")" ["; changed since " time ": " change
//! *(", " change) / "; nothing changed since the last good handshake " age " ago"] "; facts: " key=value
//! *(" " key=value) ["; not: " dir *(" " dir)]`, a `dir` being one complete directive (or phrase) in
//! double quotes. Where the answer is a guess, the action ends with the alternatives: `", else " name
//! *(" or " name)`. What a peer or a client wrote stands in single quotes, in facts after its key. nginx
//! cuts its lines at 2048 bytes, prefix and tail included: this part stays within 900.

use std::fmt::Write;

use super::difference::since_last_good;
use crate::capture::{Direction, EndingKind};
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::registry::ProtocolVersion;
use crate::rules::{Confidence, Security};
use crate::text::{clip, escape, Foreign};

/// Bytes of the whole line, of its sentence, of an action before the alternatives (three names), of a
/// condition.
const MAX_LINE: usize = 900;
const MAX_SENTENCE: usize = 320;
const MAX_ACTION: usize = 260;
const MAX_CONDITION: usize = 140;
/// Bytes of one directive: the longest list of signature algorithms, or a name of DNS.
const MAX_DIRECTIVE: usize = 280;

/// Writes the line, without nginx's prefix and tail.
pub fn line(diagnosis: &Diagnosis, facts: &Facts<'_>) -> String {
    let finding = &diagnosis.finding;
    let mut line = String::with_capacity(MAX_LINE);
    for part in ["upstream_tls[", diagnosis.name, "] "] {
        line.push_str(part);
    }
    line.push_str(&clip(&finding.sentence, MAX_SENTENCE));
    line.push_str("; fix: ");
    line.push_str(&fix(diagnosis));
    if let Some(condition) = &finding.remedy.condition {
        line.push_str(" only if ");
        line.push_str(&clip(condition, MAX_CONDITION));
    }
    line.push_str(" (");
    line.push_str(finding.confidence.name());
    line.push_str(match finding.remedy.security {
        Security::Weakens => ", weakens security",
        Security::ChangesTrust => ", changes trust",
        Security::Neutral | Security::Hardens => "",
    });
    line.push(')');
    let dead_ends = match quoted(&diagnosis.dead_ends) {
        none if none.is_empty() => none,
        some => format!("; not: {some}"),
    };
    let changed = since_last_good(facts).map(|changed| format!("; {changed}"));
    if let Some(changed) = changed.filter(|changed| line.len() + changed.len() <= MAX_LINE) {
        line.push_str(&changed);
    }
    let mut opening = "; facts: ";
    for (key, shown) in pairs(diagnosis, facts) {
        let pair = [opening, key, "=", &shown];
        let length: usize = pair.iter().map(|part| part.len()).sum();
        if line.len() + length + dead_ends.len() > MAX_LINE {
            break;
        }
        pair.into_iter().for_each(|part| line.push_str(part));
        opening = " ";
    }
    if line.len() + dead_ends.len() <= MAX_LINE {
        line.push_str(&dead_ends);
    }
    line
}

fn fix(diagnosis: &Diagnosis) -> String {
    let remedy = &diagnosis.finding.remedy;
    let directives = quoted(&remedy.fix);
    match (directives.is_empty(), &remedy.action) {
        (false, _) => directives,
        (true, Some(action)) => clip(action, MAX_ACTION) + &alternatives(diagnosis),
        (true, None) => "none".to_owned(),
    }
}

/// Where the answer is a guess without a directive, a reader of error.log has nothing else to go on.
fn alternatives(diagnosis: &Diagnosis) -> String {
    let guess = diagnosis.finding.confidence == Confidence::Possible;
    match diagnosis.alternatives.as_slice() {
        names if guess && !names.is_empty() => format!(", else {}", names.join(" or ")),
        _ => String::new(),
    }
}

/// Directives in double quotes; one that is too long to quote whole is left out.
fn quoted<S: AsRef<str>>(directives: &[S]) -> String {
    let mut joined = String::new();
    for directive in directives.iter().map(AsRef::as_ref) {
        let plain = directive
            .bytes()
            .all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"');
        if !plain || directive.len() > MAX_DIRECTIVE {
            continue;
        }
        if !joined.is_empty() {
            joined.push(' ');
        }
        let _ = write!(joined, "\"{directive}\"");
    }
    joined
}

/// The facts in their fixed order; unknown ones are left out.
fn pairs(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Vec<(&'static str, String)> {
    let recording = facts.recording;
    let mut pairs = vec![("phase", facts.phase.name().to_owned())];
    let mut put = |key, shown: Option<String>| pairs.extend(shown.map(|shown| (key, shown)));
    put(
        "sent",
        facts
            .offered
            .as_ref()
            .map(|offered| versions(&offered.versions())),
    );
    put(
        "chosen",
        facts.chosen.as_ref().and_then(|chosen| {
            let version = chosen.version?;
            let suite = chosen
                .cipher
                .map(|suite| format!("/{suite}"))
                .unwrap_or_default();
            Some(format!("{version}{suite}"))
        }),
    );
    put(
        "sni",
        facts.offered.as_ref().map(|_| match &facts.name.sent {
            Some(name) => escape(name.raw()),
            None => "none".to_owned(),
        }),
    );
    put(
        "alert",
        facts.alert.map(|alert| match alert.from {
            Direction::Received => format!("in:{}", alert.code),
            Direction::Sent => format!("out:{}", alert.code),
        }),
    );
    let ending = &recording.ending;
    put(
        "err",
        ending
            .library
            .zip(ending.reason)
            .map(|(library, reason)| format!("{library}:{reason}")),
    );
    if let Some(check) = facts.rejected_chain() {
        let errors: Vec<_> = check
            .errors
            .iter()
            .map(|error| format!("{}@{}", error.code, error.depth))
            .collect();
        put(
            "verify",
            Some(match errors.is_empty() {
                true => check.result.to_string(),
                false => errors.join(","),
            }),
        );
        put(
            "depth",
            recording
                .settings
                .verify_depth
                .map(|depth| depth.to_string()),
        );
    }
    if let Some(check) = &recording.certificate {
        let compares = recording.settings.verify == Some(true)
            || matches!(
                recording.ending.kind,
                EndingKind::ChainRejected | EndingKind::NameRejected
            );
        let compared = facts.name.compared.as_ref().map(Foreign::raw);
        put("compared", compared.filter(|_| compares).map(escape));
        put(
            "presented",
            check.chain.first().and_then(|leaf| {
                let names: Vec<_> = leaf.presented().into_iter().map(Foreign::raw).collect();
                (!names.is_empty()).then(|| escape(&names.join(",")))
            }),
        );
    }
    put("peer", recording.context.peer.as_deref().map(escape));
    put(
        "bytes",
        Some(recording.handshake.bytes_received.to_string()),
    );
    put("before", diagnosis.before(facts).map(str::to_owned));
    pairs
}

fn versions(versions: &[ProtocolVersion]) -> String {
    versions
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}
