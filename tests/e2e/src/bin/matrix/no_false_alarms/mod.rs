//! False alarms: what nobody may be told of. Healthy handshakes on every stack, and connections that
//! end for reasons that have nothing to do with TLS.

mod healthy;

use std::io::Write;

use openssl::ssl::SslVersion;
use tlsdiag_e2e::nginx::Finished;
use tlsdiag_e2e::orderly_ends::{self as ends, read_request, ANSWER, IDLE};

/// One kind of event, how often it took place, and what the module said about it.
pub(crate) struct Count {
    pub(crate) what: String,
    pub(crate) events: usize,
    /// Lines in error.log and documents.
    pub(crate) lines: usize,
}

impl Count {
    /// Counts what nginx left behind.
    fn of(what: &str, events: usize, finished: &Finished) -> Count {
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
        ends: orderly_ends(),
    }
}

fn orderly_ends() -> Vec<Count> {
    let gone = ends::clients_gone_in_the_handshake(130);
    let mut counts = vec![Count::of("client gone in the handshake", 130, &gone)];
    for (version, name) in [(SslVersion::TLS1_2, "1.2"), (SslVersion::TLS1_3, "1.3")] {
        let mut add = |what: &str, events, finished: Finished| {
            let what = format!("{what}, TLS {name}");
            counts.push(Count::of(&what, events, &finished));
        };
        let gone = ends::clients_gone_after_the_handshake(version, 30);
        add("client gone after the handshake", 30, gone);
        let at_once = ends::upstream_exits(version, |_| {}, 30);
        add("upstream exits right after the handshake", 30, at_once);
        let after = ends::upstream_exits(
            version,
            |tls| {
                read_request(tls);
            },
            30,
        );
        add("upstream exits after the request", 30, after);
        let half = |tls: &mut _| {
            read_request(tls);
            let _ = tls.write_all(&ANSWER[..30]);
        };
        let inside = ends::upstream_exits(version, half, 30);
        add("upstream exits inside its answer", 30, inside);
        for (what, end) in IDLE {
            add(what, 20, ends::idle(version, end, 20));
        }
        let reloads = ends::reloads(version, 10);
        add("graceful reload with a kept connection", 10, reloads);
    }
    counts
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
