//! Words that several processes write: without a lock, never torn, and reading out of bounds gives nothing.

use std::sync::atomic::{AtomicU64, Ordering};

/// A range of the table's words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a>(pub(super) &'a [AtomicU64]);

/// Stands for a word outside of the table: a wrong index must not end a worker.
static NOWHERE: AtomicU64 = AtomicU64::new(0);

impl<'a> Words<'a> {
    /// So many words from a place on.
    pub(super) fn part(self, start: usize, length: usize) -> Self {
        Self(self.0.get(start..start + length).unwrap_or_default())
    }

    fn word(self, at: usize) -> &'a AtomicU64 {
        self.0.get(at).unwrap_or(&NOWHERE)
    }

    pub(super) fn get(self, at: usize) -> u64 {
        self.word(at).load(Ordering::Relaxed)
    }

    pub(super) fn set(self, at: usize, value: u64) {
        self.word(at).store(value, Ordering::Relaxed);
    }

    pub(super) fn add(self, at: usize, value: u64) {
        self.word(at).fetch_add(value, Ordering::Relaxed);
    }

    /// Whoever reads this value also sees all that was written before it.
    pub(super) fn publish(self, at: usize, value: u64) {
        self.word(at).store(value, Ordering::Release);
    }

    /// What was written before it was published is seen.
    pub(super) fn read(self, at: usize) -> u64 {
        self.word(at).load(Ordering::Acquire)
    }

    pub(super) fn get_i64(self, at: usize) -> i64 {
        i64::from_ne_bytes(self.get(at).to_ne_bytes())
    }

    pub(super) fn set_i64(self, at: usize, value: i64) {
        self.set(at, u64::from_ne_bytes(value.to_ne_bytes()));
    }

    /// Bytes, eight to a word, the rest zero.
    pub(super) fn set_bytes(self, at: usize, room: usize, bytes: &[u8]) {
        let mut chunks = bytes.chunks(8);
        for word in 0..room / 8 {
            let mut eight = [0; 8];
            for (to, from) in eight.iter_mut().zip(chunks.next().unwrap_or_default()) {
                *to = *from;
            }
            self.set(at + word, u64::from_le_bytes(eight));
        }
    }

    /// The first `length` bytes of those.
    pub(super) fn bytes<const N: usize>(self, at: usize, length: usize) -> ([u8; N], usize) {
        let mut bytes = [0; N];
        for (word, eight) in bytes.chunks_mut(8).enumerate() {
            let value = self.get(at + word).to_le_bytes();
            for (to, from) in eight.iter_mut().zip(value) {
                *to = from;
            }
        }
        (bytes, length.min(N))
    }
}

/// 64 bits of these bytes, never 0 and never all set: windows have a meaning for both. Not for secrets: two that are chosen to meet would only be counted
/// together.
pub(super) fn digest(seed: u64, parts: &[&[u8]]) -> u64 {
    let mut hash = seed;
    for part in parts {
        hash ^= (part.len() as u64).wrapping_mul(LENGTH_FACTOR);
        let mut rest = *part;
        while let Some((eight, after)) = rest.split_first_chunk() {
            hash = mix(hash, u64::from_le_bytes(*eight));
            rest = after;
        }
        hash = mix(hash, last_word(part, rest));
    }
    hash ^= hash >> 32;
    hash.wrapping_mul(FACTOR).clamp(1, u64::MAX - 1)
}

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
const LENGTH_FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(FACTOR).rotate_left(29)
}

/// The `rest` of a part whose other bytes went by in eights, without a loop: read with bytes before it, or
/// with some of its own twice. The length tells it from another.
fn last_word(part: &[u8], rest: &[u8]) -> u64 {
    let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
    match (part.last_chunk(), rest) {
        (_, []) => 0,
        (Some(eight), _) => u64::from_le_bytes(*eight),
        (None, [a, b, c]) => u64::from_le_bytes([*a, *b, *c, 0, 0, 0, 0, 0]),
        (None, [a]) => u64::from(*a),
        (None, [a, b]) => u64::from_le_bytes([*a, *b, 0, 0, 0, 0, 0, 0]),
        (None, longer) => match (longer.first_chunk(), longer.last_chunk()) {
            (Some(first), Some(last)) => four(first) | four(last) << 32,
            _ => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_nowhere_is_harmless() {
        let memory: Vec<AtomicU64> = (0..4).map(|_| AtomicU64::new(0)).collect();
        let words = Words(&memory);
        words.set_bytes(1, 16, b"0123456789");
        assert_eq!(words.bytes::<16>(1, 10), (*b"0123456789\0\0\0\0\0\0", 10));
        words.set_bytes(1, 16, b"ab");
        assert_eq!(
            words.bytes::<16>(1, 2).0,
            *b"ab\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        );
        words.set(99, 7);
        words.add(4, 1);
        assert_eq!(words.get(0), 0);
        assert_eq!(words.part(3, 9).0.len(), 0);
    }

    #[test]
    fn digests_differ_where_texts_do() {
        let mut seen = std::collections::BTreeSet::new();
        for port in 0..10_000_u32 {
            let server = format!("10.0.0.{}:{port}", port % 250);
            for parts in [
                [&b"orders"[..], server.as_bytes()],
                [&b"order"[..], server.as_bytes()],
            ] {
                assert!(seen.insert(digest(7, &parts)), "{server}");
            }
        }
        assert_ne!(digest(1, &[b"ab", b"c"]), digest(1, &[b"a", b"bc"]));
        assert_ne!(digest(1, &[b"ab", b""]), digest(1, &[b"", b"ab"]));
        let zeros = [0; 20];
        let longer = (0..20).map(|length| digest(1, &[&zeros[..length]]));
        assert!(longer.into_iter().all(|one| seen.insert(one)));
        // Every byte counts, wherever it stands.
        for length in 1..=17 {
            for place in 0..length {
                let mut bytes = [b'a'; 17];
                bytes[place] = b'b';
                assert!(
                    seen.insert(digest(1, &[&bytes[..length]])),
                    "{place} of {length}"
                );
            }
        }
        assert_ne!(digest(1, &[b"a"]), digest(2, &[b"a"]));
        assert_ne!(digest(0, &[b""]), 0);
    }
}
