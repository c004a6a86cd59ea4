//! The end of a connection: whether anything is to be said, and saying it.

mod ending;
mod failed;
mod good;
mod observation;
mod place;
pub(crate) mod protocols;
mod recent;
mod recording;
mod refusal;
mod repeats;

use ngx::ffi::{ngx_connection_t, SSL_CTX};
use tlsdiag::capture::{EndingKind, Recorder};
use tlsdiag::facts::Facts;
use tlsdiag::rules::Family;
use tlsdiag::{report, Diagnosis, Recording};

use crate::conf::{with_zone, Scope};
use crate::openssl::QueueMark;
use crate::sink::error_log;
use crate::upstream::UpstreamConnection;
use crate::variables::{self, Negotiated, Values};

pub(crate) use good::count as count_good;
pub(crate) use observation::Observation;
pub(crate) use refusal::answered;
use repeats::Seen;
pub(crate) use repeats::{begin_process, end_process};

/// A connection that carries data.
#[derive(Default)]
pub(crate) struct Established {
    /// What was agreed on, where variables ask.
    pub(crate) negotiated: Option<Negotiated>,
    /// `c->requests` when that was published last: each request on a kept connection gets its own.
    published_at: Option<usize>,
    /// `c->requests` when the upstream's answer was judged last: each answer is judged once.
    judged_at: Option<usize>,
}

impl Established {
    /// The request or session that uses the connection has not got the values yet.
    pub(crate) fn owes_values_to(&self, connection: &ngx_connection_t) -> bool {
        self.negotiated.is_some() && self.published_at != Some(connection.requests)
    }

    /// Publishes the values for the request or session that uses the connection.
    ///
    /// # Safety
    /// A live connection, whose handshake the recorder has seen.
    pub(crate) unsafe fn publish_for(
        &mut self,
        connection: &ngx_connection_t,
        recorder: &Recorder,
    ) {
        self.published_at = Some(connection.requests);
        let Some(negotiated) = self.negotiated else {
            return;
        };
        let values = Values {
            negotiated,
            recorder,
            failure: None,
        };
        // SAFETY: the caller's promise.
        let upstream = unsafe { UpstreamConnection::of(connection) };
        variables::publish(&upstream, &values);
    }
}

/// Says how a connection ended, if it failed and somebody wants to know.
///
/// # Safety
/// The context is alive: nginx is about to close the connection.
pub(crate) unsafe fn close(
    observation: &Observation,
    upstream: &UpstreamConnection<'_>,
    context: *mut SSL_CTX,
    verify_result: i64,
) {
    let mut failure = ending::of(observation, upstream, verify_result);
    let mut answer = None;
    if failure.is_none() {
        answer = refusal::of_http2_only(observation, upstream);
        failure = answer.as_ref().map(|_| EndingKind::Refused);
    }
    let wanted = failure.filter(|_| upstream.wants_diagnosis());
    let seen = |kind| Seen {
        observation,
        kind,
        context,
        verify_result,
    };
    // Variables want a diagnosis, and an answer of HTTP says more than the handshake.
    let comparable = wanted.filter(|_| answer.is_none() && !variables::are_used());
    if comparable.is_some_and(|kind| repeats::count_alike(upstream, seen(kind))) {
        return;
    }
    let diagnosis = wanted.and_then(|kind| {
        let _mark = QueueMark::set();
        // SAFETY: the caller's promise.
        let recording =
            unsafe { recording::recording(observation, kind, upstream, context, verify_result) };
        let recording = Recording {
            response: answer,
            ..recording
        };
        let facts = Facts::of(&recording);
        let diagnosis = say(upstream, observation, &facts)?;
        if comparable.is_some() {
            repeats::remember(upstream, seen(kind), &diagnosis, &facts);
        }
        Some(diagnosis)
    });
    if failure.is_none() && upstream.wants_diagnosis() {
        good::count_closed(observation, upstream);
    }
    if variables::are_used() {
        let recorder = &observation.recorder;
        let alert = recorder.fatal_alert(false).or(recorder.fatal_alert(true));
        let failure = diagnosis.as_ref().map(|diagnosis| (diagnosis, alert));
        let values = Values {
            negotiated: Negotiated::of(recorder),
            recorder,
            failure,
        };
        variables::publish(upstream, &values);
    }
}

/// Diagnoses, counts and, unless it is a repeat, writes; `None` where nothing is to be said.
fn say(
    upstream: &UpstreamConnection<'_>,
    observation: &Observation,
    facts: &Facts<'_>,
) -> Option<Diagnosis> {
    let scope = upstream.scope()?;
    let recording = facts.recording;
    let diagnosis = tlsdiag::diagnose(facts);
    let is_refusal = recording.ending.kind == EndingKind::Refused;
    if is_refusal && diagnosis.family == Family::Unknown {
        // The upstream meant it: nothing of TLS is in it.
        return None;
    }
    dump(recording);
    recent::add(&recording.context, diagnosis.name);
    failed::count(upstream, observation, &diagnosis, facts);
    if repeats::is_written(upstream, &diagnosis) {
        with_zone(|zone| zone.table.count_record());
        write(upstream, scope, &diagnosis, facts);
    }
    Some(diagnosis)
}

/// Writes the line and the documents.
fn write(
    upstream: &UpstreamConnection<'_>,
    scope: Scope<'_>,
    diagnosis: &Diagnosis,
    facts: &Facts<'_>,
) {
    // SAFETY: a connection's log outlives it.
    unsafe { error_log::write(upstream.log(), || report::line(diagnosis, facts)) };
    // SAFETY: one thread writes, one diagnosis at a time.
    let sinks = unsafe { scope.sinks() };
    if sinks.is_empty() {
        return;
    }
    let mut document = report::document(diagnosis, facts);
    document.push('\n');
    for sink in sinks {
        // SAFETY: a sink lives as long as its configuration, which outlives its connections.
        if !unsafe { sink.write(upstream.log(), &document) } {
            with_zone(|zone| zone.table.count_dropped());
        }
    }
}

#[cfg(not(feature = "fault-injection"))]
fn dump(_recording: &Recording) {}

/// Test build only: `TLSDIAG_RECORDINGS=<directory>` in the worker's environment keeps every
/// recording as a file, which is how the fixtures are made.
#[cfg(feature = "fault-injection")]
fn dump(recording: &Recording) {
    let Some(directory) = std::env::var_os("TLSDIAG_RECORDINGS") else {
        return;
    };
    let name = format!(
        "{}-{}.json",
        recording.environment.pid, recording.context.connection_id
    );
    if let Ok(text) = serde_json::to_string_pretty(recording) {
        let _ = std::fs::write(std::path::Path::new(&directory).join(name), text);
    }
}
