//! What holds for every failure that a rogue or a client brought about.

use serde_json::Value;
use tlsdiag_e2e::observe::foreign;
use tlsdiag_e2e::observe::json::{at, text, texts};
use tlsdiag_e2e::trial::Failure;

use crate::names::mark_in;

const OURS: &str = "nginx/upstream_tls";

/// Nobody else's words are in a fix, or outside quotes; what changes trust says so, has a condition and
/// cannot be pasted blindly; what costs security is not certain before anybody was authenticated.
/// `in_force` is what nginx.conf says already.
pub(crate) fn assert_trustworthy(failure: &Failure, in_force: &str) {
    assert_own_line(failure);
    assert_own_words(failure);
    assert_fix(failure, in_force);
    let empty = places(&failure.document, &|text| text.is_empty());
    assert!(empty.is_empty(), "empty texts at {empty:?}");
}

fn assert_own_line(failure: &Failure) {
    let ours = &failure.line.ours;
    assert!(
        ours.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
        "{ours:?}"
    );
    for level in ["[emerg]", "[alert]", "[crit]"] {
        assert!(!ours.contains(level), "{ours}");
    }
    for (key, value) in &failure.line.facts {
        if mark_in(value).is_some() {
            foreign::check(value).unwrap_or_else(|why| panic!("{key}: {why}"));
        }
    }
    let static_parts = [&failure.line.name, &failure.line.dead_ends.join(" ")];
    for part in static_parts {
        assert_eq!(mark_in(part), None, "{ours}");
    }
}

fn assert_own_words(failure: &Failure) {
    let Failure { line, document, .. } = failure;
    let ours = |key| at(document, &format!("{OURS}/{key}")).and_then(Value::as_str);
    let long = [
        Some(text(document, "message")),
        ours("action"),
        ours("fix_condition"),
    ];
    let line = [
        Some(line.sentence.as_str()),
        line.action.as_deref(),
        line.condition.as_deref(),
    ];
    for text in long.into_iter().chain(line).flatten() {
        let words = foreign::words(text).unwrap_or_else(|why| panic!("{why}, in {text:?}"));
        assert_eq!(mark_in(&words.own), None, "not in quotes: {text}");
        assert!(
            !words.foreign.contains(&String::new()),
            "an empty name: {text}"
        );
        // What stands for a byte that our own words should not have had.
        assert!(!words.own.contains('?'), "{text}");
    }
    for directive in texts(document, &format!("{OURS}/fix")) {
        assert_eq!(mark_in(&directive), None, "{directive}");
    }
    if let Some(command) = ours("reproduce") {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ./:_-+=@!,'[]".contains(&byte);
        assert!(command.bytes().all(plain), "{command}");
    }
}

fn assert_fix(failure: &Failure, in_force: &str) {
    let Failure { line, document, .. } = failure;
    let field = |key: &str| at(document, &format!("{OURS}/{key}")).and_then(Value::as_str);
    let security = field("fix_security");
    for directive in &line.fix {
        assert!(
            !in_force.contains(directive.as_str()),
            "{directive} is in force"
        );
    }
    let verifies = in_force.contains("_ssl_verify on;");
    let trusts = |directive: &&String| {
        let name = directive.split(' ').next().unwrap_or_default();
        name.ends_with("_ssl_trusted_certificate") || (verifies && name.ends_with("_ssl_name"))
    };
    let trust: Vec<&String> = line.fix.iter().filter(trusts).collect();
    assert_eq!(
        !trust.is_empty(),
        security == Some("changes_trust"),
        "{line:#?}"
    );
    assert_eq!(!trust.is_empty(), line.condition.is_some(), "{line:#?}");
    for directive in &trust {
        let is_open = directive.contains(" <") && directive.ends_with(">;");
        assert!(is_open, "{directive} is not a placeholder");
        assert_eq!(field("fix_applicability"), Some("placeholder"), "{line:#?}");
    }
    let costs = matches!(security, Some("changes_trust" | "weakens"));
    let established = at(document, "tls/established") == Some(&Value::Bool(true));
    if costs && !established {
        assert_ne!(line.confidence, "certain", "{line:#?}");
    }
}

/// Where in a document texts of a kind stand.
pub(crate) fn places(document: &Value, is_one: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    collect(document, is_one, "", &mut found);
    found
}

fn collect(value: &Value, is_one: &dyn Fn(&str) -> bool, path: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_one(text) => found.push(path.to_owned()),
        Value::Array(list) => list
            .iter()
            .for_each(|one| collect(one, is_one, path, found)),
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, is_one, &format!("{path}/{key}"), found);
            }
        }
        _ => {}
    }
}
