//! Which diagnoses a peer got a moment ago.
//!
//! Someone who repairs one cause after another wants to see that the next failure is a different one. So a
//! worker remembers the last two different names of its latest peers for ten minutes, in a table of fixed
//! size.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Peers remembered: one that fails makes room for the one that failed longest ago.
const PEERS: usize = 64;
/// Milliseconds for which a name is remembered.
const MEMORY_MS: u64 = 600_000;

/// A name, and when it was given last.
#[derive(Debug, Clone, Copy)]
struct Named {
    name: &'static str,
    at_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Peer {
    /// Hash of its address. Two peers with the same hash share their past: the price of a small table.
    hash: u64,
    last: Named,
    other: Option<Named>,
}

/// The table.
#[derive(Debug)]
pub struct Recent {
    peers: [Option<Peer>; PEERS],
}

impl Recent {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            peers: [None; PEERS],
        }
    }

    /// The last two different names of this peer, the latest first. `now_ms` is a clock that never goes
    /// back, in milliseconds.
    pub fn names(&self, peer: &str, now_ms: u64) -> impl Iterator<Item = &'static str> {
        let hash = hash(peer);
        let found = self.peers.iter().flatten().find(|one| one.hash == hash);
        let named = found.map(|one| [Some(one.last), one.other]);
        named
            .into_iter()
            .flatten()
            .flatten()
            .filter(move |named| now_ms.saturating_sub(named.at_ms) < MEMORY_MS)
            .map(|named| named.name)
    }

    /// The peer has got this name.
    pub fn add(&mut self, peer: &str, name: &'static str, now_ms: u64) {
        let hash = hash(peer);
        let last = Named {
            name,
            at_ms: now_ms,
        };
        let known = self.peers.iter_mut().flatten();
        if let Some(known) = known.into_iter().find(|one| one.hash == hash) {
            if known.last.name != name {
                known.other = Some(known.last);
            }
            known.last = last;
            return;
        }
        // A free place comes first: it has no time at all.
        let age = |slot: &&mut Option<Peer>| slot.map(|one| one.last.at_ms);
        if let Some(slot) = self.peers.iter_mut().min_by_key(age) {
            *slot = Some(Peer {
                hash,
                last,
                other: None,
            });
        }
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(peer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    peer.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(recent: &Recent, peer: &str, now_ms: u64) -> Vec<&'static str> {
        recent.names(peer, now_ms).collect()
    }

    #[test]
    fn the_last_two_different_names_are_known_for_ten_minutes() {
        let mut recent = Recent::new();
        assert!(names(&recent, "a", 0).is_empty());
        recent.add("a", "first", 0);
        recent.add("a", "second", 1_000);
        recent.add("a", "second", 2_000);
        assert_eq!(names(&recent, "a", 2_000), ["second", "first"]);
        assert!(names(&recent, "b", 2_000).is_empty());
        assert_eq!(names(&recent, "a", MEMORY_MS), ["second"]);
        assert!(names(&recent, "a", MEMORY_MS + 2_000).is_empty());
    }

    #[test]
    fn the_peer_that_failed_longest_ago_makes_room() {
        let mut recent = Recent::new();
        for number in 0..=PEERS {
            recent.add(&format!("peer {number}"), "one", number as u64);
        }
        assert!(names(&recent, "peer 0", 100).is_empty());
        assert_eq!(names(&recent, "peer 1", 100), ["one"]);
        assert_eq!(names(&recent, &format!("peer {PEERS}"), 100), ["one"]);
    }
}
