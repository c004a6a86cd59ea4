//! The error.log line.
//!
//! `"upstream_tls[" name "] " sentence "; fix: " (dir *(" " dir) / action / "none") [" only if " condition]
//! " (" confidence [", weakens security" / ", changes trust"] ")" ["; changed since " time ": " change
//! *(", " change) / "; nothing changed since the last good handshake " age " ago"] "; facts: " key=value
//! *(" " key=value) ["; not: " dir *(" " dir)]`, a `dir` being one complete directive (or phrase) in
//! double quotes. Where the answer is a guess, the action ends with the alternatives: `", else " name
//! *(" or " name)`. What a peer or a client wrote stands in single quotes, in facts after its key. nginx
//! cuts its lines at 2048 bytes, prefix and tail included: this part stays within 900.

use super::difference::since_last_good;
use crate::capture::{Direction, EndingKind};
use crate::decimal::Decimal;
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::registry::{CipherSuite, ProtocolVersion};
use crate::rules::{Confidence, Security};
use crate::text::{clip, escape, is_printable, Foreign};

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
    push_fix(&mut line, diagnosis);
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
    let mut dead_ends = String::new();
    quote(&mut dead_ends, "; not: ", &diagnosis.dead_ends);
    let changed = since_last_good(facts);
    let changed = changed.filter(|changed| line.len() + 2 + changed.len() <= MAX_LINE);
    if let Some(changed) = changed {
        line.push_str("; ");
        line.push_str(&changed);
    }
    let room = MAX_LINE.saturating_sub(dead_ends.len());
    Pairs::new(&mut line, room).put_all(diagnosis, facts);
    if line.len() + dead_ends.len() <= MAX_LINE {
        line.push_str(&dead_ends);
    }
    line
}

fn push_fix(line: &mut String, diagnosis: &Diagnosis) {
    let remedy = &diagnosis.finding.remedy;
    let length = line.len();
    quote(line, "", &remedy.fix);
    if line.len() > length {
        return;
    }
    match &remedy.action {
        Some(action) => {
            line.push_str(&clip(action, MAX_ACTION));
            push_alternatives(line, diagnosis);
        }
        None => line.push_str("none"),
    }
}

/// Where the answer is a guess without a directive, a reader of error.log has nothing else to go on.
fn push_alternatives(line: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.finding.confidence != Confidence::Possible {
        return;
    }
    let mut opening = ", else ";
    for name in &diagnosis.alternatives {
        line.push_str(opening);
        line.push_str(name);
        opening = " or ";
    }
}

/// Appends directives in double quotes, behind `opening` if there are any; one that is too long to quote
/// whole is left out.
fn quote<S: AsRef<str>>(text: &mut String, mut opening: &str, directives: &[S]) {
    for directive in directives.iter().map(AsRef::as_ref) {
        if directive.len() <= MAX_DIRECTIVE && is_printable(directive, [b'"'; 2]) {
            text.push_str(opening);
            text.push('"');
            text.push_str(directive);
            text.push('"');
            opening = " ";
        }
    }
}

/// Facts as `key=value`, up to the first that has no room.
struct Pairs<'l> {
    line: &'l mut String,
    /// Bytes of the line with them.
    max: usize,
    opening: &'static str,
    is_full: bool,
}

impl<'l> Pairs<'l> {
    fn new(line: &'l mut String, max: usize) -> Self {
        Self {
            line,
            max,
            opening: "; facts: ",
            is_full: false,
        }
    }

    /// A value of several parts.
    fn put(&mut self, key: &str, value: &[&str]) {
        let begin = self.line.len();
        for part in [self.opening, key, "="].iter().chain(value) {
            self.line.push_str(part);
        }
        self.is_full |= self.line.len() > self.max;
        match self.is_full {
            true => self.line.truncate(begin),
            false => self.opening = " ",
        }
    }

    /// Two numbers and what stands between them.
    fn put_numbers(
        &mut self,
        key: &str,
        one: impl Into<u64>,
        between: &str,
        other: impl Into<u64>,
    ) {
        let (one, other) = (Decimal::of(one), Decimal::of(other));
        self.put(key, &[one.as_str(), between, other.as_str()]);
    }

    /// All there are, in their fixed order; unknown ones are left out.
    fn put_all(mut self, diagnosis: &Diagnosis, facts: &Facts<'_>) {
        self.put("phase", &[facts.phase.name()]);
        self.put_offer(facts);
        if let Some(alert) = facts.alert {
            let from = match alert.from {
                Direction::Received => "in:",
                Direction::Sent => "out:",
            };
            self.put("alert", &[from, Decimal::of(alert.code).as_str()]);
        }
        if let Some((library, reason)) = facts.library_error() {
            self.put_numbers("err", library, ":", reason);
        }
        self.put_certificate(facts);
        if let Some(peer) = facts.recording.context.peer.as_deref() {
            self.put("peer", &[&escape(peer)]);
        }
        let bytes = Decimal::of(facts.recording.handshake.bytes_received);
        self.put("bytes", &[bytes.as_str()]);
        if let Some(before) = diagnosis.before(facts) {
            self.put("before", &[before]);
        }
    }

    fn put_offer(&mut self, facts: &Facts<'_>) {
        if let Some(offered) = &facts.offered {
            self.put("sent", &[&versions(offered.versions())]);
        }
        if let Some(chosen) = &facts.chosen {
            let suite = chosen.cipher.map(CipherSuite::label);
            match (chosen.version.map(ProtocolVersion::label), suite) {
                (Some(version), Some(suite)) => self.put("chosen", &[&version, "/", &suite]),
                (Some(version), None) => self.put("chosen", &[&version]),
                (None, _) => {}
            }
        }
        if facts.offered.is_some() {
            let sent = facts.name.sent.as_ref().map(|name| escape(name.raw()));
            self.put("sni", &[sent.as_deref().unwrap_or("none")]);
        }
    }

    fn put_certificate(&mut self, facts: &Facts<'_>) {
        let recording = facts.recording;
        if let Some(check) = facts.rejected_chain() {
            let errors = check.errors.iter();
            let errors: Vec<_> = errors
                .map(|error| format!("{}@{}", error.code, error.depth))
                .collect();
            match errors.is_empty() {
                true => self.put("verify", &[&check.result.to_string()]),
                false => self.put("verify", &[&errors.join(",")]),
            }
            if let Some(depth) = recording.settings.verify_depth {
                self.put("depth", &[Decimal::of(depth).as_str()]);
            }
        }
        let Some(check) = &recording.certificate else {
            return;
        };
        let compares = recording.settings.verify == Some(true)
            || matches!(
                recording.ending.kind,
                EndingKind::ChainRejected | EndingKind::NameRejected
            );
        if let Some(compared) = facts.name.compared.as_ref().filter(|_| compares) {
            self.put("compared", &[&escape(compared.raw())]);
        }
        let leaf = check.chain.first();
        let names = leaf.map_or_else(Vec::new, |leaf| leaf.presented());
        let names: Vec<_> = names.into_iter().map(Foreign::raw).collect();
        if !names.is_empty() {
            self.put("presented", &[&escape(&names.join(","))]);
        }
    }
}

fn versions(versions: &[ProtocolVersion]) -> String {
    let names: Vec<_> = versions.iter().map(|version| version.label()).collect();
    names.join(",")
}
