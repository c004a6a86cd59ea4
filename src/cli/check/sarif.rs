//! `--format sarif`: SARIF 2.1.0 (OASIS), one run, as code scanning services take it.

use std::io::{self, Write};

use serde_json::{json, Value};
use tlsdiag::check::{summary, Finding, CHECKS};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(output: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    let rules: Vec<_> = CHECKS
        .iter()
        .map(|check| {
            json!({
                "id": check.id,
                "shortDescription": { "text": summary(check.id) },
                "defaultConfiguration": { "level": check.severity.name() },
            })
        })
        .collect();
    let document = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tlsdiag",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    serde_json::to_writer_pretty(&mut *output, &document)?;
    output.write_all(b"\n")
}

fn result(finding: &Finding) -> Value {
    let index = CHECKS.iter().position(|check| check.id == finding.id);
    let message = format!("{}. Help: {}", finding.message, finding.help.join(" "));
    let location = location(&finding.file, finding.line, Some(finding.column));
    let users: Vec<_> = finding
        .used_by
        .iter()
        .filter_map(|user| related(user))
        .collect();
    json!({
        "ruleId": finding.id,
        "ruleIndex": index,
        "level": finding.severity.name(),
        "message": { "text": message },
        "locations": [location],
        "relatedLocations": users,
    })
}

/// A user is `FILE:LINE`.
fn related(user: &str) -> Option<Value> {
    let (file, line) = user.rsplit_once(':')?;
    Some(location(file, line.parse().ok()?, None))
}

fn location(file: &str, line: u32, column: Option<u32>) -> Value {
    let mut region = json!({ "startLine": line });
    if let (Some(column), Some(region)) = (column, region.as_object_mut()) {
        region.insert("startColumn".into(), column.into());
    }
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(file) },
        "region": region,
    }})
}

/// A path as a URI reference (RFC 3986): absolute ones with their scheme.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let mut uri = scheme.to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("conf.d/a b.conf"), "conf.d/a%20b.conf");
        assert_eq!(uri("/etc/nginx/\u{e9}#%"), "file:///etc/nginx/%C3%A9%23%25");
    }
}
