//! The JSON log, validated against the project's schema.

use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

use super::foreign;

/// Longest line a document may have.
pub const MAX_LINE: usize = 8 * 1024;

/// Reads every document of a log and validates each.
pub fn read(path: &Path) -> Vec<Value> {
    let text = crate::process::read_lossy(path);
    if text.is_empty() {
        return Vec::new();
    }
    assert!(
        text.ends_with('\n'),
        "the JSON log does not end with a newline: {text:?}"
    );
    let schema = Schema::load();
    text.lines()
        .map(|line| {
            let problem = |what: &str| panic!("{what} in the JSON log: {line}");
            if line.len() > MAX_LINE {
                problem("a line over 4 KiB");
            }
            if let Some(heeded) = foreign::heeded(line) {
                problem(&format!("{heeded:?}, which a terminal heeds,"));
            }
            let Ok(document) = serde_json::from_str(line) else {
                problem("not JSON")
            };
            if let Err(why) = schema.check(&document) {
                problem(&format!("not valid by the schema ({why})"));
            }
            document
        })
        .collect()
}

/// The project's schema of a document.
pub struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    /// Loads `docs/upstream_tls.schema.json`.
    pub fn load() -> Schema {
        let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "docs"]
            .iter()
            .collect();
        let path = path.join("upstream_tls.schema.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| {
            panic!("the schema of the JSON document is missing: {path:?}: {e}")
        });
        let document = serde_json::from_str(&text).expect("the schema is not JSON");
        Schema::new(document)
    }

    fn new(document: Value) -> Schema {
        let name = "http://tlsdiag.invalid/schema.json";
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource(name, document)
            .expect("the schema is no schema");
        let mut schemas = Schemas::new();
        let index = compiler
            .compile(name, &mut schemas)
            .unwrap_or_else(|e| panic!("the schema does not compile: {e:#}"));
        Schema { schemas, index }
    }

    /// Validates one document.
    pub fn check(&self, document: &Value) -> Result<(), String> {
        self.schemas
            .validate(document, self.index)
            .map_err(|e| format!("{e:#}"))
    }
}

/// The value at a path of keys, `a/b/c`. Keys with dots are taken as they are.
pub fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    document.pointer(&format!("/{path}"))
}

/// The text at a path of keys; stops the test when there is none.
pub fn text<'a>(document: &'a Value, path: &str) -> &'a str {
    let value = at(document, path).and_then(Value::as_str);
    value.unwrap_or_else(|| panic!("no text at {path} in {document:#}"))
}

/// The texts of a list at a path of keys; empty when absent.
pub fn texts(document: &Value, path: &str) -> Vec<String> {
    let list = at(document, path).and_then(Value::as_array);
    let strings = list.into_iter().flatten().filter_map(Value::as_str);
    strings.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_refuses() {
        let schema = Schema::new(json!({"type": "object", "required": ["a"]}));
        assert!(schema.check(&json!({"a": 1})).is_ok());
        assert!(schema.check(&json!({})).is_err());
    }
}
