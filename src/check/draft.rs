//! A finding in the making: it still points into the tree.

use super::wording::directive_text;
use super::{Finding, Severity};
use crate::nginx_conf::{Directive, Position, Tree};

/// Places that a finding lists at most.
const MAX_USERS: usize = 10;
/// Places that are remembered; they come in the order of the configuration.
const MAX_KNOWN: usize = 100;

/// What a check found.
#[derive(Debug)]
pub(super) struct Draft<'t> {
    pub(super) severity: Severity,
    /// The directive at fault.
    pub(super) at: &'t Directive,
    message: String,
    help: Vec<String>,
    users: Vec<Position>,
}

impl<'t> Draft<'t> {
    pub(super) fn new(severity: Severity, at: &'t Directive, message: impl Into<String>) -> Self {
        Self {
            severity,
            at,
            message: message.into(),
            help: Vec::new(),
            users: Vec::new(),
        }
    }

    /// The same with one more thing to write.
    pub(super) fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// The same, reached through these directives.
    pub(super) fn used_by<'u>(mut self, users: impl IntoIterator<Item = &'u Directive>) -> Self {
        let users = users.into_iter().map(Directive::position);
        self.users.extend(users.take(MAX_KNOWN));
        self
    }

    /// The same finding, reached in another way.
    pub(super) fn merge(&mut self, other: Draft<'t>) {
        self.severity = self.severity.max(other.severity);
        self.users.extend(other.users);
        self.users.truncate(MAX_KNOWN);
    }

    pub(super) fn finish(mut self, id: &'static str, tree: &Tree) -> Finding {
        let at = self.at.position();
        self.users.sort();
        self.users.dedup();
        self.users.retain(|user| *user != at);
        self.users.truncate(MAX_USERS);
        let user = |user: &Position| format!("{}:{}", tree.file_name(user.file), user.line);
        Finding {
            id,
            severity: self.severity,
            file: tree.file_name(at.file),
            line: at.line,
            column: at.column,
            directive: directive_text(self.at),
            message: self.message,
            help: self.help,
            used_by: self.users.iter().map(user).collect(),
        }
    }
}
