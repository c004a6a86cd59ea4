//! Real connections, and what is shown while they are made.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use tlsdiag::disk::Disk;
use tlsdiag::probe::{Attempt, Change, Connector, Outcome, Settings};

use super::{human, Asked};
use crate::openssl::Peer;

/// One upstream at one address.
pub(super) struct Live<'a> {
    peer: Peer<'a>,
    asked: &'a Asked<'a>,
    began: Instant,
    /// Shows on standard error what is tried. A terminal that is gone is no reason to stop.
    shows_progress: bool,
}

impl<'a> Live<'a> {
    pub(super) fn new(
        asked: &'a Asked<'a>,
        request: Option<&'a str>,
        shows_progress: bool,
    ) -> Self {
        if shows_progress {
            let _ = human::heading(&mut anstream::stderr(), asked);
        }
        Self {
            peer: Peer {
                address: asked.address,
                files: &Disk,
                request,
            },
            asked,
            began: Instant::now(),
            shows_progress,
        }
    }
}

impl Connector for Live<'_> {
    fn connect(&mut self, settings: &Settings, timeout: Duration) -> Outcome {
        self.peer.connect(settings, timeout)
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn wait(&mut self, time: Duration) {
        thread::sleep(time);
    }

    fn begins(&mut self, changes: &[Change]) {
        if self.shows_progress {
            let _ = human::trying(&mut anstream::stderr(), self.asked.settings, changes);
        }
    }

    fn ended(&mut self, attempt: &Attempt) {
        if self.shows_progress {
            let mut output = anstream::stderr();
            let _ = write!(output, "\r");
            let _ = human::tried(&mut output, self.asked.settings, attempt);
        }
    }
}
