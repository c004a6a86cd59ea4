//! The JSON object, version 1: its fields are a contract.

use std::io::{Result, Write};

use serde::Serialize;

use super::plus::Ssl;
use super::MODULE_VERSION;
use crate::capture::Summary;
use crate::changes::Change;
use crate::counters::{Context, Peer, Snapshot, Upstream};
use crate::date::timestamp;
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion};

mod maps;

use maps::{Counts, Cumulative, Peers, Upstreams};

/// Version of the fields. Fields may be added; what stands here stays.
const VERSION: u32 = 1;

pub(super) fn write(snapshot: &Snapshot, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, &Document::of(snapshot))?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    nginx: Nginx<'a>,
    zone: Zone<'a>,
    log: Log,
    http: Part<'a>,
    stream: Part<'a>,
    other: Server<'a>,
}

#[derive(Serialize)]
struct Nginx<'a> {
    version: &'a str,
    openssl: &'a str,
    module: &'static str,
    generation: u32,
    time: String,
}

#[derive(Serialize)]
struct Zone<'a> {
    name: &'a str,
    size: u64,
    servers: u64,
    servers_limit: u64,
    overflows: u64,
    since: String,
}

#[derive(Serialize)]
struct Log {
    records: u64,
    suppressed: u64,
    dropped: u64,
}

#[derive(Serialize)]
struct Part<'a> {
    upstreams: Upstreams<'a>,
}

#[derive(Serialize)]
struct Group<'a> {
    since: String,
    handshake_time_hist: Histogram<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate_not_after: Option<String>,
    peers: Peers<'a>,
}

#[derive(Serialize)]
struct Histogram<'a> {
    count: u64,
    sum_ms: u64,
    /// By upper bound in milliseconds, each with those below it.
    le_ms: Cumulative<'a>,
}

#[derive(Serialize)]
struct Server<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    server: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    since: String,
    ssl: Ssl,
    failures: Counts<'a>,
    /// Of those, requests refused in HTTP over a good handshake.
    refused: u64,
    alerts: Alerts<'a>,
    protocols: Counts<'a>,
    changes: Counts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_good: Option<LastGood<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<LastFailure>,
    /// Between the two; absent where one of them is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<Vec<&'static str>>,
}

#[derive(Serialize)]
struct Alerts<'a> {
    received: Counts<'a>,
    sent: Counts<'a>,
}

#[derive(Serialize)]
struct LastFailure {
    time: String,
    reason: &'static str,
}

#[derive(Serialize)]
struct LastGood<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    alpn: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    server_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    location_name: &'a str,
    generation: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_certificate: Option<ClientCertificate>,
}

#[derive(Serialize)]
struct Certificate<'a> {
    sha256: String,
    serial_number: String,
    issuer: &'a str,
    key: &'a str,
    not_before: String,
    not_after: String,
}

#[derive(Serialize)]
struct ClientCertificate {
    sha256_prefix: String,
    not_after: String,
}

impl<'a> Document<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let Snapshot {
            build, zone, log, ..
        } = snapshot;
        Self {
            version: VERSION,
            nginx: Nginx {
                version: build.nginx.as_str(),
                openssl: build.openssl.as_str(),
                module: MODULE_VERSION,
                generation: build.generation,
                time: timestamp(snapshot.now_ms),
            },
            zone: Zone {
                name: zone.name.as_str(),
                size: zone.size,
                servers: zone.servers,
                servers_limit: zone.servers_limit,
                overflows: zone.overflows,
                since: timestamp(zone.since_ms),
            },
            log: Log {
                records: log.records,
                suppressed: log.suppressed,
                dropped: log.dropped,
            },
            http: Part::of(snapshot, Context::Http),
            stream: Part::of(snapshot, Context::Stream),
            other: Server::of(&snapshot.other),
        }
    }
}

impl<'a> Part<'a> {
    fn of(snapshot: &'a Snapshot, context: Context) -> Self {
        Self {
            upstreams: Upstreams(&snapshot.upstreams, context),
        }
    }
}

impl<'a> Group<'a> {
    fn of(upstream: &'a Upstream) -> Self {
        Self {
            since: timestamp(upstream.created_ms),
            handshake_time_hist: Histogram {
                count: upstream.durations.count(),
                sum_ms: upstream.durations.sum_us / 1000,
                le_ms: Cumulative(&upstream.durations),
            },
            client_certificate_not_after: upstream.client_certificate_not_after.map(date),
            peers: Peers(&upstream.peers),
        }
    }
}

impl<'a> Server<'a> {
    fn of(peer: &'a Peer) -> Self {
        let changed = peer.last_failure.and_then(|failure| failure.changed);
        Self {
            server: peer.server.as_str(),
            name: peer.name.as_str(),
            since: timestamp(peer.created_ms),
            ssl: Ssl::of(peer),
            failures: Counts::Failures(peer),
            refused: peer.refused,
            alerts: Alerts {
                received: Counts::Received(peer),
                sent: Counts::Sent(peer),
            },
            protocols: Counts::Protocols(peer),
            changes: Counts::Changes(peer),
            last_success: peer.last_success_ms.map(timestamp),
            last_good: peer.last_good.as_ref().map(LastGood::of),
            last_failure: peer.last_failure.map(|failure| LastFailure {
                time: timestamp(failure.time_ms),
                reason: failure.name(),
            }),
            changed: changed.map(|changes| changes.iter().map(Change::code).collect()),
        }
    }
}

impl<'a> LastGood<'a> {
    fn of(summary: &'a Summary) -> Self {
        let code = |code: u16| (code != 0).then_some(code);
        Self {
            time: timestamp(summary.time_ms),
            version: code(summary.version).map(|one| ProtocolVersion(one).to_string()),
            cipher: code(summary.cipher).map(|one| CipherSuite(one).to_string()),
            group: code(summary.group).map(|one| NamedGroup(one).to_string()),
            alpn: summary.alpn.as_ref().map_or("", |name| name.as_str()),
            server_name: summary
                .server_name
                .as_ref()
                .map_or("", |name| name.as_str()),
            location_name: summary.location.as_str(),
            generation: summary.generation,
            certificate: summary.certificate.as_ref().map(|one| Certificate {
                sha256: one.sha256.to_string(),
                serial_number: one.serial.to_string(),
                issuer: one.issuer.as_str(),
                key: one.key.as_str(),
                not_before: date(one.not_before),
                not_after: date(one.not_after),
            }),
            client_certificate: summary.client_certificate.map(|one| ClientCertificate {
                sha256_prefix: one.sha256.to_string(),
                not_after: date(one.not_after),
            }),
        }
    }
}

fn date(seconds: i64) -> String {
    timestamp(seconds.saturating_mul(1000))
}
