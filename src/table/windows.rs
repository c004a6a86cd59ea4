//! The windows of a server's repeats, in its words.

use super::layout::slot as at;
use super::Slot;
use crate::suppress::{Label, Window, TELLING, WINDOWS};

impl Slot<'_> {
    /// A count of repeats is still to be written.
    pub fn has_repeats(&self) -> bool {
        (0..WINDOWS).any(|index| self.window(index).suppressed > 0)
    }

    /// The window of this kind of failures.
    pub(super) fn window_of(&self, key: u64) -> Option<usize> {
        (0..WINDOWS).find(|index| self.words.get(window_word(*index, 0)) == key)
    }

    pub(super) fn window(&self, index: usize) -> Window {
        let [key, started, count, rest] =
            [0, 1, 2, 3].map(|word| self.words.get(window_word(index, word)));
        Window {
            key,
            started_ms: i64::try_from(started & STARTED).unwrap_or(0),
            period_ms: i64::from(low32(rest)),
            suppressed: count & SUPPRESSED,
            owner: low32(count >> 40),
            label: Label {
                reason: low32(rest >> 32).to_le_bytes()[0],
                level: low32(started >> 44),
                generation: low32(rest >> 40),
            },
        }
    }

    /// Changes windows; only those that differ afterwards are written.
    pub(super) fn change_windows<R>(&self, change: impl FnOnce(&mut [Window; WINDOWS]) -> R) -> R {
        let before: [Window; WINDOWS] = std::array::from_fn(|index| self.window(index));
        let mut after = before;
        let result = change(&mut after);
        for (index, (before, after)) in before.iter().zip(&after).enumerate() {
            if before != after {
                self.set_window(index, before, after);
            }
        }
        result
    }

    /// Between any two of these steps the process may be killed: then a number is told twice at worst, and
    /// never under another kind's label.
    fn set_window(&self, index: usize, before: &Window, after: &Window) {
        let key = window_word(index, 0);
        if after.key == TELLING {
            self.words.set(key, after.key);
        } else if before.key != after.key {
            self.words.set(key, 0);
        }
        self.set_count(index, after);
        let started = u64::try_from(after.started_ms).unwrap_or(0) & STARTED;
        let period = u32::try_from(after.period_ms).unwrap_or(u32::MAX);
        let Label {
            reason,
            level,
            generation,
        } = after.label;
        let rest = u64::from(period) | u64::from(reason) << 32 | u64::from(generation) << 40;
        self.words
            .set(window_word(index, 1), started | u64::from(level) << 44);
        self.words.set(window_word(index, 3), rest);
        self.words.publish(key, after.key);
    }

    /// The count of a window, and whose it is.
    pub(super) fn set_count(&self, index: usize, window: &Window) {
        let count = window.suppressed.min(SUPPRESSED) | u64::from(window.owner) << 40;
        self.words.set(window_word(index, 2), count);
    }
}

/// One of a window's words.
fn window_word(index: usize, word: usize) -> usize {
    at::WINDOW + index * at::WINDOW_WORDS + word
}

/// 44 bits: until the year 2527. Levels have 20 bits.
const STARTED: u64 = (1 << 44) - 1;
/// 40 bits; process ids have 24, of which Linux uses 22.
const SUPPRESSED: u64 = (1 << 40) - 1;

fn low32(word: u64) -> u32 {
    u32::try_from(word & u64::from(u32::MAX)).unwrap_or(0)
}
