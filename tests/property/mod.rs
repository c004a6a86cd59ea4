//! What must hold of every report, whatever a peer, a client or a broken file puts into a recording.
//! The tests try it with seeded mutations, `fuzz/` with libFuzzer's.

pub(crate) mod foreign;
pub(crate) mod grammar;
pub(crate) mod mutation;
pub(crate) mod random;
pub(crate) mod wire;

use std::path::Path;

use serde_json::Value;
use tlsdiag::facts::Facts;
use tlsdiag::{diagnose, report, Recording};

/// Longest document: what a pipe takes in one piece.
const MAX_DOCUMENT: usize = 4095;

/// Every recording of a real failure, in the order of their names.
pub(crate) fn fixtures() -> Vec<Value> {
    // fuzz/ is a package of its own, below.
    let mut here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = here.find_map(|here| std::fs::read_dir(here.join("tests/fixtures")).ok());
    let folders = folder.expect("the fixtures are missing");
    let folders = folders.map(|folder| folder.unwrap().path());
    let mut files: Vec<_> = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let read = |path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    files.into_iter().map(read).collect()
}

/// Checks reports; holds the compiled schema.
pub(crate) struct Checker {
    schemas: boon::Schemas,
    index: boon::SchemaIndex,
}

impl Checker {
    pub(crate) fn new() -> Self {
        const NAME: &str = "http://tlsdiag.invalid/schema.json";
        let text = include_str!("../../docs/upstream_tls.schema.json");
        let mut compiler = boon::Compiler::new();
        compiler.enable_format_assertions();
        compiler
            .add_resource(NAME, serde_json::from_str(text).unwrap())
            .unwrap();
        let mut schemas = boon::Schemas::new();
        let index = compiler.compile(NAME, &mut schemas).unwrap();
        Self { schemas, index }
    }

    /// Reports a recording whose foreign texts are marked. The error says which promise is broken.
    pub(crate) fn check(&self, recording: &Recording) -> Result<(), String> {
        let facts = Facts::of(recording);
        let diagnosis = diagnose(&facts);
        let line = report::line(&diagnosis, &facts);
        let read = grammar::read(&line).map_err(|why| format!("{why} in the line\n{line}"))?;
        let fix = diagnosis.finding.remedy.fix.iter().map(ToString::to_string);
        if read.name != diagnosis.name || !fix.eq(read.fix.iter().copied()) {
            return Err(format!("not {diagnosis:?}, but\n{line}"));
        }
        for words in [read.sentence, read.advice] {
            if let Some(word) = foreign::unquoted(words) {
                return Err(format!("{word} speaks as we do in\n{line}"));
            }
        }
        let text = report::document(&diagnosis, &facts);
        let document = self
            .document(&text)
            .map_err(|why| format!("{why}\n{text}"))?;
        let ours = document.pointer("/nginx/upstream_tls").unwrap();
        let peer = recording.context.peer.as_deref().unwrap_or("no peer");
        for pasted in ["fix", "reproduce"] {
            let shown = ours.get(pasted).map(Value::to_string).unwrap_or_default();
            // Who repeats a connection goes where nginx went.
            let shown = shown.replace(peer, "");
            if let Some(word) = foreign::found(&shown) {
                return Err(format!("{pasted} holds the foreign {word}\n{line}\n{text}"));
            }
        }
        for words in [
            &document["message"],
            &ours["action"],
            &ours["fix_condition"],
        ] {
            if let Some(word) = words.as_str().and_then(foreign::unquoted) {
                return Err(format!("{word} speaks as we do in\n{text}"));
            }
        }
        Ok(())
    }

    fn document(&self, text: &str) -> Result<Value, String> {
        if text.len() > MAX_DOCUMENT || text.contains('\n') {
            return Err(format!("{} bytes in the document", text.len()));
        }
        // What a terminal obeys, and what turns text around.
        let obeyed = |one: char| {
            one.is_control()
                || matches!(one, '\u{200e}' | '\u{200f}' | '\u{61c}')
                || ('\u{202a}'..='\u{202e}').contains(&one)
                || ('\u{2066}'..='\u{2069}').contains(&one)
        };
        if let Some(one) = text.chars().find(|one| obeyed(*one)) {
            return Err(format!("{one:?} in the document"));
        }
        let document = serde_json::from_str(text).map_err(|why| why.to_string())?;
        match self.schemas.validate(&document, self.index) {
            Ok(()) => Ok(document),
            Err(why) => Err(format!("{why:#}")),
        }
    }
}
