//! The queries of contrib/ on documents of real failures: DuckDB, ClickHouse, Vector's language.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::process::Command;

use serde_json::{json, Value};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_observability::repository;
use tlsdiag_observability::shipping::{answer, causes, documents, lines, recipe, tool};

const LOG: &str = "/var/log/nginx/upstream_tls.log";

/// Every statement of a recipe, in one session; a list of rows for each.
fn sql(engine: &str, recipe: &str) -> Vec<Vec<Value>> {
    let directory = TempDir::new(engine);
    let file = directory.write("recipe.sql", recipe);
    let script = repository("tests/observability/sql.py");
    let output = answer(
        Command::new(tool("python/bin/python"))
            .arg(script)
            .arg(engine)
            .arg(file),
        "",
    );
    let results: Vec<Vec<Value>> = serde_json::from_str(&output).unwrap();
    results
}

#[test]
fn duckdb_and_clickhouse() {
    let directory = TempDir::new("documents");
    let log = directory.write("upstream_tls.log", lines());
    let path = log.to_str().unwrap();
    for engine in ["duckdb", "clickhouse"] {
        let results = sql(
            engine,
            &recipe(&format!("{engine}/upstream_tls.sql"), &[(LOG, path)]),
        );
        let asked: Vec<_> = results.iter().filter(|rows| !rows.is_empty()).collect();
        let [counted, fixes, ends] = asked[..] else {
            panic!("{engine}: {results:?}");
        };
        let mut sums: Vec<(String, u64)> = Vec::new();
        for row in counted {
            let cause = row[0].as_str().unwrap().to_owned();
            let number = row[2].as_u64().unwrap();
            match sums.iter_mut().find(|(known, _)| *known == cause) {
                Some((_, sum)) => *sum += number,
                None => sums.push((cause, number)),
            }
        }
        let mut expected: Vec<_> = causes()
            .into_iter()
            .map(|(cause, number)| (cause, u64::try_from(number).unwrap()))
            .collect();
        sums.sort();
        expected.sort();
        assert_eq!(sums, expected, "{engine}");
        let fix = json!(["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
        assert!(
            fixes.iter().any(|row| row[1] == fix[0]),
            "{engine}: {fixes:?}"
        );
        assert!(
            ends.iter().all(|row| row[1] == "CN=api.example.com"),
            "{engine}: {ends:?}"
        );
        assert!(ends.len() >= 2, "{engine}: {ends:?}");
    }
}

#[test]
fn vectors_language() {
    let run = |lines: &str| {
        let mut command = Command::new(tool("bin/run-vrl"));
        answer(
            command.arg(repository("contrib/vector/upstream_tls.vrl")),
            lines,
        )
    };
    let mut input = lines();
    input.push_str("{\"@timestamp\":\"half a li\n{\"event\":{\"dataset\":\"other\"}}\n[1]\n");
    let output = run(&input);
    let events: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        events.len(),
        documents().len(),
        "what is no document is dropped"
    );
    for (event, document) in events.iter().zip(documents()) {
        let document: Value = serde_json::from_str(&document).unwrap();
        assert_eq!(event["event"], document["event"]);
        assert!(event.get("@timestamp").is_none());
        assert!(
            event["timestamp"].as_str().unwrap().ends_with('Z'),
            "{event}"
        );
        let manual = document["nginx"]["upstream_tls"]["fix_applicability"] == "manual";
        assert_eq!(event["owner"], if manual { "upstream" } else { "nginx" });
    }
    let expired = events
        .iter()
        .find(|one| one["event"]["code"] == "certificate_expired");
    assert_eq!(expired.unwrap()["certificate_days_left"], -1);
}
