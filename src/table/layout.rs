//! The layout of the table. Everything is words of 64 bits.
//!
//! Header, then a row for each upstream, then buckets (heads of chains), then a slot for each server.

use crate::counters::{ALERTS, BOUNDS_MS, CHANGES, REASONS, VERSIONS};
use crate::suppress::WINDOWS;

/// Words of the header, 4 KiB.
const HEADER: usize = 512;
/// Words of an upstream's row.
const ROW: usize = 32;
/// Words of a server's slot, 2 KiB.
const SLOT: usize = 256;
/// Rows at most, and at least.
pub(super) const MAX_ROWS: usize = 256;
const MIN_ROWS: usize = 4;
/// Words of the whole for each row.
const WORDS_PER_ROW: usize = 1024;

/// Words of the header.
pub(super) mod header {
    pub(in crate::table) const MAGIC: usize = 0;
    pub(in crate::table) const VERSION: usize = 1;
    pub(in crate::table) const WORDS: usize = 2;
    pub(in crate::table) const ROWS: usize = 3;
    pub(in crate::table) const SLOTS: usize = 4;
    /// Makes digests of one zone useless for another.
    pub(in crate::table) const SEED: usize = 5;
    pub(in crate::table) const SINCE_MS: usize = 6;
    pub(in crate::table) const GENERATION: usize = 7;
    pub(in crate::table) const OVERFLOWS: usize = 8;
    pub(in crate::table) const RECORDS: usize = 9;
    pub(in crate::table) const SUPPRESSED: usize = 10;
    pub(in crate::table) const DROPPED: usize = 11;
    /// Where the next free slot is looked for.
    pub(in crate::table) const CURSOR: usize = 12;
    /// Time until which no free slot is searched for, because there was none.
    pub(in crate::table) const FULL_UNTIL_MS: usize = 13;
    /// Slots of servers that variables name.
    pub(in crate::table) const VARIABLE: usize = 14;
    /// Time until which that number is believed although it is at the limit.
    pub(in crate::table) const VARIABLE_UNTIL_MS: usize = 15;
}

/// Words of a row.
pub(super) mod row {
    use super::BOUNDS_MS;

    /// Digest of context and name; 0 while free.
    pub(in crate::table) const KEY: usize = 0;
    /// Context, length of the name.
    pub(in crate::table) const META: usize = 1;
    pub(in crate::table) const CREATED_MS: usize = 2;
    pub(in crate::table) const SUM_US: usize = 3;
    /// End of validity of nginx's own certificate, seconds; 0 for none.
    pub(in crate::table) const OWN_NOT_AFTER: usize = 4;
    pub(in crate::table) const BUCKETS: usize = 5;
    pub(in crate::table) const NAME: usize = BUCKETS + BOUNDS_MS.len() + 1;
    pub(in crate::table) const NAME_BYTES: usize = 96;
    const _: () = assert!(NAME + NAME_BYTES / 8 == super::ROW);
}

/// Words of a slot.
pub(super) mod slot {
    use super::{ALERTS, CHANGES, REASONS, VERSIONS, WINDOWS};

    /// Digest of the server's address; 0 while free.
    pub(in crate::table) const KEY: usize = 0;
    /// Digest of its upstream.
    pub(in crate::table) const UPSTREAM_KEY: usize = 1;
    /// The next slot of its chain, plus one.
    pub(in crate::table) const NEXT: usize = 2;
    /// Row, lengths of address and name, whether variables name it.
    pub(in crate::table) const META: usize = 3;
    pub(in crate::table) const CREATED_MS: usize = 4;
    pub(in crate::table) const SERVER: usize = 5;
    pub(in crate::table) const SERVER_BYTES: usize = 112;
    pub(in crate::table) const NAME: usize = SERVER + SERVER_BYTES / 8;
    pub(in crate::table) const NAME_BYTES: usize = 64;
    pub(in crate::table) const GOOD: usize = NAME + NAME_BYTES / 8;
    pub(in crate::table) const REUSED: usize = GOOD + 1;
    pub(in crate::table) const PROTOCOLS: usize = REUSED + 1;
    pub(in crate::table) const FAILURES: usize = PROTOCOLS + VERSIONS.len() + 1;
    pub(in crate::table) const MAX_REASONS: usize = 48;
    pub(in crate::table) const RECEIVED: usize = FAILURES + MAX_REASONS;
    pub(in crate::table) const SENT: usize = RECEIVED + ALERTS;
    /// Two to a word: there is at most one a second.
    pub(in crate::table) const CHANGED: usize = SENT + ALERTS;
    pub(in crate::table) const LAST_GOOD_MS: usize = CHANGED + CHANGES.div_ceil(2);
    /// Reason and changes of the last failure, then its time.
    pub(in crate::table) const LAST_FAILURE: usize = LAST_GOOD_MS + 1;
    pub(in crate::table) const LAST_FAILURE_MS: usize = LAST_FAILURE + 1;
    /// Kind of the handshake that RECORD holds; 0 while there is none.
    pub(in crate::table) const RECORD_KEY: usize = LAST_FAILURE_MS + 1;
    /// When it was last seen.
    pub(in crate::table) const RECORD_MS: usize = RECORD_KEY + 1;
    /// Odd while RECORD is being written.
    pub(in crate::table) const SEQUENCE: usize = RECORD_MS + 1;
    pub(in crate::table) const RECORD: usize = SEQUENCE + 1;
    pub(in crate::table) const RECORD_WORDS: usize = 46;
    pub(in crate::table) const WINDOW: usize = RECORD + RECORD_WORDS;
    pub(in crate::table) const WINDOW_WORDS: usize = 4;
    /// Requests refused over a good handshake.
    pub(in crate::table) const REFUSED: usize = WINDOW + WINDOWS * WINDOW_WORDS;
    const _: () = assert!(REFUSED < super::SLOT && REASONS <= MAX_REASONS);
}

/// Changes whenever words change their meaning.
pub(super) const MAGIC: u64 = u64::from_be_bytes(*b"tlsdiag1");
/// A build that counts other things has another layout.
pub(super) const VERSION: u64 =
    (REASONS as u64) << 32 | (ALERTS as u64) << 16 | (CHANGES as u64) << 8 | 3;

/// Sizes of one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) rows: usize,
    pub(super) slots: usize,
}

impl Layout {
    /// Divides this many words; `None` when they are too few.
    pub(super) fn of(words: usize) -> Option<Self> {
        let rows = (words / WORDS_PER_ROW).clamp(MIN_ROWS, MAX_ROWS);
        let rest = words.checked_sub(HEADER + rows * ROW)?;
        let mut slots = rest / SLOT;
        while slots * SLOT + slots.next_power_of_two() > rest {
            slots = slots.checked_sub(1)?;
        }
        (slots >= 2).then_some(Self { rows, slots })
    }

    /// First word of a row.
    pub(super) fn row(self, row: usize) -> usize {
        HEADER + row * ROW
    }

    /// How many buckets there are, a power of two.
    pub(super) fn buckets(self) -> usize {
        self.slots.next_power_of_two()
    }

    /// Word of a bucket.
    pub(super) fn bucket(self, bucket: usize) -> usize {
        HEADER + self.rows * ROW + bucket
    }

    /// First word of a slot.
    pub(super) fn slot(self, slot: usize) -> usize {
        self.bucket(self.buckets()) + slot * SLOT
    }

    /// Words of a slot.
    pub(super) const fn slot_words() -> usize {
        SLOT
    }

    /// Words of a row.
    pub(super) const fn row_words() -> usize {
        ROW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_room_and_nothing_overlaps() {
        for words in [3584, 4096, 114_688, 1_146_880, 11_468_800] {
            let layout = Layout::of(words).unwrap();
            let end = layout.slot(layout.slots);
            assert!(end <= words, "{layout:?} of {words}");
            assert!(
                words - end < 2 * SLOT + layout.buckets(),
                "{layout:?} of {words}"
            );
        }
        assert_eq!(
            Layout::of(114_688),
            Some(Layout {
                rows: 112,
                slots: 430
            }),
            "a zone of 1m"
        );
        assert_eq!(Layout::of(1000), None);
        assert_eq!(Layout::of(0), None);
    }
}
