//! What a document says to whoever wants the request to work.

use serde_json::Value;

use super::json::{at, text, texts};

/// A diagnosis as the document says it.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// nginx's number of the connection, the `*N` of its line.
    pub connection: u64,
    /// The name.
    pub name: String,
    /// `certain`, `likely` or `possible`.
    pub confidence: String,
    /// The next best names.
    pub alternatives: Vec<String>,
    /// The directives to paste.
    pub fix: Vec<String>,
    /// `machine`, `placeholder` or `manual`.
    pub applicability: String,
    /// The fix weakens security.
    pub weakens: bool,
    /// What to do outside the directives.
    pub action: Option<String>,
}

impl Diagnosis {
    /// Reads a document.
    pub fn read(document: &Value) -> Diagnosis {
        let ours = |path: &str| text(document, &format!("nginx/upstream_tls/{path}")).to_owned();
        let list = |path: &str| texts(document, &format!("nginx/upstream_tls/{path}"));
        let maybe = |path: &str| at(document, &format!("nginx/upstream_tls/{path}"));
        Diagnosis {
            connection: maybe("connection_id").and_then(Value::as_u64).unwrap_or(0),
            name: ours("diagnosis/name"),
            confidence: ours("diagnosis/confidence"),
            alternatives: list("diagnosis/alternatives"),
            fix: list("fix"),
            applicability: ours("fix_applicability"),
            weakens: maybe("fix_security").is_some_and(|grade| grade == "weakens"),
            action: maybe("action").and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// First or an alternative.
    pub fn is_among(&self, name: &str) -> bool {
        self.name == name || self.alternatives.iter().any(|a| a == name)
    }
}
