//! False alarms: what nobody may be told of. Healthy handshakes on every stack, and connections that
//! end for reasons that have nothing to do with TLS.

mod healthy;
mod orderly_ends;

use tlsdiag_e2e::nginx::Nginx;

/// One kind of event, how often it took place, and what the module said about it.
pub(crate) struct Count {
    pub(crate) what: String,
    pub(crate) events: usize,
    /// Lines in error.log and documents.
    pub(crate) lines: usize,
}

impl Count {
    /// Stops nginx and counts what it says.
    fn of(what: &str, events: usize, nginx: Nginx) -> Count {
        let finished = nginx.finish();
        for line in finished.log.ours() {
            eprintln!("false alarm ({what}): {}", line.raw);
        }
        Count {
            what: what.to_owned(),
            events,
            lines: finished.log.ours().len() + finished.documents.len(),
        }
    }
}

/// Both parts.
pub(crate) struct Quiet {
    pub(crate) healthy: Vec<Count>,
    pub(crate) ends: Vec<Count>,
}

/// Makes all of it happen.
pub(crate) fn run() -> Quiet {
    Quiet {
        healthy: healthy::run(),
        ends: orderly_ends::run(),
    }
}

/// All events, and all lines.
pub(crate) fn sum(counts: &[Count]) -> (usize, usize) {
    let events = counts.iter().map(|c| c.events).sum();
    let lines = counts.iter().map(|c| c.lines).sum();
    (events, lines)
}

impl Quiet {
    /// Both parts with what they are called.
    pub(crate) fn parts(&self) -> [(&'static str, &[Count]); 2] {
        [
            ("healthy handshakes", &self.healthy),
            ("connections that end for reasons of their own", &self.ends),
        ]
    }

    /// As many as asked for, and not a word.
    pub(crate) fn is_reached(counts: &[Count]) -> bool {
        matches!(sum(counts), (500.., 0))
    }

    /// Both parts.
    pub(crate) fn reached(&self) -> bool {
        let parts = self.parts();
        parts.iter().all(|(_, counts)| Quiet::is_reached(counts))
    }
}
