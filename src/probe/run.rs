//! The probe itself: as configured, then what may help, then the smallest part of what helped.

use std::collections::VecDeque;
use std::time::Duration;

use super::candidates::{self, Candidate, Hints};
use super::outcome::{Established, Failure, Outcome};
use super::security::grade;
use super::{Change, Settings};
use crate::diagnose::{diagnose, Diagnosis};
use crate::facts::Facts;
use crate::rules::{Confidence, Security};

/// What a probe may cost the upstream.
pub const MAX_CONNECTIONS: u32 = 12;
const APART: Duration = Duration::from_millis(100);
const EACH: Duration = Duration::from_secs(5);
const ALL: Duration = Duration::from_secs(30);
/// Changes in one set; more are no fix that anybody would read.
const MAX_CHANGES: usize = 6;

/// Makes connections, and knows the time.
pub trait Connector {
    /// Shakes hands with the upstream once, as nginx would with these settings.
    fn connect(&mut self, settings: &Settings, timeout: Duration) -> Outcome;

    /// Since the probe began.
    fn elapsed(&self) -> Duration;

    /// Lets this time pass.
    fn wait(&mut self, time: Duration);

    /// Progress: an attempt with these changes begins.
    fn begins(&mut self, changes: &[Change]);

    /// Progress: it has ended.
    fn ended(&mut self, attempt: &Attempt);
}

/// What the user allows and knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Values and directives that no rule knows.
    pub hints: Hints,
    /// Whether what weakens security is tried, too.
    pub try_weakening: bool,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// What was changed; nothing in the first one.
    pub changes: Vec<Change>,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// nginx would send its request now.
    Works(Established),
    /// It failed; why.
    Fails(Box<Diagnosis>),
    /// No connection came about; why.
    Unreachable(String),
    /// nginx would not take these directives; why.
    Refused(String),
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// All attempts in order; the first one is as configured.
    pub attempts: Vec<Attempt>,
    /// The smallest set that worked, if one did.
    pub proved: Option<Proof>,
    /// Connections that were made.
    pub connections: u32,
    /// Nothing but the date is wrong with the chain that was rejected.
    pub only_the_time: bool,
    /// Something was left out because it weakens security.
    pub held_back: bool,
}

/// Changes with which the handshake worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// None of them can be left out, as far as there were connections left to try.
    pub changes: Vec<Change>,
    /// What they do to security.
    pub security: Security,
}

/// Finds out what the upstream accepts.
pub fn run(settings: &Settings, request: &Request, connector: &mut impl Connector) -> Answer {
    let mut probe = Probe {
        settings,
        request,
        connector,
        tried: Vec::new(),
        names: Vec::new(),
        answer: Answer {
            attempts: Vec::new(),
            proved: None,
            connections: 0,
            only_the_time: false,
            held_back: false,
        },
    };
    if let Some(Outcome::Fails(failure)) = probe.attempt(&[]) {
        probe.answer.only_the_time = failure.only_the_time;
        if let Some(working) = probe.search(&failure) {
            let changes = probe.minimise(working);
            let security = grade(settings, &changes);
            probe.answer.proved = Some(Proof { changes, security });
        }
    }
    probe.answer
}

struct Probe<'a, C> {
    settings: &'a Settings,
    request: &'a Request,
    connector: &'a mut C,
    /// Settings that failed, so that none is tried twice.
    tried: Vec<Settings>,
    /// Diagnoses met: another one means that something has changed.
    names: Vec<&'static str>,
    answer: Answer,
}

impl<C: Connector> Probe<'_, C> {
    /// One connection; `None` where there is none left, and where these settings were tried already.
    fn attempt(&mut self, changes: &[Change]) -> Option<Outcome> {
        let settings = self.settings.with(changes);
        let left = ALL.saturating_sub(self.connector.elapsed());
        let is_spent = self.answer.connections >= MAX_CONNECTIONS || left.is_zero();
        if is_spent || self.tried.contains(&settings) {
            return None;
        }
        if self.answer.connections > 0 {
            self.connector.wait(APART);
        }
        self.connector.begins(changes);
        let outcome = self.connector.connect(&settings, left.min(EACH));
        if !matches!(outcome, Outcome::Works(_)) {
            self.tried.push(settings);
        }
        if !matches!(outcome, Outcome::Refused(_)) {
            self.answer.connections += 1;
        }
        let attempt = Attempt {
            changes: changes.to_vec(),
            verdict: Verdict::of(&outcome),
        };
        self.connector.ended(&attempt);
        self.answer.attempts.push(attempt);
        Some(outcome)
    }

    /// The first set that works. Where an attempt fails for another reason than any before it, what is
    /// said of that one is tried next.
    fn search(&mut self, first: &Failure) -> Option<Vec<Change>> {
        let mut waiting = VecDeque::new();
        self.follow(&[], first, &mut waiting)?;
        while let Some(Candidate { changes, leads_on }) = waiting.pop_front() {
            match self.attempt(&changes) {
                Some(Outcome::Works(_)) => return Some(changes),
                Some(Outcome::Fails(failure)) if leads_on => {
                    self.follow(&changes, &failure, &mut waiting)?;
                }
                Some(Outcome::Unreachable(_)) => return None,
                Some(Outcome::Fails(_) | Outcome::Refused(_)) | None => {}
            }
        }
        None
    }

    /// Puts what may help after this failure in front of what waits; `None` where nothing in nginx.conf
    /// can help.
    fn follow(
        &mut self,
        changes: &[Change],
        failure: &Failure,
        waiting: &mut VecDeque<Candidate>,
    ) -> Option<()> {
        let diagnosis = diagnose(&Facts::of(&failure.recording));
        if self.names.contains(&diagnosis.name) {
            return Some(());
        }
        self.names.push(diagnosis.name);
        if self.is_the_end(&diagnosis) {
            return None;
        }
        let settings = self.settings.with(changes);
        let candidates = candidates::after(&settings, failure, &diagnosis, &self.request.hints);
        for one in candidates.informed.into_iter().rev() {
            if let Some(whole) = self.allowed(changes, one) {
                waiting.push_front(whole);
            }
        }
        for one in candidates.ladder {
            waiting.extend(self.allowed(changes, one));
        }
        Some(())
    }

    /// A candidate on top of these changes, if it may be tried.
    fn allowed(&mut self, changes: &[Change], more: Candidate) -> Option<Candidate> {
        let whole = Candidate {
            changes: merged(changes, more.changes),
            ..more
        };
        let weakens = grade(self.settings, &whole.changes) == Security::Weakens;
        let is_allowed = self.request.try_weakening || !weakens;
        self.answer.held_back |= !is_allowed;
        (is_allowed && whole.changes.len() <= MAX_CHANGES).then_some(whole)
    }

    /// The upstream speaks no TLS, or wants a certificate that nobody has for it.
    fn is_the_end(&self, diagnosis: &Diagnosis) -> bool {
        let mut tries = self.request.hints.tries.iter().flatten();
        let is_sure = diagnosis.finding.confidence < Confidence::Possible;
        match diagnosis.name {
            // Some answer so to whoever names no host.
            "plaintext_upstream" => is_sure && !diagnosis.alternatives.contains(&"sni_missing"),
            "client_certificate_required" => {
                is_sure && !tries.any(|change| change.setting == "certificate")
            }
            _ => false,
        }
    }

    /// Leaves out what is not needed: every change once.
    fn minimise(&mut self, mut working: Vec<Change>) -> Vec<Change> {
        for change in working.clone() {
            let without: Vec<_> = working
                .iter()
                .filter(|one| **one != change)
                .cloned()
                .collect();
            if without.is_empty() {
                break;
            }
            // A part may weaken what the whole does not.
            let weakens = grade(self.settings, &without) == Security::Weakens;
            if weakens && !self.request.try_weakening {
                continue;
            }
            if let Some(Outcome::Works(_)) = self.attempt(&without) {
                working = without;
            }
        }
        working
    }
}

impl Verdict {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Works(established) => Self::Works(*established),
            Outcome::Fails(failure) => {
                Self::Fails(Box::new(diagnose(&Facts::of(&failure.recording))))
            }
            Outcome::Unreachable(why) => Self::Unreachable(why.clone()),
            Outcome::Refused(why) => Self::Refused(why.clone()),
        }
    }
}

/// Both sets; of two that set the same thing, the later.
fn merged(changes: &[Change], more: Vec<Change>) -> Vec<Change> {
    let stays = |old: &&Change| !more.iter().any(|new| new.sets_the_same(old));
    changes
        .iter()
        .filter(stays)
        .cloned()
        .chain(more.clone())
        .collect()
}
