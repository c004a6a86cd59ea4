//! What these tests share.

use serde_json::Value;
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::trial::{Failure, Trial};

/// The document says this, `path=text` with spaces between; without a text the field must be absent.
#[track_caller]
pub(crate) fn assert_says(document: &Value, said: &str) {
    for (path, expected) in said.split(' ').map(|one| one.split_once('=').unwrap()) {
        let path = match path {
            short @ ("upstream" | "location_name" | "module" | "attempt" | "final" | "status") => {
                format!("nginx/upstream_tls/{short}")
            }
            long => long.to_owned(),
        };
        let found = match at(document, &path) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        assert_eq!(found, expected, "{path} in {document:#}");
    }
}

/// The request that nginx names in the tail of our line.
#[track_caller]
pub(crate) fn assert_line_of(failure: &Failure, request: &str) {
    let (expected, tail) = (format!("\"GET {request} HTTP/1.1\""), &failure.line.tail);
    assert!(tail.contains(&expected), "{expected} is not in {tail}");
}

/// The only failure of a trial, and the statuses its client saw.
#[track_caller]
pub(crate) fn only_failure(trial: &Trial, statuses: &[u16]) -> Failure {
    assert_eq!(
        trial.statuses(),
        statuses,
        "{}",
        trial.with.finished.log.text
    );
    trial.failures(1).remove(0)
}
