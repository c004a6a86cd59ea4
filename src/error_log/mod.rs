//! From nginx's error.log to causes: for whoever has a line and not the module.
//!
//! Data flows one way here, too: [`entry`] finds nginx's part of a line, `message` and `openssl` tell its
//! [`kind`] by numbers, `tail` the connection, `groups` count, [`causes`] rank names of the catalogue and
//! `advice` says what to do about them. Nothing here reads files: lines come in, [`Group`]s and
//! [`Explanation`]s come out.

mod advice;
pub mod causes;
mod container;
pub mod entry;
mod explanation;
mod fragment;
mod groups;
pub mod kind;
mod message;
pub mod openssl;
mod ours;
mod recent;
pub mod settings;
mod snippet;
mod tail;
mod time;

pub use explanation::Explanation;
pub use groups::Group;
pub use ours::OwnDiagnosis;
pub use time::Time;

use entry::Entry;
use groups::Groups;
use message::{Failure, Seen};
use recent::{Names, Pending, Waiting};

#[cfg(test)]
mod tests;

/// Reads lines and keeps what they say.
#[derive(Debug)]
pub struct Reader {
    groups: Groups,
    /// Failures whose next line may be our module's.
    waiting: Waiting,
    /// Connections that send a server name.
    names: Names,
    /// Text of a line that was wrapped into JSON.
    unwrapped: Vec<u8>,
    /// Lines that are none of a log, while there are few.
    pasted: Vec<Vec<u8>>,
    /// What was read.
    pub seen: Totals,
}

/// How many lines there were, and of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// All lines.
    pub lines: u64,
    /// Those of nginx's error log.
    pub of_nginx: u64,
    /// Failed handshakes with upstreams, all groups together.
    pub failures: u64,
    /// Those of them that are in no group, for there are too many groups.
    pub beyond: u64,
    /// Failed handshakes with clients, of which nothing else is said here.
    pub of_clients: u64,
    /// Lines about an upstream left out because of earlier failures.
    pub consequences: u64,
}

impl Reader {
    /// One that has read nothing.
    pub fn new() -> Self {
        Self {
            groups: Groups::new(),
            waiting: Waiting::default(),
            names: Names::default(),
            unwrapped: Vec::new(),
            pasted: Vec::new(),
            seen: Totals::default(),
        }
    }

    /// Reads a line, its end taken off.
    pub fn line(&mut self, line: &[u8]) {
        self.seen.lines += 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(entry) = Entry::at_start(line) {
            self.entry(&entry);
        } else if line.starts_with(b"{") {
            self.object(line);
        } else if let Some(entry) = Entry::after_prefix(line) {
            self.entry(&entry);
        } else if let Some(failure) = fragment::read(line) {
            self.pasted(&failure);
        } else if self.seen.lines <= snippet::MAX_LINES {
            self.pasted
                .push(line.iter().copied().take(snippet::MAX_LINE).collect());
        }
    }

    fn pasted(&mut self, failure: &Failure<'_>) {
        self.seen.failures += 1;
        match self.groups.find(failure, false) {
            Some(group) => self.groups.count(group, None),
            None => self.seen.beyond += 1,
        }
    }

    /// No more lines for now: what waits for a line of our module is counted without, and an input of a few
    /// lines is looked at closer.
    pub fn flush(&mut self) {
        for pending in self.waiting.uncounted() {
            self.groups.count(pending.group, pending.time);
            pending.counted = true;
        }
        let pasted = std::mem::take(&mut self.pasted);
        let Totals {
            lines,
            of_nginx,
            failures,
            ..
        } = self.seen;
        if lines <= snippet::MAX_LINES && of_nginx == 0 && failures == 0 {
            for line in &pasted {
                match snippet::read(line) {
                    Some(failure) => self.pasted(&failure),
                    None => self.seen.consequences += u64::from(snippet::is_consequence(line)),
                }
            }
        }
    }

    /// The groups in which something was counted, each with a number that stays its own.
    pub fn groups(&self) -> impl Iterator<Item = (usize, &Group)> {
        self.groups.iter()
    }

    /// A line wrapped into JSON.
    fn object(&mut self, line: &[u8]) {
        let mut text = std::mem::take(&mut self.unwrapped);
        if container::unwrap(line, &mut text) {
            let whole = text.trim_ascii_end();
            if let Some(entry) = Entry::at_start(whole).or_else(|| Entry::after_prefix(whole)) {
                self.entry(&entry);
            }
        }
        self.unwrapped = text;
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        self.seen.of_nginx += 1;
        match message::read(entry.message) {
            Seen::Nothing => {
                if let Some(failure) = fragment::in_entry(entry.message) {
                    self.failure(entry, &failure);
                }
            }
            Seen::ClientSide => self.seen.of_clients += 1,
            Seen::Consequence => self.seen.consequences += 1,
            Seen::Attempt => self.names.forget(entry),
            Seen::NameSent => self.names.put(entry),
            Seen::Ours(said) => self.ours(entry, said),
            Seen::Echo(_) if self.waiting.peek(entry).is_some() => {}
            Seen::Failure(failure) | Seen::Echo(failure) => self.failure(entry, &failure),
        }
    }

    fn failure(&mut self, entry: &Entry<'_>, failure: &Failure<'_>) {
        self.seen.failures += 1;
        let name_sent = self.names.has(entry);
        let Some(group) = self.groups.find(failure, name_sent) else {
            self.seen.beyond += 1;
            return;
        };
        let earlier = self.waiting.put(Pending {
            pid: entry.pid(),
            connection: entry.connection(),
            group,
            time: entry.time(),
            counted: false,
        });
        if let Some(earlier) = earlier.filter(|earlier| !earlier.counted) {
            self.groups.count(earlier.group, earlier.time);
        }
    }

    /// Our module speaks right after nginx; where somebody took nginx's lines out, for itself.
    fn ours(&mut self, entry: &Entry<'_>, said: &[u8]) {
        let Some(name) = ours::name(said) else {
            return;
        };
        let whole = match self.waiting.take(entry) {
            Some(pending) => {
                if pending.counted {
                    self.groups.uncount(pending.group);
                }
                Some(pending.group)
            }
            None => {
                self.seen.failures += 1;
                self.groups.find(&message::reported(said), false)
            }
        };
        let Some(whole) = whole else {
            self.seen.beyond += 1;
            return;
        };
        let part = self.groups.part(whole, name, || ours::read(said));
        self.groups.count(part.unwrap_or(whole), entry.time());
    }
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}
