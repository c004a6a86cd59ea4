//! Everything at one moment.

use super::layout::{header, row, slot as at, MAX_ROWS};
use super::slot::short_text;
use super::{Slot, Table};
use crate::counters::{
    Build, Context, Durations, Log, Peer, Snapshot, Upstream, Zone, ALERTS, REASONS,
};

impl Table<'_> {
    /// Copies what was counted. `zone` has the name and the size. `None` without memory.
    pub fn snapshot(&self, build: Build, zone: Zone, now_ms: i64) -> Option<Snapshot> {
        let words = self.words;
        let upstreams = self.upstreams()?;
        let servers: usize = upstreams.iter().map(|upstream| upstream.peers.len()).sum();
        Some(Snapshot {
            now_ms,
            build,
            zone: Zone {
                servers: servers as u64,
                servers_limit: self.layout.slots as u64 - 1,
                overflows: words.get(header::OVERFLOWS),
                since_ms: words.get_i64(header::SINCE_MS),
                ..zone
            },
            log: Log {
                records: words.get(header::RECORDS),
                suppressed: words.get(header::SUPPRESSED),
                dropped: words.get(header::DROPPED),
            },
            upstreams,
            other: self.other().peer(),
        })
    }

    /// Those that have servers, in the order in which they were first seen.
    fn upstreams(&self) -> Option<Vec<Upstream>> {
        let slots = || self.taken().skip(1).map(|(_, slot)| slot);
        let mut counts = [0; MAX_ROWS];
        for slot in slots() {
            if let Some(count) = counts.get_mut(slot.row_number()) {
                *count += 1;
            }
        }
        let mut upstreams = Vec::new();
        upstreams
            .try_reserve_exact(counts.iter().filter(|count| **count > 0).count())
            .ok()?;
        // Where the upstream of a row went.
        let mut places = [usize::MAX; MAX_ROWS];
        for (row, count) in counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
        {
            let mut peers = Vec::new();
            peers.try_reserve_exact(count).ok()?;
            if let Some(place) = places.get_mut(row) {
                *place = upstreams.len();
            }
            upstreams.push(self.upstream(row, peers));
        }
        for slot in slots() {
            let place = places.get(slot.row_number()).copied().unwrap_or(usize::MAX);
            let Some(Upstream { peers, .. }) = upstreams.get_mut(place) else {
                continue;
            };
            // What came since the first count has no room.
            if peers.len() < peers.capacity() {
                peers.push(slot.peer());
            }
        }
        upstreams.sort_unstable_by_key(|upstream| (upstream.context, upstream.created_ms));
        Some(upstreams)
    }

    fn upstream(&self, index: usize, peers: Vec<Peer>) -> Upstream {
        let words = self.row(index);
        let meta = words.get(row::META);
        let mut durations = Durations {
            sum_us: words.get(row::SUM_US),
            ..Durations::default()
        };
        for (place, bucket) in durations.buckets.iter_mut().enumerate() {
            *bucket = words.get(row::BUCKETS + place);
        }
        let own = words.get_i64(row::OWN_NOT_AFTER);
        Upstream {
            context: match meta >> 8 & 1 {
                0 => Context::Http,
                _ => Context::Stream,
            },
            name: short_text(words, row::NAME, meta & 0xff),
            created_ms: words.get_i64(row::CREATED_MS),
            durations,
            client_certificate_not_after: (own != 0).then_some(own),
            peers,
        }
    }
}

impl Slot<'_> {
    fn row_number(&self) -> usize {
        usize::try_from(self.words.get(at::META) & 0xffff).unwrap_or(0)
    }

    fn peer(&self) -> Peer {
        let words = self.words;
        let meta = words.get(at::META);
        let mut peer = Peer {
            server: short_text(words, at::SERVER, meta >> 16 & 0xff),
            name: short_text(words, at::NAME, meta >> 24 & 0xff),
            created_ms: words.get_i64(at::CREATED_MS),
            handshakes: words.get(at::GOOD),
            session_reuses: words.get(at::REUSED),
            refused: words.get(at::REFUSED),
            last_success_ms: Some(words.get_i64(at::LAST_GOOD_MS)).filter(|time| *time != 0),
            last_good: self.last_good(),
            last_failure: self.last_failure(),
            ..Peer::default()
        };
        for (place, count) in peer.protocols.iter_mut().enumerate() {
            *count = words.get(at::PROTOCOLS + place);
        }
        for place in 0..REASONS {
            if let Some(count) = peer.failures.get_mut(place) {
                *count = words.get(at::FAILURES + place);
            }
        }
        for place in 0..ALERTS {
            let (received, sent) = (&mut peer.alerts_received, &mut peer.alerts_sent);
            if let (Some(received), Some(sent)) = (received.get_mut(place), sent.get_mut(place)) {
                (*received, *sent) = (words.get(at::RECEIVED + place), words.get(at::SENT + place));
            }
        }
        for (place, count) in peer.changes.iter_mut().enumerate() {
            *count = self.changes(place);
        }
        peer
    }
}
