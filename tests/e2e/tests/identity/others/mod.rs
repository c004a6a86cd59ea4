//! Connections that another module makes with nginx's TLS. Nobody knows whose they are, so they are
//! named by their peer, and no directive of proxy_pass is printed for them.

mod lua;
mod njs;

use tlsdiag_e2e::require;
use tlsdiag_e2e::trial::Failure;

/// The `load_module` lines of another module; says loudly when a test ends for the lack of it.
fn load(files: &[&str], test: &str) -> Option<String> {
    let mut lines = String::new();
    for file in files {
        let Some(path) = require::foreign_module(file) else {
            eprintln!("NOT TESTED: {test}: this nginx has no {file}");
            return None;
        };
        lines.push_str(&format!("load_module {};\n", path.display()));
    }
    Some(lines)
}

/// What to set is said, but not in proxy_pass's words.
#[track_caller]
fn assert_advises(failure: &Failure, words: &str) {
    let text = format!("{} {}", failure.line.tail, failure.document);
    assert!(text.contains(words), "{words} is not in {text}");
    assert!(!text.contains("proxy_ssl_"), "{text}");
}
