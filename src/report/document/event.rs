//! `event`, `error` and `process`: what happened, in the words of the Elastic Common Schema.

use serde::Serialize;

use super::shown::{Scissors, Text};
use crate::diagnose::Diagnosis;
use crate::facts::Facts;

#[derive(Serialize)]
pub(super) struct Event {
    kind: &'static str,
    module: &'static str,
    dataset: &'static str,
    category: [&'static str; 1],
    #[serde(rename = "type")]
    types: [&'static str; 2],
    action: &'static str,
    outcome: &'static str,
    /// Name of the diagnosis.
    code: &'static str,
    /// Nanoseconds.
    duration: u64,
}

impl Event {
    pub(super) fn of(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Self {
        Self {
            kind: "event",
            module: "nginx",
            dataset: "nginx.upstream_tls",
            category: ["network"],
            types: ["connection", "protocol"],
            action: "tls-handshake",
            outcome: "failure",
            code: diagnosis.name,
            duration: facts.recording.handshake.duration_ns,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ErrorObject<'a> {
    /// Name of the diagnosis.
    #[serde(rename = "type")]
    name: &'static str,
    /// OpenSSL's packed error, upper-case hex, as nginx prints it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'a>>,
}

impl<'a> ErrorObject<'a> {
    pub(super) fn of(diagnosis: &Diagnosis, facts: &'a Facts<'a>, scissors: &'a Scissors) -> Self {
        let ending = &facts.recording.ending;
        Self {
            name: diagnosis.name,
            code: ending.code.map(|code| format!("{code:08X}")),
            message: scissors.foreign(ending.text.as_ref()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Process {
    pub(super) pid: u32,
}
