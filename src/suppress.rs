//! Repeats: which failures are written, and which are only counted.
//!
//! The first failure of a kind is written and opens a window. Those that follow in the window are counted,
//! and their count is written once: with the next failure of that kind, when the window ends, or when the
//! process that owns the window ends. The windows of a process that died are taken over. So no count is
//! lost, as a log with "last message repeated" loses them.
//!
//! A count stays in its place until it is written ([`told`]): where a process dies between the two, another
//! one writes it. Where it dies right after it has written, the count is written twice, by two processes:
//! that can be seen in a log, a number that is missing cannot.
//!
//! Nothing here reads a clock or knows where windows are kept; the caller holds whatever lock they need.

/// This long after its end any process may write a window's count: the owner may be gone, and its process id
/// may be another's.
const OVERDUE_MS: i64 = 60_000;

/// Windows of one peer. When all are taken, failures of another kind are written.
pub const WINDOWS: usize = 8;

/// In the place of a key: the window is over, and its count is being written.
pub const TELLING: u64 = u64::MAX;

/// A kind of failure of one peer, and its count. All zero is a free place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Digest of what makes failures repeats of each other; 0 for a free place, or [`TELLING`].
    pub key: u64,
    /// When the failure that was written came, milliseconds since the epoch.
    pub started_ms: i64,
    /// How long it lasts, milliseconds.
    pub period_ms: i64,
    /// Failures that were counted and not written.
    pub suppressed: u64,
    /// Process that will write the count; 0 while there is none.
    pub owner: u32,
    /// What the process that writes the count needs to know.
    pub label: Label,
}

/// What is written with a count. Its numbers are the configuration's and the catalogue's, and mean nothing
/// here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Label {
    /// Place of the diagnosis in the catalogue.
    pub reason: u8,
    /// The level of the configuration whose logs it goes to.
    pub level: u32,
    /// The configuration that numbered the levels.
    pub generation: u32,
}

/// One failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// As in [`Window`]; neither 0 nor [`TELLING`].
    pub key: u64,
    /// Milliseconds since the epoch.
    pub now_ms: i64,
    /// `upstream_tls_repeat`, milliseconds.
    pub period_ms: i64,
    /// This process.
    pub process: u32,
    /// As in [`Window`].
    pub label: Label,
}

/// What becomes of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is written, after the count that is due, if there is one.
    Write(Option<Repeats>),
    /// It is counted.
    Suppress {
        /// It is the first one: this process must call [`take_due`] when the window ends.
        wake_ms: Option<i64>,
    },
}

/// A count to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// Failures that were not written.
    pub count: u64,
    /// The failure that was written, milliseconds since the epoch.
    pub start_ms: i64,
    /// The end of the window, milliseconds since the epoch.
    pub end_ms: i64,
    /// As in [`Window`].
    pub label: Label,
}

impl Window {
    fn end_ms(&self) -> i64 {
        self.started_ms.saturating_add(self.period_ms)
    }

    /// A clock that was set back must not keep a window open.
    fn has_ended(&self, now_ms: i64) -> bool {
        now_ms < self.started_ms || self.end_ms() <= now_ms
    }

    /// Nothing is to be written of it.
    fn is_free(&self, now_ms: i64) -> bool {
        self.suppressed == 0 && (self.key == 0 || self.has_ended(now_ms))
    }

    /// Ends it. `process` writes its count, if it has one; else the place is free.
    fn end(&mut self, now_ms: i64, process: u32) -> Option<Repeats> {
        let end_ms = self.end_ms().min(now_ms).max(self.started_ms);
        let count = self.suppressed;
        *self = match count {
            0 => Self::default(),
            _ => Self {
                key: TELLING,
                period_ms: end_ms - self.started_ms,
                owner: process,
                ..*self
            },
        };
        (count > 0).then_some(Repeats {
            count,
            start_ms: self.started_ms,
            end_ms,
            label: self.label,
        })
    }
}

/// Counts a failure in the window of its kind; `None` where that has ended.
pub fn count(window: &mut Window, failure: &Failure) -> Option<Decision> {
    if window.has_ended(failure.now_ms) {
        return None;
    }
    window.suppressed += 1;
    let is_first = window.suppressed == 1;
    if is_first {
        window.owner = failure.process;
    }
    Some(Decision::Suppress {
        wake_ms: is_first.then(|| window.end_ms()),
    })
}

/// Whether a failure is written. Opens, counts and ends windows as it goes.
pub fn decide(windows: &mut [Window; WINDOWS], failure: Failure) -> Decision {
    let Failure {
        now_ms, process, ..
    } = failure;
    if let Some(window) = windows.iter_mut().find(|window| window.key == failure.key) {
        if let Some(counted) = count(window, &failure) {
            return counted;
        }
    }
    let has_room = windows.iter().any(|window| window.is_free(now_ms));
    let is_over = |window: &&mut Window| match window.key {
        TELLING => false,
        key => (key == failure.key || !has_room) && window.has_ended(now_ms),
    };
    let over = windows.iter_mut().find(is_over);
    let repeats = over.and_then(|window| window.end(now_ms, process));
    // A place whose count is still to be written is not free: then the next failure opens the window.
    let free = windows.iter_mut().find(|window| window.is_free(now_ms));
    if let Some(window) = free {
        *window = Window {
            key: failure.key,
            started_ms: now_ms,
            period_ms: failure.period_ms,
            suppressed: 0,
            owner: 0,
            label: failure.label,
        };
    }
    Decision::Write(repeats)
}

/// A count that `process` must write now, until there is none: of a window that has ended and is its own, a
/// gone process's, or long overdue.
pub fn take_due(
    windows: &mut [Window; WINDOWS],
    now_ms: i64,
    process: u32,
    is_to_tell: impl Fn(u32) -> bool,
) -> Option<Repeats> {
    let due = |window: &&mut Window| {
        let overdue_ms = now_ms.saturating_sub(window.end_ms());
        let is_ours = || overdue_ms >= OVERDUE_MS || is_to_tell(window.owner);
        window.suppressed > 0 && window.has_ended(now_ms) && is_ours()
    };
    windows.iter_mut().find(due)?.end(now_ms, process)
}

/// This process ends: a count of one of its windows, whether that has ended or not, until there is none.
pub fn take_own(windows: &mut [Window; WINDOWS], now_ms: i64, process: u32) -> Option<Repeats> {
    let is_own = |window: &&mut Window| window.suppressed > 0 && window.owner == process;
    windows.iter_mut().find(is_own)?.end(now_ms, process)
}

/// The process has written the count: its place is free.
pub fn told(windows: &mut [Window; WINDOWS], repeats: &Repeats, process: u32) {
    let is_it = |window: &&mut Window| {
        (window.key, window.owner) == (TELLING, process)
            && (window.started_ms, window.suppressed) == (repeats.start_ms, repeats.count)
            && window.label == repeats.label
    };
    if let Some(window) = windows.iter_mut().find(is_it) {
        *window = Window::default();
    }
}

/// Takes over the windows of processes that are gone. Returns when the first window of `process` ends,
/// milliseconds since the epoch; `None` when it has none.
pub fn adopt(
    windows: &mut [Window; WINDOWS],
    process: u32,
    is_gone: impl Fn(u32) -> bool,
) -> Option<i64> {
    let mut first = None;
    for window in windows.iter_mut().filter(|window| window.suppressed > 0) {
        if is_gone(window.owner) {
            window.owner = process;
        }
        if window.owner == process {
            let end = window.end_ms();
            first = Some(first.map_or(end, |known: i64| known.min(end)));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const START: i64 = 1_795_000_000_000;

    fn label(reason: u8) -> Label {
        Label {
            reason,
            level: 3,
            generation: 1,
        }
    }

    /// A failure of the kind `key`, so many milliseconds after START.
    fn at(after_ms: i64, key: u64) -> Failure {
        Failure {
            key,
            now_ms: START + after_ms,
            period_ms: MINUTE,
            process: 10,
            label: label(u8::try_from(key).unwrap()),
        }
    }

    fn repeats(count: u64, start_ms: i64, end_ms: i64, reason: u8) -> Repeats {
        Repeats {
            count,
            start_ms: START + start_ms,
            end_ms: START + end_ms,
            label: label(reason),
        }
    }

    const COUNTED: Decision = Decision::Suppress { wake_ms: None };

    /// The first of a window that ends so many milliseconds after START.
    fn counted_first(end_ms: i64) -> Decision {
        Decision::Suppress {
            wake_ms: Some(START + end_ms),
        }
    }

    #[test]
    fn the_first_is_written_and_the_rest_is_told_with_the_next() {
        let mut windows = [Window::default(); WINDOWS];
        assert_eq!(decide(&mut windows, at(0, 1)), Decision::Write(None));
        assert_eq!(decide(&mut windows, at(1, 1)), counted_first(MINUTE));
        assert_eq!(decide(&mut windows, at(59_999, 1)), COUNTED);
        let written = Decision::Write(Some(repeats(2, 0, MINUTE, 1)));
        assert_eq!(decide(&mut windows, at(MINUTE, 1)), written);
        assert!(matches!(
            decide(&mut windows, at(MINUTE + 1, 1)),
            Decision::Suppress { .. }
        ));
    }

    #[test]
    fn failures_of_other_kinds_do_not_meet() {
        let mut windows = [Window::default(); WINDOWS];
        for key in 1..=8 {
            assert_eq!(decide(&mut windows, at(0, key)), Decision::Write(None));
        }
        for _ in 0..3 {
            assert_eq!(
                decide(&mut windows, at(1, 9)),
                Decision::Write(None),
                "no place is left"
            );
        }
        assert!(matches!(
            decide(&mut windows, at(1, 8)),
            Decision::Suppress { .. }
        ));
        assert!(windows.iter().all(|window| window.key != 9));
    }

    /// The counts that process 10 or 11 writes now, one after the other.
    fn due(windows: &mut [Window; WINDOWS], after: i64, process: u32) -> Vec<Repeats> {
        let mut all = Vec::new();
        while let Some(one) = take_due(windows, START + after, process, |owner| owner == process) {
            told(windows, &one, process);
            all.push(one);
        }
        all
    }

    fn own(windows: &mut [Window; WINDOWS], after: i64, process: u32) -> Vec<Repeats> {
        let mut all = Vec::new();
        while let Some(one) = take_own(windows, START + after, process) {
            told(windows, &one, process);
            all.push(one);
        }
        all
    }

    #[test]
    fn a_place_that_is_taken_over_loses_no_number() {
        let mut windows = [Window::default(); WINDOWS];
        for key in 1..=8 {
            decide(&mut windows, at(0, key));
            decide(&mut windows, at(1, key));
        }
        let first = repeats(1, 0, MINUTE, 1);
        let written = Decision::Write(Some(first));
        assert_eq!(decide(&mut windows, at(MINUTE, 9)), written);
        let other = Decision::Write(Some(repeats(1, 0, MINUTE, 2)));
        assert_eq!(
            decide(&mut windows, at(MINUTE, 9)),
            other,
            "a place is free once its number is told"
        );
        told(&mut windows, &first, 10);
        assert_eq!(decide(&mut windows, at(MINUTE, 9)), Decision::Write(None));
        assert_eq!(
            decide(&mut windows, at(MINUTE, 9)),
            counted_first(2 * MINUTE)
        );
        let left: u64 = windows.iter().map(|window| window.suppressed).sum();
        assert_eq!(left, 8);
    }

    #[test]
    fn the_last_window_is_told_when_it_ends() {
        let mut windows = [Window::default(); WINDOWS];
        for after in 0..5 {
            decide(&mut windows, at(after, 1));
        }
        assert_eq!(due(&mut windows, MINUTE - 1, 10), []);
        for after in [MINUTE, 2 * MINUTE - 1] {
            assert_eq!(due(&mut windows, after, 11), [], "another process tells it");
        }
        assert_eq!(
            due(&mut windows, MINUTE + 7, 10),
            [repeats(4, 0, MINUTE, 1)]
        );
        assert_eq!(due(&mut windows, MINUTE + 8, 10), [], "once");
        assert_eq!(
            decide(&mut windows, at(MINUTE + 9, 1)),
            Decision::Write(None)
        );
    }

    #[test]
    fn a_window_that_nobody_told_is_anybodys() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        decide(&mut windows, at(1, 1));
        assert_eq!(
            due(&mut windows, 2 * MINUTE, 11),
            [repeats(1, 0, MINUTE, 1)]
        );
    }

    #[test]
    fn a_process_that_ends_tells_what_it_has() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        decide(&mut windows, at(1, 1));
        decide(&mut windows, at(0, 2));
        let mut other = at(2, 2);
        other.process = 11;
        decide(&mut windows, other);
        assert_eq!(own(&mut windows, 5, 10), [repeats(1, 0, 5, 1)]);
        assert_eq!(
            windows.iter().map(|window| window.suppressed).sum::<u64>(),
            1
        );
    }

    #[test]
    fn a_process_that_died_has_its_number_told_by_the_next() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        decide(&mut windows, at(1, 1));
        let gone = |owner| owner == 10;
        assert_eq!(adopt(&mut windows, 12, |_| false), None);
        assert_eq!(adopt(&mut windows, 12, gone), Some(START + MINUTE));
        assert_eq!(
            decide(&mut windows, at(2, 1)),
            COUNTED,
            "the window goes on"
        );
        assert_eq!(due(&mut windows, MINUTE, 12), [repeats(2, 0, MINUTE, 1)]);
    }

    /// However a process has got hold of a number: it died before it was written.
    #[test]
    fn a_number_that_was_not_written_is_told_by_the_next() {
        type Take = fn(&mut [Window; WINDOWS]) -> Option<Repeats>;
        let of_the_dead: [Take; 3] = [
            |windows| take_due(windows, START + MINUTE, 10, |_| true),
            |windows| take_own(windows, START + MINUTE, 10),
            |windows| match decide(windows, at(MINUTE, 1)) {
                Decision::Write(repeats) => repeats,
                Decision::Suppress { .. } => None,
            },
        ];
        for take in of_the_dead {
            let mut windows = [Window::default(); WINDOWS];
            decide(&mut windows, at(0, 1));
            decide(&mut windows, at(1, 1));
            let lost = repeats(1, 0, MINUTE, 1);
            assert_eq!(take(&mut windows), Some(lost));
            // What comes meanwhile is another window's.
            let failure = at(MINUTE + 1, 1);
            let next = decide(&mut windows, failure);
            let is_open = matches!(next, Decision::Suppress { .. });
            assert!(is_open || next == Decision::Write(None), "{next:?}");
            assert_eq!(due(&mut windows, MINUTE + 2, 11), [], "its process lives");
            told(&mut windows, &lost, 11);
            let next = take_due(&mut windows, START + MINUTE + 3, 12, |owner| owner == 10);
            assert_eq!(next, Some(lost));
            told(&mut windows, &lost, 12);
            let rest: u64 = windows.iter().map(|window| window.suppressed).sum();
            assert_eq!(rest, u64::from(is_open));
        }
    }

    #[test]
    fn a_window_without_repeats_leaves_nothing_to_tell() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        assert_eq!(due(&mut windows, MINUTE, 10), []);
        assert_eq!(own(&mut windows, MINUTE, 10), []);
        assert_eq!(adopt(&mut windows, 12, |_| true), None);
        assert_eq!(decide(&mut windows, at(MINUTE, 1)), Decision::Write(None));
        let open = windows.iter().filter(|window| window.key != 0);
        assert_eq!(open.count(), 1, "its place is used again");
    }

    #[test]
    fn a_clock_set_back_ends_a_window() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        decide(&mut windows, at(1, 1));
        let written = Decision::Write(Some(repeats(1, 0, 0, 1)));
        assert_eq!(decide(&mut windows, at(-5_000, 1)), written);
    }

    /// Whatever happens in whatever order, and whoever dies: every failure is either written or counted in
    /// a number that is.
    #[test]
    fn every_failure_is_written_or_told_exactly_once() {
        let mut seed = 7_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut windows = [Window::default(); WINDOWS];
        let (mut failures, mut accounted, mut now) = (0, 0, 0);
        for _ in 0..20_000 {
            now += i64::try_from(random(9_000)).unwrap();
            let process = 10 + u32::try_from(random(2)).unwrap();
            let dies = random(4) == 0;
            let got = match random(20) {
                0 => take_due(&mut windows, START + now, process, |owner| owner == process),
                1 => take_own(&mut windows, START + now, process),
                2 => {
                    adopt(&mut windows, process, |owner| owner != process);
                    None
                }
                _ => {
                    failures += 1;
                    let mut failure = at(now, 1 + random(12));
                    failure.process = process;
                    match decide(&mut windows, failure) {
                        Decision::Write(repeats) => {
                            accounted += 1;
                            repeats
                        }
                        Decision::Suppress { .. } => None,
                    }
                }
            };
            if let Some(repeats) = got.filter(|_| !dies) {
                accounted += repeats.count;
                told(&mut windows, &repeats, process);
            }
        }
        let left: u64 = windows.iter().map(|window| window.suppressed).sum();
        assert_eq!(accounted + left, failures);
    }
}
