//! The JSON document: one line a failed attempt.
//!
//! ECS field names in the ecs-logging layout, nested, with our own facts under
//! `nginx.upstream_tls`. What is unknown is absent. A document that would be longer than a pipe
//! takes in one piece is built again with shorter lists and texts, and says so; the last resort holds
//! nothing whose length a peer or a client chooses.

mod body;
mod json;

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::date::timestamp;
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::text::clip;
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

/// Bytes of the sentence in the last resort.
const SHORT_MESSAGE: usize = 200;

/// Shortens, and remembers that something was lost.
struct Scissors {
    limits: Limits,
    truncated: Cell<bool>,
}

impl Scissors {
    /// Shows nothing of anybody's texts and lists.
    fn shut() -> Self {
        Self {
            limits: Limits { list: 0, text: 0 },
            truncated: Cell::new(true),
        }
    }

    /// As much as takes the limit's bytes in JSON, cut between characters.
    fn text(&self, text: &str) -> String {
        let mut length = 0;
        let fits = |character: &char| {
            length += json::length(*character);
            length <= self.limits.text
        };
        let kept: String = text.chars().take_while(fits).collect();
        if kept.len() < text.len() {
            self.truncated.set(true);
        }
        kept
    }

    /// As much as takes twice the limit's bytes of a sentence of ours, cut outside quotes.
    fn sentence(&self, sentence: &str) -> String {
        let max = self.limits.text * 2;
        if sentence.len() > max {
            self.truncated.set(true);
        }
        clip(sentence, max)
    }

    fn list<T: ToString>(&self, items: impl IntoIterator<Item = T>) -> Vec<Value> {
        // An empty name is no name.
        let mut items = items
            .into_iter()
            .map(|item| item.to_string())
            .filter(|item| !item.is_empty());
        let shown: Vec<Value> = items
            .by_ref()
            .take(self.limits.list)
            .map(|item| self.text(&item).into())
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
    for (round, limits) in LIMITS.into_iter().enumerate() {
        let scissors = Scissors {
            limits,
            truncated: Cell::new(round > 0),
        };
        let message = scissors.sentence(&diagnosis.finding.sentence);
        let document = write(&facts, message, body::of(diagnosis, &facts, &scissors));
        if document.len() <= MAX_DOCUMENT {
            return document;
        }
    }
    let message = clip(&diagnosis.finding.sentence, SHORT_MESSAGE);
    write(&facts, message, body::least(diagnosis, &facts))
}

/// The four fields that ecs-logging wants first, then the nested rest.
fn write(facts: &Facts<'_>, message: String, body: Map<String, Value>) -> String {
    let head = [
        ("@timestamp", timestamp(facts.recording.environment.time_ms)),
        ("log.level", "error".to_owned()),
        ("message", message),
        ("ecs.version", ECS_VERSION.to_owned()),
    ];
    let mut document = String::from("{");
    for (key, value) in head {
        document.push_str(&format!("\"{key}\":{},", Value::String(value)));
    }
    let rest = json::text(&Value::Object(body));
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
