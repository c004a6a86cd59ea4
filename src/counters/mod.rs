//! What has been counted, as plain data: a status report is made from one [`Snapshot`] alone.
//!
//! The snapshot is copied out of shared memory before the report begins, so that all figures are of one
//! moment. It holds no more than the zone has room for, and its texts have a fixed size.

use crate::capture::Summary;
use crate::changes::{Change, Changes};
use crate::fixed::Text;
use crate::registry::Alert;
use crate::rules::{Rule, CATALOGUE};

/// Diagnoses that are counted: one for each of [`CATALOGUE`], in its order.
pub const REASONS: usize = CATALOGUE.len();
/// Alerts that are counted: [`Alert::all`] in its order, then one for all unknown ones.
pub const ALERTS: usize = Alert::KNOWN + 1;
/// Changes that are counted: [`Change::ALL`] in its order.
pub const CHANGES: usize = Change::ALL.len();
/// Upper bounds of the histogram's buckets in milliseconds: those that OpenTelemetry advises for the
/// duration of requests. One more bucket takes all longer ones.
pub const BOUNDS_MS: [u32; 14] = [
    5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
];
/// Versions that are counted; one more takes all others.
pub const VERSIONS: [u16; 4] = [0x0301, 0x0302, 0x0303, 0x0304];

/// Everything that was counted, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When that was, milliseconds since the epoch.
    pub now_ms: i64,
    /// What counted.
    pub build: Build,
    /// Where it was counted.
    pub zone: Zone,
    /// What became of the diagnoses.
    pub log: Log,
    /// The upstreams of http and of stream, each kind together.
    pub upstreams: Vec<Upstream>,
    /// Servers for which the zone has no room, and connections that other modules made.
    pub other: Peer,
}

/// Versions of what runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Build {
    /// nginx, `1.22.1`.
    pub nginx: Text<16>,
    /// The TLS library, as it names itself.
    pub openssl: Text<64>,
    /// The configuration that answers: counts from 1, one more with each reload.
    pub generation: u32,
}

/// The shared memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Zone {
    /// Its name in nginx.conf.
    pub name: Text<64>,
    /// Its size in bytes.
    pub size: u64,
    /// Servers that have a place.
    pub servers: u64,
    /// Servers that there is room for.
    pub servers_limit: u64,
    /// Handshakes with servers that had no place.
    pub overflows: u64,
    /// When counting began, milliseconds since the epoch.
    pub since_ms: i64,
}

/// What became of the diagnoses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log {
    /// Failures that were written.
    pub records: u64,
    /// Failures that were only counted, as repeats.
    pub suppressed: u64,
    /// Failures that a log could not be given.
    pub dropped: u64,
}

/// Which part of nginx an upstream belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// `http {}`
    Http,
    /// `stream {}`
    Stream,
}

impl Context {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Stream => "stream",
        }
    }
}

/// An `upstream` block, a host of `proxy_pass`, or everything that variables name.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where it belongs.
    pub context: Context,
    /// Name of the block, or host.
    pub name: Text<96>,
    /// When counting began, milliseconds since the epoch.
    pub created_ms: i64,
    /// How long its good handshakes took.
    pub durations: Durations,
    /// End of validity of the certificate that nginx last presented, seconds since the epoch.
    pub client_certificate_not_after: Option<i64>,
    /// Its servers.
    pub peers: Vec<Peer>,
}

/// Good handshakes by how long they took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Durations {
    /// One for each bound of [`BOUNDS_MS`], not cumulative, and one for all longer ones.
    pub buckets: [u64; BOUNDS_MS.len() + 1],
    /// All of them together, microseconds.
    pub sum_us: u64,
}

/// One server.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its address as nginx prints it: `10.0.0.5:8443`, `unix:/run/app.sock`.
    pub server: Text<112>,
    /// The name in its `server` line, where that is known.
    pub name: Text<64>,
    /// When counting began, milliseconds since the epoch.
    pub created_ms: i64,
    /// Good handshakes: application data went by.
    pub handshakes: u64,
    /// Those of them that resumed a session.
    pub session_reuses: u64,
    /// Good handshakes by version: [`VERSIONS`], then all others.
    pub protocols: [u64; VERSIONS.len() + 1],
    /// Failed ones by diagnosis, and requests that were refused.
    pub failures: [u64; REASONS],
    /// Those of them that are requests refused in HTTP because of TLS: their handshakes were good.
    pub refused: u64,
    /// Fatal alerts that the server sent, of failed handshakes.
    pub alerts_received: [u64; ALERTS],
    /// Fatal alerts that nginx sent.
    pub alerts_sent: [u64; ALERTS],
    /// What changed from one good handshake to the next.
    pub changes: [u64; CHANGES],
    /// The last good handshake, milliseconds since the epoch.
    pub last_success_ms: Option<i64>,
    /// What was agreed on in it, or in one not long before it.
    pub last_good: Option<Summary>,
    /// The last failed one, or the last refused request.
    pub last_failure: Option<LastFailure>,
}

/// The last failure of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastFailure {
    /// When, milliseconds since the epoch.
    pub time_ms: i64,
    /// Place of the diagnosis in [`CATALOGUE`].
    pub reason: usize,
    /// What had changed since the last good handshake; `None` when there was none before.
    pub changed: Option<Changes>,
}

impl Default for Peer {
    fn default() -> Self {
        Self {
            server: Text::EMPTY,
            name: Text::EMPTY,
            created_ms: 0,
            handshakes: 0,
            session_reuses: 0,
            protocols: [0; VERSIONS.len() + 1],
            failures: [0; REASONS],
            refused: 0,
            alerts_received: [0; ALERTS],
            alerts_sent: [0; ALERTS],
            changes: [0; CHANGES],
            last_success_ms: None,
            last_good: None,
            last_failure: None,
        }
    }
}

impl Peer {
    /// Failed handshakes and refused requests.
    pub fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// Diagnoses that occurred, with their number.
    pub fn reasons(&self) -> impl Iterator<Item = (&'static Rule, u64)> + '_ {
        let rules = CATALOGUE.iter().copied();
        rules.zip(self.failures).filter(|(_, count)| *count > 0)
    }

    /// Versions that occurred, by name, with their number.
    pub fn versions(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        const NAMES: [&str; VERSIONS.len() + 1] =
            ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3", "other"];
        let counted = NAMES.into_iter().zip(self.protocols);
        counted.filter(|(_, count)| *count > 0)
    }

    /// Changes that occurred, with their number.
    pub fn changed(&self) -> impl Iterator<Item = (Change, u64)> + '_ {
        let all = Change::ALL.iter().copied();
        all.zip(self.changes).filter(|(_, count)| *count > 0)
    }
}

impl LastFailure {
    /// Name of the diagnosis.
    pub fn name(&self) -> &'static str {
        CATALOGUE
            .get(self.reason)
            .map_or("unknown", |rule| rule.name)
    }
}

/// Alerts that occurred, by name, with their number.
pub fn alerts(counts: &[u64; ALERTS]) -> impl Iterator<Item = (&'static str, u64)> + '_ {
    let names = Alert::all().filter_map(Alert::name).chain(["unknown"]);
    names.zip(*counts).filter(|(_, count)| *count > 0)
}

/// Place of a diagnosis among [`REASONS`].
pub fn reason(name: &str) -> Option<usize> {
    CATALOGUE.iter().position(|rule| rule.name == name)
}

/// Place of a good handshake's version among the counters of [`Peer::protocols`].
pub fn version(version: u16) -> usize {
    let known = VERSIONS.iter().position(|one| *one == version);
    known.unwrap_or(VERSIONS.len())
}

/// Place of a duration among [`Durations::buckets`].
pub fn bucket(duration_us: u64) -> usize {
    let fits = |bound: &u32| duration_us <= u64::from(*bound) * 1000;
    BOUNDS_MS.iter().position(fits).unwrap_or(BOUNDS_MS.len())
}

impl Durations {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_counted_has_a_name_and_a_place() {
        let mut peer = Peer::default();
        for (index, rule) in CATALOGUE.iter().enumerate() {
            assert_eq!(reason(rule.name), Some(index));
            peer.failures[index] = 1;
        }
        assert_eq!(reason("no_such_name"), None);
        assert_eq!(peer.reasons().count(), REASONS);
        assert_eq!(peer.failed(), u64::try_from(REASONS).unwrap());
        for alert in Alert::all() {
            peer.alerts_received[alert.place()] += 1;
        }
        peer.alerts_received[Alert(250).place()] += 1;
        let names: Vec<_> = alerts(&peer.alerts_received).collect();
        assert_eq!(
            names.len(),
            ALERTS,
            "each has a place of its own: {names:?}"
        );
        assert_eq!(names.last(), Some(&("unknown", 1)));
        assert!(names.contains(&("handshake_failure", 1)));
    }

    #[test]
    fn versions_and_durations_fall_into_their_places() {
        let place = |ms: u64| bucket(ms * 1000);
        assert_eq!((place(0), place(5), place(6)), (0, 0, 1));
        assert_eq!((place(10_000), place(10_001)), (13, 14));
        assert_eq!(
            (version(0x0303), version(0x0304), version(0x0300)),
            (2, 3, 4)
        );
    }
}
