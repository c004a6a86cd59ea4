//! Documents as the module writes them, the recipes of contrib/, and the programs that take them.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tlsdiag::{diagnose, report, Recording};

use crate::repository;

/// A document for each recording of a real failure in tests/fixtures, one a line.
pub fn documents() -> Vec<String> {
    let mut files: Vec<PathBuf> = entries(&repository("tests/fixtures"))
        .iter()
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| entries(folder))
        .collect();
    files.sort();
    let documents: Vec<String> = files.iter().map(|file| document(file)).collect();
    assert!(documents.len() > 40, "the fixtures are missing");
    documents
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of the repository");
    entries.flatten().map(|entry| entry.path()).collect()
}

fn document(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a fixture");
    let recording = Recording::from_json(&text).expect("a recording");
    let facts = tlsdiag::facts::Facts::of(&recording);
    report::document(&diagnose(&facts), &facts)
}

/// Those as a file has them.
pub fn lines() -> String {
    documents().join("\n") + "\n"
}

/// Every cause of those documents with its number, the commonest first.
pub fn causes() -> Vec<(String, usize)> {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for text in documents() {
        let document: Value = serde_json::from_str(&text).expect("a document");
        let cause = document["event"]["code"].as_str().expect("a cause");
        *counted.entry(cause.to_owned()).or_default() += 1;
    }
    let mut causes: Vec<_> = counted.into_iter().collect();
    causes.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    causes
}

/// What a program answers to an input; it must succeed.
pub fn answer(command: &mut Command, input: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("a pipe");
    let _ = writer.join().expect("a pipe");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    String::from_utf8(output.stdout).expect("a pipe")
}

/// A file of contrib/, with other paths in it than an operator's. Each must stand there.
pub fn recipe(file: &str, replaced: &[(&str, &str)]) -> String {
    let path = repository("contrib").join(file);
    let mut text = std::fs::read_to_string(&path).expect("a recipe of contrib/");
    for (from, to) in replaced {
        assert!(text.contains(from), "{file} does not say {from}");
        text = text.replace(from, to);
    }
    text
}

/// What `scripts/observability-tools` prepared, below build/observability.
pub fn tool(path: &str) -> PathBuf {
    let path = repository("build/observability").join(path);
    assert!(
        path.exists(),
        "{path:?} does not exist: run scripts/observability-tools (make observability does)"
    );
    path
}
