//! Failures that were counted and not written: one document for each window.

use serde::Serialize;

use super::event::Process;
use super::json::json_line;
use super::peer::Server;
use super::shown::{Scissors, Text};
use super::{ECS_VERSION, LIMITS, MAX_DOCUMENT};
use crate::date::timestamp;
use crate::report::Repeated;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(rename = "log.level")]
    level: &'static str,
    message: String,
    #[serde(rename = "ecs.version")]
    ecs_version: &'static str,
    event: Event,
    error: ErrorObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Server<'a>>,
    process: Process,
    nginx: Nginx<'a>,
}

#[derive(Serialize)]
struct Event {
    kind: &'static str,
    module: &'static str,
    dataset: &'static str,
    category: [&'static str; 1],
    #[serde(rename = "type")]
    types: [&'static str; 2],
    action: &'static str,
    outcome: &'static str,
    code: &'static str,
    start: String,
    end: String,
}

#[derive(Serialize)]
struct ErrorObject {
    #[serde(rename = "type")]
    name: &'static str,
}

#[derive(Serialize)]
struct Nginx<'a> {
    upstream_tls: UpstreamTls<'a>,
}

#[derive(Serialize)]
struct UpstreamTls<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<Text<'a>>,
    suppressed: u64,
}

/// Writes the document, without a line feed.
pub fn repeats_document(repeated: &Repeated<'_>) -> String {
    let [limits, ..] = LIMITS;
    let scissors = Scissors::new(limits, false);
    let document = Document {
        timestamp: timestamp(repeated.now_ms),
        level: "error",
        message: repeated.sentence(),
        ecs_version: ECS_VERSION,
        event: Event {
            kind: "event",
            module: "nginx",
            dataset: "nginx.upstream_tls",
            category: ["network"],
            types: ["connection", "protocol"],
            action: "tls-handshake-repeats",
            outcome: "failure",
            code: repeated.reason,
            start: timestamp(repeated.start_ms),
            end: timestamp(repeated.end_ms),
        },
        error: ErrorObject {
            name: repeated.reason,
        },
        server: Server::new(Some(repeated.server), Some(repeated.upstream), &scissors),
        process: Process { pid: repeated.pid },
        nginx: Nginx {
            upstream_tls: UpstreamTls {
                upstream: scissors.text(Some(repeated.upstream)),
                suppressed: repeated.count,
            },
        },
    };
    json_line(&document, MAX_DOCUMENT).unwrap_or_default()
}
