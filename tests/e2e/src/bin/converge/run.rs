//! Pastes what is printed, again and again, until the request succeeds or nothing is left to paste.

use std::time::Duration;

use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix::{fill, paste};
use tlsdiag_e2e::nginx::Module;
use tlsdiag_e2e::observe::{json, Diagnosis};
use tlsdiag_e2e::wait;

use crate::draft::{Draft, MOST};
use crate::front::{Door, Front};
use crate::lever::Kind;
use crate::measure;
use crate::random::Random;
use crate::trial::{Case, Trial};

/// More than there can be wrong.
const MAX_STEPS: usize = 9;

/// One answer and what was done about it.
pub(crate) struct Step {
    pub(crate) diagnosis: Diagnosis,
    /// The line in error.log.
    pub(crate) line: String,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Reached,
    Stuck(Stop),
}

/// Why nothing more could be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The module said nothing.
    Silent,
    /// There is nothing to paste.
    NothingToPaste,
    /// The paste changes nothing.
    SamePaste,
    /// nginx refuses the paste.
    Refused(String),
    /// A placeholder that nobody can fill.
    Unknown(String),
    /// It goes on and on.
    TooLong,
}

/// How a case went.
pub(crate) struct Outcome {
    pub(crate) case: Case,
    /// The levers that had to be set right.
    pub(crate) wrong: Vec<Kind>,
    pub(crate) steps: Vec<Step>,
    pub(crate) end: End,
    /// Where it ended the levers that are wrong still; `None` where setting them right is not enough.
    pub(crate) left: Option<Vec<Kind>>,
}

/// A trial on its way.
struct Running {
    trial: Trial,
    settings: Vec<String>,
    outcome: Outcome,
}

/// Runs the trials of these numbers; those that no configuration can reach, that
/// work or in which too much is wrong are left out.
pub(crate) fn batch(seed: u64, indices: std::ops::Range<usize>) -> Vec<Outcome> {
    let trials: Vec<Trial> = indices
        .clone()
        .map(|index| {
            let mut random =
                Random((seed << 32) ^ (index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let draft = loop {
                if let Some(draft) = Draft::draw(&mut random) {
                    break draft;
                }
            };
            Trial::start(index, index - indices.start, draft, &mut random)
        })
        .collect();
    let mut stock = Front::start(Module::Absent);
    let mut all = begin(&mut stock, trials);
    let mut front = Front::start(Module::Ours);
    for _ in 0..MAX_STEPS {
        if !step(&mut front, &mut all) {
            break;
        }
    }
    front.nginx.finish();
    let mut stuck: Vec<&mut Running> = all
        .iter_mut()
        .filter(|one| one.outcome.end != End::Reached)
        .collect();
    let asked: Vec<_> = stuck
        .iter()
        .map(|one| (&one.trial, one.settings.as_slice()))
        .collect();
    let left = measure::left(&mut stock, &asked);
    for (one, left) in stuck.iter_mut().zip(left) {
        one.outcome.left = left;
    }
    stock.nginx.finish();
    all.into_iter().map(|one| one.outcome).collect()
}

fn begin(stock: &mut Front, trials: Vec<Trial>) -> Vec<Running> {
    let written: Vec<Vec<String>> = trials.iter().map(|trial| trial.case.written()).collect();
    let asked: Vec<_> = trials
        .iter()
        .zip(written.iter().map(Vec::as_slice))
        .collect();
    let wrong = measure::left(stock, &asked);
    let all = trials.into_iter().zip(written).zip(wrong);
    all.filter_map(|((trial, settings), wrong)| {
        let outcome = Outcome {
            case: trial.case.clone(),
            wrong: wrong.filter(|wrong| (1..=MOST).contains(&wrong.len()))?,
            steps: Vec::new(),
            // Until it is known better.
            end: End::Stuck(Stop::TooLong),
            left: None,
        };
        Some(Running {
            trial,
            settings,
            outcome,
        })
    })
    .collect()
}

/// One request for each that goes on; false when none does.
fn step(front: &mut Front, all: &mut [Running]) -> bool {
    let goes_on = |one: &&mut Running| one.outcome.end == End::Stuck(Stop::TooLong);
    let mut running: Vec<&mut Running> = all.iter_mut().filter(goes_on).collect();
    if running.is_empty() {
        return false;
    }
    let sites = running.iter().map(|one| {
        let case = &one.trial.case;
        let door = Door::new(case.family == Family::Stream, &case.index.to_string());
        let log = format!("upstream_tls_log {};", log(&one.trial));
        one.trial.site(door, &one.settings, &log)
    });
    let refused = front.load(sites.collect());
    for one in &mut running {
        let index = one.trial.case.index;
        if let Some((_, said)) = refused.iter().find(|(trial, _)| *trial == index) {
            one.outcome.end = End::Stuck(Stop::Refused(said.clone()));
            continue;
        }
        let site = front.of(index).next().expect("it is loaded");
        if front.ask(site) == 200 {
            one.outcome.end = End::Reached;
        } else if let Err(stop) = one.follow(front) {
            one.outcome.end = End::Stuck(stop);
        }
    }
    true
}

fn log(trial: &Trial) -> String {
    format!("trial{}.log", trial.case.index)
}

impl Running {
    /// Does what the newest document says.
    fn follow(&mut self, front: &Front) -> Result<(), Stop> {
        let seen = self.outcome.steps.len();
        let path = front.nginx.file(&log(&self.trial));
        let document = wait::poll(Duration::from_secs(1), || {
            json::read(&path).into_iter().nth(seen)
        });
        let diagnosis = Diagnosis::read(&document.ok_or(Stop::Silent)?);
        let log = front.nginx.log();
        let is_its =
            |line: &&&tlsdiag_e2e::observe::Line| line.connection == Some(diagnosis.connection);
        let line = log
            .ours()
            .iter()
            .find(is_its)
            .map(|line| line.message.clone());
        self.outcome.steps.push(Step {
            diagnosis: diagnosis.clone(),
            line: line.unwrap_or_default(),
        });
        if diagnosis.fix.is_empty() {
            return match self.trial.mend(&diagnosis.name) {
                true => Ok(()),
                false => Err(Stop::NothingToPaste),
            };
        }
        let fix = fill(&diagnosis.fix, &self.trial.known).map_err(Stop::Unknown)?;
        let settings = paste(&self.settings, &fix);
        if settings == self.settings {
            return Err(Stop::SamePaste);
        }
        self.settings = settings;
        Ok(())
    }
}
