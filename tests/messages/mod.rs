//! The captured messages: hexadecimal, after comments that say who sent it and how to get it again.

use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    // fuzz/ is a package of its own, below.
    let mut here = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let folder = here.find(|here| here.join("tests/messages").is_dir());
    folder.expect("no messages").join("tests/messages")
}

/// Names that begin so, sorted.
pub(crate) fn names(beginning: &str) -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap();
    let mut names: Vec<_> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            Some(name.strip_suffix(".hex")?.to_owned())
        })
        .filter(|name| name.starts_with(beginning))
        .collect();
    names.sort_unstable();
    assert!(!names.is_empty(), "no message {beginning}");
    names
}

/// A message with its handshake header.
pub(crate) fn message(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(folder().join(format!("{name}.hex"))).unwrap();
    let (comments, hex): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.starts_with('#'));
    assert!(
        !comments.is_empty(),
        "{name} does not say where it comes from"
    );
    let bytes: tlsdiag::capture::Bytes =
        serde_json::from_str(&format!("\"{}\"", hex.concat())).unwrap();
    bytes.0
}
