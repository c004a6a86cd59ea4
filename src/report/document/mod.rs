//! The JSON document: one line a failed attempt.
//!
//! ECS field names in the ecs-logging layout, nested, with our own facts under `nginx.upstream_tls`; one file
//! an object of the top level. What is unknown is absent. A document that is longer than a pipe takes in one
//! piece is written again with shorter lists and texts, and says so; the shortest form holds nothing whose
//! length a peer or a client chooses.

mod event;
mod history;
mod json;
mod peer;
mod repeats;
mod request;
mod shown;
mod tls;
mod upstream_tls;

pub use json::json_line;
pub use repeats::repeats_document;
pub use upstream_tls::Answer;

use std::borrow::Cow;

use serde::Serialize;

use crate::date::timestamp;
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::text::clip;

use event::{ErrorObject, Event, Process};
use peer::{Network, Server};
use request::{Client, Http, Url};
use shown::{Limits, Scissors};
use tls::Tls;
use upstream_tls::{Nginx, UpstreamTls};

/// Version of the field names used.
const ECS_VERSION: &str = "9.4.0";
/// Longest document.
const MAX_DOCUMENT: usize = 4095;
/// Longest first. The later ones also leave out lists that the first shows.
const LIMITS: [Limits; 3] = [
    Limits { list: 8, text: 256 },
    Limits { list: 4, text: 64 },
    Limits { list: 0, text: 32 },
];
/// The shortest form: without any text or list of others.
const NOTHING: Limits = Limits { list: 0, text: 0 };
/// Bytes of the sentence in the last resort.
const SHORT_MESSAGE: usize = 200;

/// The four fields that ecs-logging wants first, then the nested rest.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(rename = "log.level")]
    level: &'static str,
    message: Cow<'a, str>,
    #[serde(rename = "ecs.version")]
    ecs_version: &'static str,
    event: Event,
    error: ErrorObject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Server<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Client<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    tls: Tls<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Url<'a>>,
    process: Process,
    /// Last: it says whether anything was cut.
    nginx: Nginx<'a>,
}

/// Writes the document, without a line feed.
pub fn document(diagnosis: &Diagnosis, facts: &Facts<'_>) -> String {
    for (round, limits) in LIMITS.into_iter().enumerate() {
        let scissors = Scissors::new(limits, round > 0);
        let message = scissors.sentence(Some(&diagnosis.finding.sentence));
        let document = Document::of(diagnosis, facts, &scissors, message.unwrap_or_default());
        if let Some(text) = json_line(&document, MAX_DOCUMENT) {
            return text;
        }
    }
    let scissors = Scissors::new(NOTHING, true);
    let message = clip(&diagnosis.finding.sentence, SHORT_MESSAGE);
    let document = Document {
        client: None,
        http: None,
        url: None,
        ..Document::of(diagnosis, facts, &scissors, message)
    };
    json_line(&document, MAX_DOCUMENT).unwrap_or_default()
}

impl<'a> Document<'a> {
    fn of(
        diagnosis: &'a Diagnosis,
        facts: &'a Facts<'a>,
        scissors: &'a Scissors,
        message: Cow<'a, str>,
    ) -> Self {
        let recording = facts.recording;
        Self {
            timestamp: timestamp(recording.environment.time_ms),
            level: "error",
            message,
            ecs_version: ECS_VERSION,
            event: Event::of(diagnosis, facts),
            error: ErrorObject::of(diagnosis, facts, scissors),
            server: Server::of(facts, scissors),
            client: Client::of(&recording.context, scissors),
            network: Network::of(facts),
            tls: Tls::of(facts, scissors),
            http: Http::of(&recording.context, scissors),
            url: Url::of(&recording.context, scissors),
            process: Process {
                pid: recording.environment.pid,
            },
            nginx: Nginx {
                upstream_tls: UpstreamTls::of(diagnosis, facts, scissors),
            },
        }
    }
}
