//! Repeats: which failures are written, and which are only counted.
//!
//! The first failure of a kind is written and opens a window. Those that follow in the window are counted,
//! and their count is written once: with the next failure of that kind, when the window ends, or when the
//! process that owns the window ends. The windows of a process that died are taken over. So no count is
//! lost, as a log with "last message repeated" loses them.
//!
//! Nothing here reads a clock or knows where windows are kept; the caller holds whatever lock they need.

/// This long after its end any process may write a window's count: the owner may be gone, and its process id
/// may be another's.
const OVERDUE_MS: i64 = 60_000;

/// Windows of one peer. When all are taken, failures of another kind are written.
pub const WINDOWS: usize = 8;

/// A kind of failure of one peer, and its count. All zero is a free place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Digest of what makes failures repeats of each other; 0 for a free place.
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
    /// As in [`Window`]; not 0.
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

    /// Frees the place, and returns its count, if any.
    fn close(&mut self, now_ms: i64) -> Option<Repeats> {
        let window = std::mem::take(self);
        (window.key != 0 && window.suppressed > 0).then(|| Repeats {
            count: window.suppressed,
            start_ms: window.started_ms,
            end_ms: window.end_ms().min(now_ms).max(window.started_ms),
            label: window.label,
        })
    }
}

/// A window is open in which this failure would only be counted.
pub fn is_repeat(windows: &[Window; WINDOWS], failure: &Failure) -> bool {
    let mut windows = windows.iter();
    let window = windows.find(|window| window.key == failure.key);
    window.is_some_and(|window| !window.has_ended(failure.now_ms))
}

/// Whether a failure is written. Opens, counts and closes windows as it goes.
pub fn decide(windows: &mut [Window; WINDOWS], failure: Failure) -> Decision {
    let now_ms = failure.now_ms;
    let same = |window: &&mut Window| window.key == failure.key;
    if let Some(window) = windows.iter_mut().find(same) {
        if window.has_ended(now_ms) {
            let repeats = window.close(now_ms);
            open(window, failure);
            return Decision::Write(repeats);
        }
        window.suppressed += 1;
        let is_first = window.suppressed == 1;
        if is_first {
            window.owner = failure.process;
        }
        return Decision::Suppress {
            wake_ms: is_first.then(|| window.end_ms()),
        };
    }
    let has_room = |window: &&mut Window| window.key == 0 || window.has_ended(now_ms);
    let Some(window) = windows.iter_mut().find(has_room) else {
        return Decision::Write(None);
    };
    let repeats = window.close(now_ms);
    open(window, failure);
    Decision::Write(repeats)
}

fn open(window: &mut Window, failure: Failure) {
    *window = Window {
        key: failure.key,
        started_ms: failure.now_ms,
        period_ms: failure.period_ms,
        suppressed: 0,
        owner: 0,
        label: failure.label,
    };
}

/// The counts that this process must write now: of windows that have ended and are its own, a gone
/// process's, or long overdue.
pub fn take_due<'a>(
    windows: &'a mut [Window; WINDOWS],
    now_ms: i64,
    is_to_tell: impl Fn(u32) -> bool + 'a,
) -> impl Iterator<Item = Repeats> + 'a {
    let due = move |window: &&mut Window| {
        let overdue_ms = now_ms.saturating_sub(window.end_ms());
        let is_ours = overdue_ms >= OVERDUE_MS || is_to_tell(window.owner);
        window.suppressed > 0 && window.has_ended(now_ms) && is_ours
    };
    windows
        .iter_mut()
        .filter(due)
        .filter_map(move |window| window.close(now_ms))
}

/// This process ends: the counts of all its windows, whether they have ended or not.
pub fn take_all(
    windows: &mut [Window; WINDOWS],
    now_ms: i64,
    process: u32,
) -> impl Iterator<Item = Repeats> + '_ {
    let mine = move |window: &&mut Window| window.suppressed > 0 && window.owner == process;
    windows
        .iter_mut()
        .filter(mine)
        .filter_map(move |window| window.close(now_ms))
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

    #[test]
    fn the_first_is_written_and_the_rest_is_told_with_the_next() {
        let mut windows = [Window::default(); WINDOWS];
        assert_eq!(decide(&mut windows, at(0, 1)), Decision::Write(None));
        let first = Decision::Suppress {
            wake_ms: Some(START + MINUTE),
        };
        assert_eq!(decide(&mut windows, at(1, 1)), first);
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

    #[test]
    fn a_place_that_is_taken_over_loses_no_number() {
        let mut windows = [Window::default(); WINDOWS];
        for key in 1..=8 {
            decide(&mut windows, at(0, key));
            decide(&mut windows, at(1, key));
        }
        let written = Decision::Write(Some(repeats(1, 0, MINUTE, 1)));
        assert_eq!(decide(&mut windows, at(MINUTE, 9)), written);
        let left: u64 = windows.iter().map(|window| window.suppressed).sum();
        assert_eq!(left, 7);
    }

    #[test]
    fn the_last_window_is_told_when_it_ends() {
        let mut windows = [Window::default(); WINDOWS];
        for after in 0..5 {
            decide(&mut windows, at(after, 1));
        }
        let due = |windows: &mut _, after, process| -> Vec<_> {
            take_due(windows, START + after, move |owner| owner == process).collect()
        };
        assert_eq!(due(&mut windows, MINUTE - 1, 10), []);
        for after in [MINUTE, 2 * MINUTE - 1] {
            let told = due(&mut windows, after, 11);
            assert_eq!(told, [], "another process tells it");
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
        let told: Vec<_> = take_due(&mut windows, START + 2 * MINUTE, |_| false).collect();
        assert_eq!(told, [repeats(1, 0, MINUTE, 1)]);
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
        let written: Vec<_> = take_all(&mut windows, START + 5, 10).collect();
        assert_eq!(written, [repeats(1, 0, 5, 1)]);
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
        let written: Vec<_> = take_due(&mut windows, START + MINUTE, |owner| owner == 12).collect();
        assert_eq!(written, [repeats(2, 0, MINUTE, 1)]);
    }

    #[test]
    fn a_window_without_repeats_leaves_nothing_to_tell() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        assert_eq!(take_due(&mut windows, START + MINUTE, |_| true).count(), 0);
        assert_eq!(take_all(&mut windows, START + MINUTE, 10).count(), 0);
        assert_eq!(adopt(&mut windows, 12, |_| true), None);
        assert_eq!(decide(&mut windows, at(MINUTE, 1)), Decision::Write(None));
    }

    #[test]
    fn a_clock_set_back_ends_a_window() {
        let mut windows = [Window::default(); WINDOWS];
        decide(&mut windows, at(0, 1));
        decide(&mut windows, at(1, 1));
        let written = Decision::Write(Some(repeats(1, 0, 0, 1)));
        assert_eq!(decide(&mut windows, at(-5_000, 1)), written);
    }

    /// Whatever happens in whatever order: every failure is either written or counted in a count that is written.
    #[test]
    fn every_failure_is_written_or_told_exactly_once() {
        let mut seed = 7_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut windows = [Window::default(); WINDOWS];
        let (mut failures, mut accounted, mut now) = (0, 0, 0);
        let mut count = |count: u64| accounted += count;
        for _ in 0..20_000 {
            now += i64::try_from(random(9_000)).unwrap();
            match random(20) {
                0 => count(
                    take_due(&mut windows, START + now, |owner| owner == 11)
                        .map(|repeats| repeats.count)
                        .sum(),
                ),
                1 => count(
                    take_all(&mut windows, START + now, 10)
                        .map(|one| one.count)
                        .sum(),
                ),
                2 => drop(adopt(&mut windows, 11, |owner| owner == 10)),
                _ => {
                    failures += 1;
                    let mut failure = at(now, 1 + random(12));
                    failure.process = 10 + u32::try_from(random(2)).unwrap();
                    let is_repeat = is_repeat(&windows, &failure);
                    let decision = decide(&mut windows, failure);
                    let is_counted = matches!(decision, Decision::Suppress { .. });
                    assert_eq!(is_repeat, is_counted, "is_repeat foretells it");
                    match decision {
                        Decision::Write(repeats) => count(1 + repeats.map_or(0, |one| one.count)),
                        Decision::Suppress { .. } => {}
                    }
                }
            }
        }
        count(windows.iter().map(|window| window.suppressed).sum());
        assert_eq!(accounted, failures);
    }
}
