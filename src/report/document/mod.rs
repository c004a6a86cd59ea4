//! The JSON document: one line a failed attempt.
//!
//! ECS field names in the ecs-logging layout, nested, with our own facts under
//! `nginx.upstream_tls`. What is unknown is absent. A document that would be longer than a pipe
//! takes in one piece is built again with shorter lists and texts, and says so.

mod body;

use std::cell::Cell;

use serde_json::{Map, Value};

use super::time::timestamp;
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::Recording;

/// Version of the field names used.
const ECS_VERSION: &str = "9.4.0";
/// Longest document.
const MAX_DOCUMENT: usize = 4095;

/// How much of what a peer or client can make long is shown.
#[derive(Clone, Copy)]
struct Limits {
    list: usize,
    text: usize,
}

/// Longest first. The later ones also leave out lists that the first shows.
const LIMITS: [Limits; 3] = [
    Limits { list: 8, text: 256 },
    Limits { list: 4, text: 64 },
    Limits { list: 0, text: 32 },
];

/// Shortens, and remembers that something was lost.
struct Scissors {
    limits: Limits,
    truncated: Cell<bool>,
}

impl Scissors {
    /// At most `max` bytes, cut between characters.
    fn cut(&self, text: &str, max: usize) -> String {
        let mut end = max.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if end < text.len() {
            self.truncated.set(true);
        }
        text.get(..end).unwrap_or_default().to_owned()
    }

    fn text(&self, text: &str) -> String {
        self.cut(text, self.limits.text)
    }

    fn list<T: ToString>(&self, items: impl IntoIterator<Item = T>) -> Vec<Value> {
        let mut items = items.into_iter();
        let shown: Vec<Value> = items
            .by_ref()
            .take(self.limits.list)
            .map(|item| self.text(&item.to_string()).into())
            .collect();
        if items.next().is_some() {
            self.truncated.set(true);
        }
        shown
    }
}

/// Writes the document, without a line feed.
pub fn document(diagnosis: &Diagnosis, recording: &Recording) -> String {
    let facts = Facts::of(recording);
    let mut document = String::new();
    for (round, limits) in LIMITS.into_iter().enumerate() {
        let scissors = Scissors {
            limits,
            truncated: Cell::new(round > 0),
        };
        document = write(diagnosis, &facts, &scissors);
        if document.len() <= MAX_DOCUMENT {
            break;
        }
    }
    document
}

/// The four fields that ecs-logging wants first, then the nested rest.
fn write(diagnosis: &Diagnosis, facts: &Facts<'_>, scissors: &Scissors) -> String {
    let head = [
        ("@timestamp", timestamp(facts.recording.environment.time_ms)),
        ("log.level", "error".to_owned()),
        (
            "message",
            scissors.cut(&diagnosis.finding.sentence, scissors.limits.text * 2),
        ),
        ("ecs.version", ECS_VERSION.to_owned()),
    ];
    let mut document = String::from("{");
    for (key, value) in head {
        document.push_str(&format!("\"{key}\":{},", Value::String(value)));
    }
    let rest = Value::Object(body::of(diagnosis, facts, scissors)).to_string();
    document.push_str(rest.strip_prefix('{').unwrap_or("}"));
    document
}

/// An object without what is absent or empty; `None` when nothing is left.
fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Option<Value> {
    let mut map = Map::new();
    for (key, value) in fields {
        let empty = match &value {
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(_) => false,
            None => true,
        };
        if let (false, Some(value)) = (empty, value) {
            map.insert(key.to_owned(), value);
        }
    }
    (!map.is_empty()).then_some(Value::Object(map))
}
