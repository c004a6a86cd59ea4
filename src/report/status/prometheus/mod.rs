//! Metrics: Prometheus' text format 0.0.4 and OpenMetrics 1.0.
//!
//! Names and labels are a contract. A server is labelled by its upstream and address alone: nothing that a
//! peer or a client can choose (subjects, names, fingerprints) is a label. A reason or an alert appears once
//! it has occurred; in OpenMetrics it has the time since when it was counted, so that the first one is seen
//! as an increase.

mod exposition;

use std::io::{Result, Write};

use exposition::{Exposition, Kind, Labels, Value};

use super::MODULE_VERSION;
use crate::counters::{alerts, Peer, Snapshot, Upstream};

pub(super) fn write(snapshot: &Snapshot, open_metrics: bool, out: &mut dyn Write) -> Result<()> {
    let mut to = Exposition::new(out, open_metrics);
    build(snapshot, &mut to)?;
    handshakes(snapshot, &mut to)?;
    details(snapshot, &mut to)?;
    durations(snapshot, &mut to)?;
    times(snapshot, &mut to)?;
    zone(snapshot, &mut to)?;
    to.end()
}

fn build(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    to.family("build", Kind::Info, "What counts these.")?;
    to.sample(
        Labels::new()
            .with("version", MODULE_VERSION)
            .with("nginx", snapshot.build.nginx.as_str())
            .with("openssl", snapshot.build.openssl.as_str()),
        Value::Count(1),
        snapshot.zone.since_ms,
    )
}

fn handshakes(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    to.family(
        "handshakes",
        Kind::Counter,
        "TLS handshakes with upstream servers that succeeded: application data followed.",
    )?;
    for (labels, peer) in peers(snapshot) {
        to.sample(labels, Value::Count(peer.handshakes), peer.created_ms)?;
    }
    to.family(
        "handshake_failures",
        Kind::Counter,
        "TLS handshakes with upstream servers that failed, and requests that they refused, by diagnosis.",
    )?;
    for (labels, peer) in peers(snapshot) {
        for (rule, count) in peer.reasons() {
            let labels = labels.with("reason", rule.name);
            to.sample(labels, Value::Count(count), peer.created_ms)?;
        }
    }
    to.family(
        "requests_refused",
        Kind::Counter,
        "Requests among those failures that were refused in HTTP: their handshakes succeeded.",
    )?;
    for (labels, peer) in peers(snapshot) {
        to.sample(labels, Value::Count(peer.refused), peer.created_ms)?;
    }
    to.family(
        "session_reuses",
        Kind::Counter,
        "Successful handshakes that resumed a session.",
    )?;
    for (labels, peer) in peers(snapshot) {
        to.sample(labels, Value::Count(peer.session_reuses), peer.created_ms)?;
    }
    Ok(())
}

fn details(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    to.family(
        "alerts_received",
        Kind::Counter,
        "Fatal TLS alerts that upstream servers sent.",
    )?;
    for (labels, peer) in peers(snapshot) {
        for (alert, count) in alerts(&peer.alerts_received) {
            let labels = labels.with("alert", alert);
            to.sample(labels, Value::Count(count), peer.created_ms)?;
        }
    }
    to.family(
        "alerts_sent",
        Kind::Counter,
        "Fatal TLS alerts that nginx sent to upstream servers.",
    )?;
    for (labels, peer) in peers(snapshot) {
        for (alert, count) in alerts(&peer.alerts_sent) {
            let labels = labels.with("alert", alert);
            to.sample(labels, Value::Count(count), peer.created_ms)?;
        }
    }
    to.family(
        "changes",
        Kind::Counter,
        "What changed from one successful handshake of a location to the next.",
    )?;
    for (labels, peer) in peers(snapshot) {
        for (change, count) in peer.changed() {
            let labels = labels.with("what", change.code());
            to.sample(labels, Value::Count(count), peer.created_ms)?;
        }
    }
    Ok(())
}

fn durations(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    to.family(
        "handshake_duration_seconds",
        Kind::Histogram,
        "Time that successful handshakes took, by upstream.",
    )?;
    for upstream in &snapshot.upstreams {
        to.histogram(group(upstream), &upstream.durations, upstream.created_ms)?;
    }
    Ok(())
}

/// When things happened, and when certificates end. They are of the last good handshake, so healthy servers
/// have them, too.
fn times(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    type Get = fn(&Peer) -> Option<i64>;
    let times: [(&str, &str, Get); 4] = [
        (
            "last_success_timestamp_seconds",
            "When the last handshake succeeded.",
            |peer| peer.last_success_ms,
        ),
        (
            "last_failure_timestamp_seconds",
            "When the last handshake failed, or the last request was refused.",
            |peer| peer.last_failure.map(|failure| failure.time_ms),
        ),
        (
            "certificate_expiration_timestamp_seconds",
            "End of validity of the server's certificate in the last good handshake.",
            |peer| {
                let certificate = peer.last_good?.certificate?;
                Some(certificate.not_after.saturating_mul(1000))
            },
        ),
        (
            "certificate_last_seen_timestamp_seconds",
            "When a good handshake last showed that certificate.",
            |peer| {
                peer.last_good
                    .filter(|good| good.certificate.is_some())
                    .map(|good| good.time_ms)
            },
        ),
    ];
    for (name, help, get) in times {
        to.family(name, Kind::Gauge, help)?;
        for (labels, peer) in peers(snapshot) {
            if let Some(time_ms) = get(peer) {
                to.sample(labels, Value::Time(time_ms), 0)?;
            }
        }
    }
    to.family(
        "client_certificate_expiration_timestamp_seconds",
        Kind::Gauge,
        "End of validity of the certificate that nginx last presented.",
    )?;
    for upstream in &snapshot.upstreams {
        if let Some(not_after) = upstream.client_certificate_not_after {
            to.sample(
                group(upstream),
                Value::Time(not_after.saturating_mul(1000)),
                0,
            )?;
        }
    }
    Ok(())
}

fn zone(snapshot: &Snapshot, to: &mut Exposition<'_>) -> Result<()> {
    let Snapshot { zone, log, .. } = snapshot;
    let count = Value::Count;
    for (name, kind, help, value) in [
        (
            "log_records",
            Kind::Counter,
            "Failures written to logs.",
            count(log.records),
        ),
        (
            "log_suppressed",
            Kind::Counter,
            "Failures that were only counted, as repeats.",
            count(log.suppressed),
        ),
        (
            "log_dropped",
            Kind::Counter,
            "Documents that a log could not take.",
            count(log.dropped),
        ),
        (
            "zone_servers",
            Kind::Gauge,
            "Servers in the zone.",
            count(zone.servers),
        ),
        (
            "zone_servers_limit",
            Kind::Gauge,
            "Servers that the zone has room for.",
            count(zone.servers_limit),
        ),
        (
            "zone_overflows",
            Kind::Counter,
            "Handshakes counted under server=\"other\" because the zone was full.",
            count(zone.overflows),
        ),
        (
            "start_timestamp_seconds",
            Kind::Gauge,
            "When counting began.",
            Value::Time(zone.since_ms),
        ),
        (
            "clock_timestamp_seconds",
            Kind::Gauge,
            "The clock of the machine that counts.",
            Value::Time(snapshot.now_ms),
        ),
    ] {
        to.family(name, kind, help)?;
        to.sample(Labels::new(), value, zone.since_ms)?;
    }
    Ok(())
}

fn group(upstream: &Upstream) -> Labels<'_> {
    Labels::new()
        .with("context", upstream.context.name())
        .with("upstream", upstream.name.as_str())
}

/// All servers with their labels; last what has no place of its own.
fn peers(snapshot: &Snapshot) -> impl Iterator<Item = (Labels<'_>, &Peer)> {
    let of = |upstream| {
        let labels: Labels<'_> = group(upstream);
        let peers = upstream.peers.iter();
        peers.map(move |peer| (labels.with("server", peer.server.as_str()), peer))
    };
    let other = Labels::new()
        .with("upstream", "other")
        .with("server", "other");
    snapshot
        .upstreams
        .iter()
        .flat_map(of)
        .chain([(other, &snapshot.other)])
}
