//! What the scenarios come to, against the targets.

use std::collections::{BTreeMap, BTreeSet};

use tlsdiag_e2e::page::{Share, Target};
use tlsdiag_e2e::peers::Stack;

use crate::run::{Again, Loop};
use crate::Told;

/// Counts over all scenarios.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) scenarios: usize,
    /// Those that could not be run.
    pub(crate) stopped: usize,
    pub(crate) first: Share,
    pub(crate) among: Share,
    pub(crate) certain: Share,
    pub(crate) likely: Share,
    pub(crate) possible: Share,
    pub(crate) machine: Share,
    pub(crate) placeholder: Share,
    /// What was proposed after a fix that failed.
    pub(crate) second: Share,
    /// Remedies outside nginx.conf.
    pub(crate) done: Share,
    /// `machine` and `placeholder` that no script can confirm.
    pub(crate) unconfirmed: usize,
    pub(crate) weakens: usize,
    pub(crate) weakens_in_vain: usize,
    /// Where each name was set up: `None` is a script.
    pub(crate) names: BTreeMap<&'static str, BTreeSet<Option<Stack>>>,
}

impl Totals {
    pub(crate) fn of(told: &[Told]) -> Totals {
        let mut totals = Totals::default();
        for one in told {
            totals.add(one);
        }
        totals
    }

    fn add(&mut self, told: &Told) {
        let cause = told.scenario.cause;
        self.scenarios += 1;
        self.names
            .entry(cause.name)
            .or_default()
            .insert(told.scenario.stack);
        let Ok(outcome) = &told.outcome else {
            self.stopped += 1;
            return;
        };
        let Some(diagnosis) = &outcome.diagnosis else {
            self.first.count(false);
            self.among.count(false);
            return;
        };
        let right = diagnosis.name == cause.name;
        self.first.count(right);
        self.among.count(diagnosis.is_among(cause.name));
        match diagnosis.confidence.as_str() {
            "certain" => self.certain.count(right),
            "likely" => self.likely.count(right),
            _ => self.possible.count(right),
        }
        // An action may name what weakens beside what does not.
        if diagnosis.weakens && !diagnosis.fix.is_empty() {
            self.weakens += 1;
            self.weakens_in_vain += usize::from(!outcome.weak_only);
        }
        if let Loop::Pasted(Err(again)) = &outcome.closed {
            self.second.count(again.helped);
        }
        // Where nothing neutral helps, what is neutral is tried first all the same.
        let helped = |result: &Result<(), Again>| match result {
            Ok(()) => true,
            Err(again) => outcome.weak_only && again.helped,
        };
        match &outcome.closed {
            Loop::Pasted(result) if diagnosis.applicability == "machine" => {
                self.machine.count(helped(result));
            }
            Loop::Pasted(result) => self.placeholder.count(helped(result)),
            Loop::Done(result) => self.done.count(result.is_ok()),
            Loop::Open(_) if diagnosis.applicability != "manual" => self.unconfirmed += 1,
            Loop::Open(_) => {}
        }
    }

    /// `machine` and `placeholder` together.
    pub(crate) fn pasted(&self) -> Share {
        Share {
            part: self.machine.part + self.placeholder.part,
            whole: self.machine.whole + self.placeholder.whole,
        }
    }

    /// Names set up on three makes or more; a script is one of its own.
    pub(crate) fn names_on(&self, makes: usize) -> usize {
        self.names.values().filter(|on| on.len() >= makes).count()
    }

    /// Whether every target is reached.
    pub(crate) fn reached(&self) -> bool {
        self.targets().iter().all(|target| target.reached)
    }

    /// What is counted, what came out, what is asked for.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let all = self.scenarios >= 120 && self.stopped == 0;
        let wrong = self.certain.whole - self.certain.part;
        const PASTED: &str =
            "fixes (`machine`, `placeholder`) pasted verbatim after which the request got 200 (where nothing \
             neutral helps: after the last of those printed)";
        const IN_VAIN: &str = "`weakens` proposed where something neutral works";
        vec![
            Target::new("scenarios", self.scenarios, ">= 120", all),
            Target::share("first name right", self.first, ">= 99 %", 99),
            Target::share(
                "right name among first and alternatives",
                self.among,
                "100 %",
                100,
            ),
            Target::new("`certain` and wrong", wrong, "0", wrong == 0),
            Target::share("`likely` and right", self.likely, ">= 90 %", 90),
            Target::share(PASTED, self.pasted(), ">= 99 %", 99),
            Target::new(
                IN_VAIN,
                self.weakens_in_vain,
                "0",
                self.weakens_in_vain == 0,
            ),
        ]
    }
}
