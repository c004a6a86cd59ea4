//! What the trials come to.

use crate::run::{End, Outcome, Step, Stop};

/// Of the trials with one number of things wrong, or of all.
#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) trials: usize,
    pub(crate) reached: usize,
    /// Steps and things wrong of those that reached 200.
    pub(crate) steps: usize,
    pub(crate) wrong: usize,
    pub(crate) same_paste: usize,
    pub(crate) refused: usize,
    pub(crate) silent: usize,
    /// Weakened where something neutral helps.
    pub(crate) weakened: usize,
    /// Lines that are `certain` of something that was not wrong.
    pub(crate) certain_and_wrong: usize,
    /// All answers, and those whose first name was wrong in the upstream or in nginx.conf.
    pub(crate) answers: usize,
    pub(crate) right: usize,
}

impl Totals {
    pub(crate) fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Totals {
        let mut totals = Totals::default();
        for outcome in outcomes {
            totals.add(outcome);
        }
        totals
    }

    fn add(&mut self, outcome: &Outcome) {
        self.trials += 1;
        if outcome.end == End::Reached {
            self.reached += 1;
            self.steps += outcome.steps.len();
            self.wrong += outcome.wrong.len();
        }
        self.same_paste += usize::from(pastes_twice(&outcome.steps));
        self.refused += usize::from(matches!(outcome.end, End::Stuck(Stop::Refused(_))));
        self.silent += usize::from(outcome.end == End::Stuck(Stop::Silent));
        let weakens = |step: &&Step| step.diagnosis.weakens && !outcome.case.weak;
        self.weakened += outcome.steps.iter().filter(weakens).count();
        for step in &outcome.steps {
            let right = is_right(outcome, step);
            self.answers += 1;
            self.right += usize::from(right);
            self.certain_and_wrong += usize::from(!right && step.diagnosis.confidence == "certain");
        }
    }

    /// Steps above the number of things wrong, on average, in hundredths.
    pub(crate) fn excess(&self) -> f64 {
        (self.steps as f64 - self.wrong as f64) / self.reached.max(1) as f64
    }
}

/// The first name is one of what is wrong.
pub(crate) fn is_right(outcome: &Outcome, step: &Step) -> bool {
    outcome.case.names.contains(&step.diagnosis.name.as_str())
}

/// The same directives were printed twice.
pub(crate) fn pastes_twice(steps: &[Step]) -> bool {
    let pasted = |step: &Step| !step.diagnosis.fix.is_empty();
    let again = |(index, step): (usize, &Step)| {
        let before = steps[..index].iter();
        pasted(step)
            && before
                .clone()
                .any(|one| one.diagnosis.fix == step.diagnosis.fix)
    };
    steps.iter().enumerate().any(again)
}
