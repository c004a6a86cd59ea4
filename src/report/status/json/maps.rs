//! Objects whose keys are data.

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Group, Server};
use crate::counters::{alerts, Context, Durations, Peer, Upstream, BOUNDS_MS};

/// The upstreams of one context, by name.
pub(super) struct Upstreams<'a>(pub(super) &'a [Upstream], pub(super) Context);

impl Serialize for Upstreams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ours = self.0.iter().filter(|upstream| upstream.context == self.1);
        serializer.collect_map(ours.map(|upstream| (upstream.name, Group::of(upstream))))
    }
}

/// The servers of an upstream.
pub(super) struct Peers<'a>(pub(super) &'a [Peer]);

impl Serialize for Peers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Server::of))
    }
}

/// A histogram: each bound with all that is below it.
pub(super) struct Cumulative<'a>(pub(super) &'a Durations);

impl Serialize for Cumulative<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let mut below = 0;
        for (bound, count) in BOUNDS_MS.iter().zip(self.0.buckets) {
            below += count;
            map.serialize_entry(bound, &below)?;
        }
        map.end()
    }
}

/// What occurred, with its number.
pub(super) enum Counts<'a> {
    Failures(&'a Peer),
    Received(&'a Peer),
    Sent(&'a Peer),
    Protocols(&'a Peer),
    Changes(&'a Peer),
}

impl Serialize for Counts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Failures(peer) => {
                serializer.collect_map(peer.reasons().map(|(rule, count)| (rule.name, count)))
            }
            Self::Received(peer) => serializer.collect_map(alerts(&peer.alerts_received)),
            Self::Sent(peer) => serializer.collect_map(alerts(&peer.alerts_sent)),
            Self::Protocols(peer) => serializer.collect_map(peer.versions()),
            Self::Changes(peer) => {
                serializer.collect_map(peer.changed().map(|(change, count)| (change.code(), count)))
            }
        }
    }
}
