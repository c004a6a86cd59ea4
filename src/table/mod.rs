//! The counters of all workers, in one piece of shared memory.
//!
//! Counting is a relaxed addition, and looking up takes no lock. Whatever is made new (a server's slot, a
//! record, a window of repeats) is made under the one lock that the caller holds, in steps each of which
//! leaves the table whole: a worker may be killed between any two. Nothing here is unsafe, and no word is
//! trusted: an index out of bounds finds nothing.
//!
//! A server is looked up by the digests of its upstream and its address. Servers that variables name may
//! take a quarter of the slots, so that a client's Host never starves what is configured. A server without a
//! slot is counted in slot 0.

mod layout;
mod locked;
mod record;
mod slot;
mod snapshot;
mod windows;
mod words;

pub use locked::{Locked, NewServer};
pub use slot::{Failed, Good, Kind, Slot};

use std::sync::atomic::AtomicU64;

use crate::counters::Context;
use layout::{header, slot as at, Layout};
use words::{digest, Words};

/// The slot of servers that have none of their own.
const OTHER: usize = 0;
/// Longest chain that is walked without the lock: a chain may change meanwhile.
const MAX_STEPS: usize = 32;

/// The table.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    words: Words<'a>,
    layout: Layout,
}

/// Whose handshake it is.
#[derive(Debug, Clone, Copy)]
pub struct Server<'k> {
    /// Where its upstream is configured.
    pub context: Context,
    /// The upstream's name in nginx.conf; `None` where variables name the host.
    pub upstream: Option<&'k [u8]>,
    /// The address as nginx prints it.
    pub address: &'k [u8],
}

/// What a server's slot is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    upstream: u64,
    server: u64,
}

impl<'a> Table<'a> {
    /// Begins a table in words that are zero. `None` when they are too few.
    ///
    /// `seed` is any number that others do not know.
    pub fn create(words: &'a [AtomicU64], now_ms: i64, seed: u64) -> Option<Self> {
        let layout = Layout::of(words.len())?;
        let table = Self {
            words: Words(words),
            layout,
        };
        table.words.set(header::VERSION, layout::VERSION);
        table.words.set(header::WORDS, words.len() as u64);
        table.words.set(header::ROWS, layout.rows as u64);
        table.words.set(header::SLOTS, layout.slots as u64);
        table.words.set(header::SEED, seed);
        table.words.set_i64(header::SINCE_MS, now_ms);
        let other = table.slot(OTHER);
        other.words.set_i64(at::CREATED_MS, now_ms);
        // Never free, never in a chain.
        other.words.set(at::KEY, u64::MAX);
        table.words.publish(header::MAGIC, layout::MAGIC);
        Some(table)
    }

    /// A table that somebody has begun; `None` for one of another layout.
    pub fn open(words: &'a [AtomicU64]) -> Option<Self> {
        let all = Words(words);
        let number = |place| usize::try_from(all.get(place)).unwrap_or(0);
        let known = all.read(header::MAGIC) == layout::MAGIC
            && all.get(header::VERSION) == layout::VERSION
            && number(header::WORDS) == words.len();
        let layout = Layout {
            rows: number(header::ROWS),
            slots: number(header::SLOTS),
        };
        let fits = layout.rows <= words.len() && layout.slots <= words.len();
        let usable = layout.slots > 0 && fits;
        (known && usable).then_some(Self { words: all, layout })
    }

    /// The slot of a server, found without a lock. After `None` it may still have one: [`Locked::insert`] is
    /// sure.
    pub fn find(&self, server: &Server<'_>) -> Option<Slot<'a>> {
        self.walk(self.key(server), MAX_STEPS)
    }

    /// Walks a chain.
    fn walk(&self, key: Key, steps: usize) -> Option<Slot<'a>> {
        let mut next = self.words.read(self.bucket_of(key));
        for _ in 0..steps {
            let words = self.slot_words(usize::try_from(next.checked_sub(1)?).ok()?);
            if slot::is(words, key) {
                return Some(self.slot_of(words));
            }
            next = words.read(at::NEXT);
        }
        None
    }

    /// The slot of all that have none.
    pub fn other(&self) -> Slot<'a> {
        self.slot(OTHER)
    }

    /// What may only be done under the zone's lock: the caller holds it as long as this lives.
    pub fn locked(&self) -> Locked<'a> {
        Locked { table: *self }
    }

    /// Every slot that is taken, with its number; the first is [`Table::other`].
    pub fn taken(&self) -> impl Iterator<Item = (usize, Slot<'a>)> + 'a {
        let table = *self;
        let slots = (0..table.layout.slots).map(move |index| (index, table.slot(index)));
        slots.filter(|(_, slot)| slot.is_taken())
    }

    /// A configuration begins: its number, from 1.
    pub fn next_generation(&self) -> u32 {
        self.words.add(header::GENERATION, 1);
        u32::try_from(self.words.get(header::GENERATION)).unwrap_or(u32::MAX)
    }

    /// Failures that were written.
    pub fn count_record(&self) {
        self.words.add(header::RECORDS, 1);
    }

    /// Failures that were only counted.
    pub fn count_suppressed(&self) {
        self.words.add(header::SUPPRESSED, 1);
    }

    /// Documents that a log did not take.
    pub fn count_dropped(&self) {
        self.words.add(header::DROPPED, 1);
    }

    /// A number for what makes two things the same in this zone; neither 0 nor [`crate::suppress::TELLING`].
    ///
    /// A failure comes here three times, each time through the same lines of the instruction cache: copies
    /// of it cost more to fetch than to run.
    #[inline(never)]
    pub fn digest(&self, parts: &[&[u8]]) -> u64 {
        digest(self.words.get(header::SEED), parts)
    }

    fn key(&self, server: &Server<'_>) -> Key {
        let kind = [server.context as u8, u8::from(server.upstream.is_some())];
        let seed = self.words.get(header::SEED);
        let upstream = digest(seed, &[&kind, server.upstream.unwrap_or_default()]);
        Key {
            upstream,
            server: digest(upstream, &[server.address]),
        }
    }

    fn bucket_of(&self, key: Key) -> usize {
        let mask = self.layout.buckets() as u64 - 1;
        let bucket = usize::try_from(key.server & mask).unwrap_or(0);
        self.layout.bucket(bucket)
    }

    fn slot(&self, index: usize) -> Slot<'a> {
        self.slot_of(self.slot_words(index))
    }

    fn slot_words(&self, index: usize) -> Words<'a> {
        let index = index.min(self.layout.slots);
        let first = self.layout.slot(index);
        self.words.part(first, Layout::slot_words())
    }

    fn slot_of(&self, words: Words<'a>) -> Slot<'a> {
        let row = words.get(at::META) & 0xffff;
        Slot {
            words,
            row: self.row(usize::try_from(row).unwrap_or(0)),
        }
    }

    fn row(&self, row: usize) -> Words<'a> {
        self.words.part(self.layout.row(row), Layout::row_words())
    }
}

#[cfg(test)]
mod tests;
