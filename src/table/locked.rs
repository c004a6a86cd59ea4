//! What needs the lock.

use super::layout::{header, row, slot as at};
use super::words::Words;
use super::{record, Key, Kind, Server, Slot, Table, OTHER};
use crate::capture::Summary;
use crate::changes::{Change, Changes};
use crate::counters::Context;
use crate::fixed::Text;
use crate::suppress::{self, Decision, Failure, Repeats};

/// Slots that one search for a free one looks at, so that the lock is held for a short time.
const SEARCH: usize = 512;
/// Time without another search after one that found nothing, milliseconds.
const REST_MS: i64 = 1000;
/// Of the slots, those that variables may name.
const VARIABLE_PART: usize = 4;
/// The name of the upstream of those.
const VARIABLE_NAME: &[u8] = b"(variable)";
/// Bit of [`at::META`].
const IS_VARIABLE: u64 = 1 << 32;

/// The table, while its lock is held.
pub struct Locked<'a> {
    pub(super) table: Table<'a>,
}

/// What is only needed for a server that has no slot yet.
#[derive(Debug, Clone, Copy)]
pub struct NewServer {
    /// The name in its `server` line; empty where it has none.
    pub name: Text<64>,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    /// Time without a handshake after which a slot is free for another server, milliseconds.
    pub inactive_ms: i64,
}

impl<'a> Locked<'a> {
    /// The slot of a server, made if need be. `None` when there is no room: that is counted.
    pub fn insert(&self, server: &Server<'_>, new: impl FnOnce() -> NewServer) -> Option<Slot<'a>> {
        let key = self.table.key(server);
        if let Some(slot) = self.table.walk(key, self.table.layout.slots) {
            return Some(slot);
        }
        let made = self.make(server, key, &new());
        if made.is_none() {
            self.table.words.add(header::OVERFLOWS, 1);
        }
        made
    }

    fn make(&self, server: &Server<'_>, key: Key, new: &NewServer) -> Option<Slot<'a>> {
        let words = self.table.words;
        let is_variable = server.upstream.is_none();
        if is_variable && !self.has_room_for_variables(new.now_ms) {
            return None;
        }
        if words.get_i64(header::FULL_UNTIL_MS) > new.now_ms {
            return None;
        }
        let name = server.upstream.unwrap_or(VARIABLE_NAME);
        let found = self
            .row(key.upstream, server.context, name, new.now_ms)
            .zip(self.free(new));
        let Some((row, index)) = found else {
            words.set_i64(header::FULL_UNTIL_MS, new.now_ms.saturating_add(REST_MS));
            return None;
        };
        let slot = self.table.slot(index);
        let address = Text::<{ at::SERVER_BYTES }>::new(server.address);
        fill(slot.words, &address, row, is_variable, new);
        slot.words.set(at::UPSTREAM_KEY, key.upstream);
        slot.words.publish(at::KEY, key.server);
        let bucket = self.table.bucket_of(key);
        slot.words.publish(at::NEXT, words.get(bucket));
        words.publish(bucket, index as u64 + 1);
        if is_variable {
            words.add(header::VARIABLE, 1);
        }
        // Read again: its row is known now.
        Some(self.table.slot(index))
    }

    /// Workers that died may have left the number in the header wrong: at the limit all slots are counted.
    fn has_room_for_variables(&self, now_ms: i64) -> bool {
        let words = self.table.words;
        let limit = (self.table.layout.slots / VARIABLE_PART) as u64;
        if words.get(header::VARIABLE) < limit {
            return true;
        }
        if words.get_i64(header::VARIABLE_UNTIL_MS) > now_ms {
            return false;
        }
        let slots = self.table.taken();
        let variable = slots.filter(|(_, slot)| slot.words.get(at::META) & IS_VARIABLE != 0);
        let count = variable.count() as u64;
        words.set(header::VARIABLE, count);
        words.set_i64(header::VARIABLE_UNTIL_MS, now_ms.saturating_add(REST_MS));
        count < limit
    }

    /// A slot that is free, or whose server has been silent for long.
    fn free(&self, new: &NewServer) -> Option<usize> {
        let words = self.table.words;
        let slots = self.table.layout.slots.max(1);
        let start = usize::try_from(words.get(header::CURSOR)).unwrap_or(0) % slots;
        let end = start + slots.min(SEARCH);
        let can_be_had = |index: &usize| {
            let slot = self.table.slot(*index);
            *index != OTHER && (!slot.is_taken() || self.is_silent(slot, new))
        };
        let found = (start..end).map(|index| index % slots).find(can_be_had);
        let next = found.map_or(end, |index| index + 1) % slots;
        words.set(header::CURSOR, next as u64);
        if self.table.slot(found?).is_taken() {
            self.evict(found?);
        }
        found
    }

    fn is_silent(&self, slot: Slot<'_>, new: &NewServer) -> bool {
        let silent_ms = new.now_ms.saturating_sub(slot.used_ms());
        // A number that is still to be told stays.
        silent_ms > new.inactive_ms && !slot.has_repeats()
    }

    /// Takes a slot out of its chain, then frees it.
    fn evict(&self, index: usize) {
        let words = self.table.words;
        let slot = self.table.slot(index);
        let key = Key {
            upstream: slot.words.get(at::UPSTREAM_KEY),
            server: slot.words.get(at::KEY),
        };
        let bucket = self.table.bucket_of(key);
        let mut next = words.get(bucket);
        if next == index as u64 + 1 {
            words.publish(bucket, slot.words.get(at::NEXT));
        }
        for _ in 0..self.table.layout.slots {
            let Some(before) = next
                .checked_sub(1)
                .and_then(|one| usize::try_from(one).ok())
            else {
                break;
            };
            let before = self.table.slot(before);
            next = before.words.get(at::NEXT);
            if next == index as u64 + 1 {
                before.words.publish(at::NEXT, slot.words.get(at::NEXT));
                break;
            }
        }
        if slot.words.get(at::META) & IS_VARIABLE != 0 {
            let count = words.get(header::VARIABLE);
            words.set(header::VARIABLE, count.saturating_sub(1));
        }
        slot.words.publish(at::KEY, 0);
    }

    /// The row of an upstream; row 0 belongs to what has none.
    fn row(&self, key: u64, context: Context, name: &[u8], now_ms: i64) -> Option<usize> {
        let rows = || 1..self.table.layout.rows;
        let is = |index: &usize, key| self.table.row(*index).get(row::KEY) == key;
        if let Some(known) = rows().find(|index| is(index, key)) {
            return Some(known);
        }
        let free = rows().find(|index| is(index, 0)).or_else(|| {
            rows().find(|index| {
                let is_its = |slot: Slot<'_>| slot.words.get(at::META) & 0xffff == *index as u64;
                !self.table.taken().any(|(_, slot)| is_its(slot))
            })
        })?;
        let words = self.table.row(free);
        words.publish(row::KEY, 0);
        for word in 1..words.0.len() {
            words.set(word, 0);
        }
        let shown = unique_name(name, key);
        let length = shown.as_str().len() as u64;
        let context = context as u64;
        words.set(row::META, context << 8 | length);
        words.set_i64(row::CREATED_MS, now_ms);
        words.set_bytes(row::NAME, row::NAME_BYTES, shown.as_str().as_bytes());
        words.publish(row::KEY, key);
        Some(free)
    }

    /// Writes what a good handshake agreed on, and any number of the peer's certificate that another one does
    /// not have; counts what changed since the one before, if that was of the same location.
    pub fn record(&self, slot: &Slot<'_>, summary: &Summary, leaf: u64, kind: Kind) {
        if let Some(before) = slot.last_good() {
            let changes = Changes::between(&before, summary);
            if !changes.contains(Change::Location) {
                slot.count_changes(changes);
            }
        }
        record::write(slot.words, summary, leaf, kind.word());
        if let Some(own) = &summary.client_certificate {
            slot.row.set_i64(row::OWN_NOT_AFTER, own.not_after);
        }
    }

    /// Counts a failure whose window is open ([`suppress::count`]); `None` where none is.
    pub fn count(&self, slot: &Slot<'_>, failure: &Failure) -> Option<Decision> {
        let index = slot.window_of(failure.key)?;
        let mut window = slot.window(index);
        let decision = suppress::count(&mut window, failure)?;
        slot.set_count(index, &window);
        Some(decision)
    }

    /// Whether a failure is written ([`suppress::decide`]).
    pub fn decide(&self, slot: &Slot<'_>, failure: Failure) -> Decision {
        slot.change_windows(|windows| suppress::decide(windows, failure))
    }

    /// A number that is due ([`suppress::take_due`]).
    pub fn take_due(
        &self,
        slot: &Slot<'_>,
        now_ms: i64,
        process: u32,
        is_to_tell: impl Fn(u32) -> bool,
    ) -> Option<Repeats> {
        slot.change_windows(|windows| suppress::take_due(windows, now_ms, process, is_to_tell))
    }

    /// A number of a process that ends ([`suppress::take_own`]).
    pub fn take_own(&self, slot: &Slot<'_>, now_ms: i64, process: u32) -> Option<Repeats> {
        slot.change_windows(|windows| suppress::take_own(windows, now_ms, process))
    }

    /// A number was written ([`suppress::told`]).
    pub fn told(&self, slot: &Slot<'_>, repeats: &Repeats, process: u32) {
        slot.change_windows(|windows| suppress::told(windows, repeats, process));
    }

    /// Takes over the windows of processes that are gone ([`suppress::adopt`]).
    pub fn adopt(
        &self,
        slot: &Slot<'_>,
        process: u32,
        is_gone: impl Fn(u32) -> bool,
    ) -> Option<i64> {
        slot.change_windows(|windows| suppress::adopt(windows, process, is_gone))
    }
}

fn fill(
    words: Words<'_>,
    address: &Text<{ at::SERVER_BYTES }>,
    row: usize,
    is_variable: bool,
    new: &NewServer,
) {
    for word in 0..words.0.len() {
        words.set(word, 0);
    }
    let (address, name) = (address.as_str(), new.name.as_str());
    let flag = if is_variable { IS_VARIABLE } else { 0 };
    let lengths = (address.len() as u64) << 16 | (name.len() as u64) << 24;
    words.set(at::META, row as u64 | lengths | flag);
    words.set_i64(at::CREATED_MS, new.now_ms);
    words.set_bytes(at::SERVER, at::SERVER_BYTES, address.as_bytes());
    words.set_bytes(at::NAME, at::NAME_BYTES, name.as_bytes());
}

/// Two long names may begin alike, but two rows must not have the same name: a cut name ends in its digest.
fn unique_name(name: &[u8], key: u64) -> Text<{ row::NAME_BYTES }> {
    let whole = Text::new(name);
    if whole.as_str().len() < row::NAME_BYTES - 2 {
        return whole;
    }
    let short = Text::<64>::new(name);
    Text::new(format!("{short}{key:016x}").as_bytes())
}
