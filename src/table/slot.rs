//! One server: counting needs no lock.

use super::layout::{row, slot as at};
use super::record;
use super::words::Words;
use super::Key;
use crate::capture::{PeerCertificate, Summary};
use crate::changes::Changes;
use crate::counters::{bucket, version, LastFailure};
use crate::fixed::Text;
use crate::registry::Alert;

/// One server's words, and those of its upstream.
#[derive(Clone, Copy)]
pub struct Slot<'a> {
    pub(super) words: Words<'a>,
    pub(super) row: Words<'a>,
}

/// A handshake after which application data went by.
#[derive(Debug, Clone, Copy)]
pub struct Good {
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    /// Version agreed on.
    pub version: u16,
    /// A session was resumed.
    pub resumed: bool,
    /// First byte to the end of the handshake, microseconds.
    pub duration_us: u64,
}

/// What two good handshakes have in common that agreed on the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Of everything but the group.
    pub digest: u64,
    /// The group of the key exchange; 0 where a session was resumed without one.
    pub group: u16,
}

impl Kind {
    const GROUP: u64 = 0xffff;
    const NOT_ZERO: u64 = 0x1_0000;

    pub(super) fn word(self) -> u64 {
        (self.digest | Self::NOT_ZERO) & !Self::GROUP | u64::from(self.group)
    }

    /// A record of this kind says no less. What a resumed session leaves open is not another kind.
    fn is_known_as(self, word: u64) -> bool {
        let differs = self.word() ^ word;
        differs == 0 || self.group == 0 && differs <= Self::GROUP
    }
}

/// A failed one, or a request that was refused in HTTP over what TLS had told.
#[derive(Debug, Clone, Copy)]
pub struct Failed {
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    /// Place of the diagnosis in the catalogue.
    pub reason: usize,
    /// The fatal alert received.
    pub received: Option<Alert>,
    /// The fatal alert sent.
    pub sent: Option<Alert>,
    /// What changed since the last good one; `None` without one.
    pub changed: Option<Changes>,
    /// The server answered, so the handshake was good.
    pub refused: bool,
}

impl Slot<'_> {
    /// Counts a good handshake.
    pub fn count_good(&self, good: &Good) {
        self.words.add(at::GOOD, 1);
        if good.resumed {
            self.words.add(at::REUSED, 1);
        }
        self.words.add(at::PROTOCOLS + version(good.version), 1);
        self.words.set_i64(at::LAST_GOOD_MS, good.now_ms);
        self.row.add(row::BUCKETS + bucket(good.duration_us), 1);
        self.row.add(row::SUM_US, good.duration_us);
    }

    /// The record holds this very kind of handshake: it has been seen again. False: it must be written
    /// ([`super::Locked::record`]), unless that was done within this second.
    pub fn is_recorded(&self, kind: Kind, now_ms: i64) -> bool {
        let known = self.words.get(at::RECORD_KEY);
        if kind.is_known_as(known) {
            self.words.set_i64(at::RECORD_MS, now_ms);
            return true;
        }
        let recorded_s = self.words.get_i64(at::RECORD_MS).div_euclid(1000);
        known != 0 && recorded_s == now_ms.div_euclid(1000)
    }

    /// Counts a failed handshake, or a refused request.
    pub fn count_failed(&self, failed: &Failed) {
        self.words
            .add(at::FAILURES + failed.reason.min(at::MAX_REASONS - 1), 1);
        if let Some(alert) = failed.received {
            self.words.add(at::RECEIVED + alert.place(), 1);
        }
        if let Some(alert) = failed.sent {
            self.words.add(at::SENT + alert.place(), 1);
        }
        self.words.add(at::REFUSED, u64::from(failed.refused));
        // Later than a good one that is counted already, be it of the same millisecond.
        let is_after_good = self.words.get_i64(at::LAST_GOOD_MS) == failed.now_ms;
        let time_ms = failed.now_ms.saturating_add(i64::from(is_after_good));
        // Reason first: with the time of the failure before it is still the truth.
        self.words.set(at::LAST_FAILURE, pack_failure(failed));
        self.words.set_i64(at::LAST_FAILURE_MS, time_ms);
    }

    /// Its address as nginx prints it; `other` for what has no place of its own.
    pub fn server(&self) -> Text<{ at::SERVER_BYTES }> {
        match self.words.get(at::META) >> 16 & 0xff {
            0 => Text::from("other"),
            length => short_text(self.words, at::SERVER, length),
        }
    }

    /// The name of its upstream; `other` likewise.
    pub fn upstream(&self) -> Text<{ row::NAME_BYTES }> {
        match self.row.get(row::META) & 0xff {
            0 => Text::from("other"),
            length => short_text(self.row, row::NAME, length),
        }
    }

    /// Whose slot it is, and which good handshake it remembers.
    pub fn identity(&self) -> u64 {
        let [key, upstream, record] = [at::KEY, at::UPSTREAM_KEY, at::RECORD_KEY];
        self.words.get(key) ^ self.words.get(upstream).rotate_left(1) ^ self.words.get(record)
    }

    /// The last good handshake.
    pub fn last_good(&self) -> Option<Summary> {
        record::read(self.words).map(|(summary, _)| summary)
    }

    /// The certificate of the last good handshake, where it has this number: nobody needs to read it again.
    pub fn certificate(&self, leaf: u64) -> Option<PeerCertificate> {
        let (summary, known) = record::read(self.words)?;
        summary.certificate.filter(|_| known == leaf)
    }

    pub(super) fn last_failure(&self) -> Option<LastFailure> {
        let packed = self.words.get(at::LAST_FAILURE);
        let reason = usize::try_from(packed & 0xff).ok()?.checked_sub(1)?;
        let bits = u32::try_from(packed >> 32).unwrap_or(0);
        Some(LastFailure {
            time_ms: self.words.get_i64(at::LAST_FAILURE_MS),
            reason,
            changed: (packed >> 8 & 1 == 1).then(|| Changes::from_bits(bits)),
        })
    }

    pub(super) fn is_taken(&self) -> bool {
        self.words.read(at::KEY) != 0
    }

    /// When anything last happened here.
    pub(super) fn used_ms(&self) -> i64 {
        let times = [at::CREATED_MS, at::LAST_GOOD_MS, at::LAST_FAILURE_MS];
        times
            .into_iter()
            .map(|time| self.words.get_i64(time))
            .max()
            .unwrap_or(0)
    }

    /// Counts what changed from one good handshake to the next.
    pub(super) fn count_changes(&self, changes: Changes) {
        for change in changes.iter() {
            let place = change as usize;
            let half = 32 * (place as u64 % 2);
            self.words.add(at::CHANGED + place / 2, 1 << half);
        }
    }

    /// How often something changed.
    pub(super) fn changes(&self, place: usize) -> u64 {
        let half = 32 * (place as u64 % 2);
        self.words.get(at::CHANGED + place / 2) >> half & u64::from(u32::MAX)
    }
}

/// These words are that server's.
pub(super) fn is(words: Words<'_>, key: Key) -> bool {
    words.read(at::KEY) == key.server && words.get(at::UPSTREAM_KEY) == key.upstream
}

/// A text of the table.
pub(super) fn short_text<const N: usize>(words: Words<'_>, at: usize, length: u64) -> Text<N> {
    let length = usize::try_from(length).unwrap_or(0);
    let (bytes, length) = words.bytes::<N>(at, length);
    Text::new(bytes.get(..length).unwrap_or_default())
}

/// Reason plus one, whether there was a good handshake before, what changed since.
fn pack_failure(failed: &Failed) -> u64 {
    let reason = u64::try_from(failed.reason + 1).unwrap_or(0) & 0xff;
    match failed.changed {
        Some(changes) => reason | 1 << 8 | u64::from(changes.bits()) << 32,
        None => reason,
    }
}
