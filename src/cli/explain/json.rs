//! `--format json`: an object a line. Its fields are a contract.

use std::io::{self, Write};

use serde::Serialize;
use tlsdiag::capture::Module;
use tlsdiag::error_log::causes::Decider;
use tlsdiag::error_log::{Explanation, Group};
use tlsdiag::report;

/// Longest object, in bytes; names are bounded, so none is as long.
const MAX_OBJECT: usize = 64 << 10;

/// A group. What is not known is absent.
#[derive(Serialize)]
struct Object<'g> {
    kind: String,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module: Option<Module>,
    #[serde(skip_serializing_if = "str::is_empty")]
    upstream: &'g str,
    #[serde(skip_serializing_if = "str::is_empty")]
    server: &'g str,
    causes: &'g [&'static str],
    confidence: &'static str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fix: &'g [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decide: Vec<&'static str>,
}

pub(super) fn write(output: &mut dyn Write, group: &Group, said: &Explanation) -> io::Result<()> {
    let object = Object {
        kind: group.kind.name(),
        count: group.count,
        first: group.times.map(|(first, _)| first.to_string()),
        last: group.times.map(|(_, last)| last.to_string()),
        module: group.module,
        upstream: &group.upstream,
        server: &group.server,
        causes: &said.causes.names,
        confidence: said.causes.confidence.name(),
        fix: &said.fix,
        action: said.whole_action(),
        decide: said
            .causes
            .decide
            .iter()
            .copied()
            .map(Decider::name)
            .collect(),
    };
    let text = report::json_line(&object, MAX_OBJECT).unwrap_or_default();
    writeln!(output, "{text}")
}
