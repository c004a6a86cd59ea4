//! The plan of the house: a room imports from the rooms below it only.
//!
//! A room is a file or folder of `ngx-module/src` or `src`. The lists below name them from the roof
//! down. Being an order, it leaves no circle between rooms. And no SAFETY comment leads through the house.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should stop"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// The module, from the symbols nginx looks up to what keeps the worker alive.
const MODULE: &[&str] = &[
    "lib",
    "module",
    "hook",
    "outcome",
    "variables",
    "status",
    "upstream",
    "conf",
    "sink",
    "openssl",
    "zone",
    "runtime",
    "nginx",
];
/// The core, from what a user calls to the names of code points.
const CORE: &[&str] = &[
    "main",
    "lib",
    "cli",
    "openssl",
    "disk",
    "error_log",
    "probe",
    "check",
    "nginx_conf",
    "capi",
    "report",
    "table",
    "suppress",
    "counters",
    "changes",
    "diagnose",
    "rules",
    "facts",
    "budget",
    "recent",
    "protocols",
    "capture",
    "fixed",
    "text",
    "date",
    "wire",
    "registry",
    "decimal",
];

#[test]
fn the_module_imports_downwards_only() {
    check("ngx-module/src", MODULE, &["crate::"]);
}

/// The command line is a crate of its own and calls the library by its name.
#[test]
fn the_core_imports_downwards_only() {
    check("src", CORE, &["crate::", "tlsdiag::"]);
}

/// The plan and the walks of CONTRIBUTING lead to files that are there.
#[test]
fn the_plan_names_what_is_there() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(base.join("CONTRIBUTING.md")).expect("the plan");
    let (plan, _) = text.split_once("### Read beside").expect("a chapter");
    let is_path = |word: &&str| {
        let is_plain = |character: char| is_word(character) || "/.-".contains(character);
        (word.ends_with(".rs") || word.ends_with('/')) && word.chars().all(is_plain)
    };
    let words: Vec<_> = plan.split('`').skip(1).step_by(2).filter(is_path).collect();
    let roots = ["", "src", "ngx-module/src"].map(|root| base.join(root));
    let is_missing = |word: &&&str| !roots.iter().any(|root| root.join(word).exists());
    let missing: Vec<_> = words.iter().filter(is_missing).collect();
    assert!(
        words.len() > 40,
        "the test does not see the plan: {words:?}"
    );
    assert!(missing.is_empty(), "CONTRIBUTING names {missing:?}");
}

/// A SAFETY comment says itself who guarantees what the block needs: what it points to moves or changes.
#[test]
fn safety_comments_do_not_point_elsewhere() {
    const POINTERS: &[&str] = &["as above", "as before", "as for ", "as in ", "see "];
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    let mut comments = 0;
    for root in ["src", "ngx-module/src"] {
        for file in sources(&base.join(root)) {
            let text = fs::read_to_string(&file).expect("a source file");
            for (number, line) in (1..).zip(text.lines()) {
                let Some((_, says)) = line.split_once("// SAFETY:") else {
                    continue;
                };
                comments += 1;
                let says = says.trim().to_lowercase();
                if POINTERS.iter().any(|pointer| says.starts_with(pointer)) {
                    wrong.push(format!(
                        "{}:{number}: say who guarantees it, not where that is said: {says}",
                        file.display()
                    ));
                }
            }
        }
    }
    assert!(comments > 100, "the test does not see the comments");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(root: &str, rooms: &[&str], names: &[&str]) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let floor = |room: &str| rooms.iter().position(|one| *one == room);
    let mut wrong = Vec::new();
    let mut imports = 0;
    for file in sources(&base) {
        let path = file.strip_prefix(&base).expect("a file below its root");
        let room = path.iter().next().expect("a name").to_string_lossy();
        let room = room.trim_end_matches(".rs");
        let Some(here) = floor(room) else {
            wrong.push(format!(
                "{root}/{room} is no room: give it a place in tests/layout.rs"
            ));
            continue;
        };
        for (line, import) in imported(&file, names) {
            imports += 1;
            // What is no room is an item of the crate's root.
            if floor(&import).is_some_and(|there| there < here) {
                wrong.push(format!(
                    "{root}/{}:{line}: {room} is below {import} and imports it: move what both need down, \
                     or hand it over as an argument",
                    path.display()
                ));
            }
        }
    }
    assert!(imports > 50, "{root}: the test does not see the imports");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of sources").flatten();
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

/// What a file names of its crate, outside tests and comments: line, and the name. Of a group, every word.
fn imported(file: &Path, names: &[&str]) -> Vec<(usize, String)> {
    let text = fs::read_to_string(file).expect("a source file");
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut is_group = false;
    for (number, line) in (1..).zip(code.lines()) {
        if line.trim_start().starts_with("//") {
            continue;
        }
        is_group |= names
            .iter()
            .any(|name| line.starts_with(&format!("use {name}{{")));
        let mut words: Vec<&str> = names
            .iter()
            .flat_map(|name| line.split(name).skip(1))
            .collect();
        if is_group {
            words.extend(line.split(|character: char| !is_word(character)));
        }
        let first = |word: &str| {
            word.split(|character| !is_word(character))
                .next()
                .map(str::to_owned)
        };
        found.extend(
            words
                .into_iter()
                .filter_map(first)
                .map(|word| (number, word)),
        );
        is_group &= !line.ends_with(';');
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
