//! Which peers speak HTTP/2 and nothing else, as far as a worker has seen.
//!
//! A server that speaks only HTTP/2 may close without a byte when the client offers no ALPN. That looks like a
//! server that died; the difference is that it chose HTTP/2 whenever that was offered.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Peers remembered. When all places are taken a new peer is not: the table is a hint, not a record.
const PEERS: usize = 64;

#[derive(Debug, Clone, Copy)]
struct Peer {
    /// Of its address.
    hash: u64,
    /// It has answered over a connection on which it did not choose HTTP/2.
    speaks_another: bool,
}

/// The table, of a fixed size.
#[derive(Debug)]
pub struct Protocols {
    peers: [Option<Peer>; PEERS],
}

impl Protocols {
    /// Knows nothing yet.
    pub const fn new() -> Self {
        Self {
            peers: [None; PEERS],
        }
    }

    /// The peer has chosen HTTP/2.
    pub fn chose_http2(&mut self, peer: &[u8]) {
        let hash = hash(peer);
        if self.find(hash).is_some() {
            return;
        }
        if let Some(free) = self.peers.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(Peer {
                hash,
                speaks_another: false,
            });
        }
    }

    /// The peer has answered over a connection on which it did not choose HTTP/2.
    pub fn answered_otherwise(&mut self, peer: &[u8]) {
        if let Some(known) = self.find(hash(peer)) {
            known.speaks_another = true;
        }
    }

    /// It has chosen HTTP/2 and answered nothing else.
    pub fn speaks_only_http2(&mut self, peer: &[u8]) -> bool {
        self.find(hash(peer))
            .is_some_and(|known| !known.speaks_another)
    }

    fn find(&mut self, hash: u64) -> Option<&mut Peer> {
        let mut known = self.peers.iter_mut().flatten();
        known.find(|peer| peer.hash == hash)
    }
}

impl Default for Protocols {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(peer: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    peer.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_peer_that_never_answered_otherwise_speaks_http2_only() {
        let mut protocols = Protocols::new();
        protocols.answered_otherwise(b"a");
        assert!(!protocols.speaks_only_http2(b"a"), "never seen");
        protocols.chose_http2(b"a");
        assert!(protocols.speaks_only_http2(b"a"));
        assert!(!protocols.speaks_only_http2(b"b"));
        protocols.answered_otherwise(b"a");
        protocols.chose_http2(b"a");
        assert!(!protocols.speaks_only_http2(b"a"));
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut protocols = Protocols::new();
        for number in 0..=PEERS {
            protocols.chose_http2(&number.to_be_bytes());
        }
        assert!(protocols.speaks_only_http2(&0usize.to_be_bytes()));
        assert!(!protocols.speaks_only_http2(&PEERS.to_be_bytes()));
    }
}
