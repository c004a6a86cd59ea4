//! The trials in words: what was left undone, and the table.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::draft::MOST;
use crate::lever::Kind;
use crate::run::{End, Outcome};
use crate::totals::{is_right, pastes_twice, Totals};

/// One trial that deserves a look; `None` for one that went as it should.
pub(crate) fn stop(seed: u64, outcome: &Outcome) -> Option<String> {
    let trial = &outcome.case;
    let certain = outcome
        .steps
        .iter()
        .any(|step| step.diagnosis.confidence == "certain" && !is_right(outcome, step));
    let weakened = !trial.weak && outcome.steps.iter().any(|step| step.diagnosis.weakens);
    if outcome.end == End::Reached && !certain && !weakened && !pastes_twice(&outcome.steps) {
        return None;
    }
    Some(told(seed, outcome))
}

/// A trial, step by step.
pub(crate) fn told(seed: u64, outcome: &Outcome) -> String {
    let trial = &outcome.case;
    let mut text = format!(
        "seed {seed} trial {}: {:?} behind {:?}, {:?}; wrong: {}\n",
        trial.index,
        trial.stack,
        trial.family,
        trial.target,
        list(&outcome.wrong)
    );
    let _ = writeln!(text, "  nginx.conf: {}", trial.written().join(" "));
    for step in &outcome.steps {
        let right = if is_right(outcome, step) {
            ""
        } else {
            " NOT ONE OF THESE"
        };
        let _ = writeln!(text, "  {}{right}", step.line);
    }
    let _ = match (&outcome.end, &outcome.left) {
        (End::Reached, _) => writeln!(text, "  200"),
        (End::Stuck(stop), Some(left)) => writeln!(text, "  STUCK: {stop:?}; left: {}", list(left)),
        (End::Stuck(stop), None) => writeln!(text, "  STUCK: {stop:?}; the pastes did harm"),
    };
    text
}

fn list(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
    names.join(", ")
}

/// The tables.
pub(crate) fn document(outcomes: &[(u64, Outcome)], seeds: &str, count: usize) -> String {
    let mut text = format!(
        "Written by `make converge SEED={seeds} COUNT={count}`: {count} trials a seed.\n\n\
         | things wrong | trials | reached 200 | steps above that, on average | same paste twice | \
         refused by nginx | silent | weakened without need | `certain` and wrong | first name right |\n\
         |---|---|---|---|---|---|---|---|---|---|\n"
    );
    for wrong in 1..=MOST {
        let these = outcomes.iter().filter(|(_, one)| one.wrong.len() == wrong);
        row(
            &mut text,
            &wrong.to_string(),
            &Totals::of(these.map(|(_, one)| one)),
        );
    }
    row(
        &mut text,
        "all",
        &Totals::of(outcomes.iter().map(|(_, one)| one)),
    );
    text.push_str(
        "\nWhere it stopped:\n\n\
         | times | name given last | settings still wrong | stacks |\n|---|---|---|---|\n",
    );
    for stop in stops(outcomes) {
        let _ = writeln!(text, "| {} |", stop.join(" | "));
    }
    text
}

fn row(text: &mut String, wrong: &str, totals: &Totals) {
    let percent = |part: usize, whole: usize| part as f64 * 100.0 / whole.max(1) as f64;
    let _ = writeln!(
        text,
        "| {wrong} | {} | {} ({:.1} %) | {:+.2} | {} | {} | {} | {} | {} | {:.1} % |",
        totals.trials,
        totals.reached,
        percent(totals.reached, totals.trials),
        totals.excess(),
        totals.same_paste,
        totals.refused,
        totals.silent,
        totals.weakened,
        totals.certain_and_wrong,
        percent(totals.right, totals.answers)
    );
}

/// Kinds of stops, the commonest first: times, the name given last, what was left, who the upstreams were.
fn stops(outcomes: &[(u64, Outcome)]) -> Vec<[String; 4]> {
    let mut kinds: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for (_, outcome) in outcomes.iter().filter(|(_, one)| one.end != End::Reached) {
        let last = outcome.steps.last();
        let name = last.map_or("none", |step| step.diagnosis.name.as_str());
        kinds.entry(name).or_default().push(outcome);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, stopped)| std::cmp::Reverse(stopped.len()));
    let row = |(name, stopped): (&str, Vec<&Outcome>)| {
        let left = stopped.iter().flat_map(|one| one.left.iter().flatten());
        let stacks = stopped.iter().map(|one| format!("{:?}", one.case.stack));
        [
            stopped.len().to_string(),
            format!("`{name}`"),
            counted(left.map(|kind| format!("{kind:?}"))),
            counted(stacks),
        ]
    };
    kinds.into_iter().map(row).collect()
}

/// `a 3, b`: each once, with how often it comes if that is more.
fn counted(words: impl Iterator<Item = String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    let shown = counts.into_iter().map(|(word, count)| match count {
        1 => word,
        _ => format!("{word} {count}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}
