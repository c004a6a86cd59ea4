//! The proofs in words and numbers.

use std::fmt::Write;

use crate::run::{Outcome, Proof};
use crate::scenario::{stack, version, Scenario};
use crate::Told;

/// Of how many.
#[derive(Default, Clone, Copy)]
struct Share {
    good: usize,
    all: usize,
}

impl Share {
    fn count(&mut self, is_good: bool) {
        self.good += usize::from(is_good);
        self.all += 1;
    }

    fn per_mille(self) -> usize {
        (self.good * 1000).checked_div(self.all).unwrap_or(1000)
    }

    fn text(self) -> String {
        let per_mille = self.per_mille();
        let (whole, tenth) = (per_mille / 10, per_mille % 10);
        format!("{} of {} ({whole}.{tenth} %)", self.good, self.all)
    }
}

/// What is counted.
#[derive(Default)]
pub(crate) struct Totals {
    scenarios: usize,
    stopped: usize,
    needs_a_session: usize,
    /// Something that does not weaken security helps nginx: proved, and it does.
    remedies: Share,
    /// Proved without `--try-weakening`: it gives 200 in nginx.
    proofs: Share,
    /// Only what weakens security helps: proved with the flag, and marked.
    weak: Share,
    /// Weakening proved without the flag.
    too_bold: usize,
    most_connections: u64,
}

impl Proof {
    fn helps(&self) -> bool {
        self.status == Some(200)
    }
}

impl Outcome {
    /// Something that does not weaken security helps.
    fn has_remedy(&self) -> bool {
        self.module_helps == Some(false) || self.careful.helps()
    }

    /// Only what weakens security helps.
    fn is_weak_only(&self) -> bool {
        let bold = self.bold.as_ref();
        let helps = self.module_helps == Some(true) || bold.is_some_and(Proof::helps);
        !self.has_remedy() && helps
    }

    fn is_as_it_should_be(&self) -> bool {
        let is_marked = |proof: &Proof| proof.helps() && proof.security == "weakens";
        match (self.has_remedy(), self.is_weak_only()) {
            (true, _) => self.careful.helps(),
            (_, true) => self.bold.as_ref().is_some_and(is_marked),
            _ => self.careful.proved.is_empty(),
        }
    }
}

impl Totals {
    pub(crate) fn of(told: &[Told]) -> Totals {
        let mut totals = Totals {
            scenarios: told.len(),
            ..Totals::default()
        };
        for one in told {
            let Ok(outcome) = &one.outcome else {
                totals.stopped += 1;
                continue;
            };
            let proofs = [Some(&outcome.careful), outcome.bold.as_ref()];
            for proof in proofs.into_iter().flatten() {
                totals.most_connections = totals.most_connections.max(proof.connections);
            }
            totals.too_bold += usize::from(outcome.careful.security == "weakens");
            if outcome.needs_a_session {
                totals.needs_a_session += 1;
                continue;
            }
            if !outcome.careful.proved.is_empty() {
                totals.proofs.count(outcome.careful.helps());
            }
            if outcome.has_remedy() {
                totals.remedies.count(outcome.careful.helps());
            } else if outcome.is_weak_only() {
                totals.weak.count(outcome.is_as_it_should_be());
            }
        }
        totals
    }

    fn targets(&self) -> [(&'static str, String, &'static str, bool); 6] {
        [
            (
                "scenarios in which something that nginx can be told helps: proved, and pasted into nginx it gives 200",
                self.remedies.text(),
                ">= 98 %",
                self.remedies.per_mille() >= 980 && self.remedies.all > 0,
            ),
            (
                "proved: pasted into nginx it gives 200",
                self.proofs.text(),
                ">= 98 %",
                self.proofs.per_mille() >= 980,
            ),
            (
                "scenarios in which only what weakens security helps: proved with `--try-weakening`, and marked",
                self.weak.text(),
                ">= 98 %",
                self.weak.per_mille() >= 980,
            ),
            (
                "weakening proved without `--try-weakening`",
                self.too_bold.to_string(),
                "0",
                self.too_bold == 0,
            ),
            (
                "most connections of one probe",
                self.most_connections.to_string(),
                "<= 12",
                self.most_connections <= 12,
            ),
            (
                "scenarios that could not be run",
                self.stopped.to_string(),
                "0",
                self.stopped == 0,
            ),
        ]
    }

    pub(crate) fn reached(&self) -> bool {
        self.targets().iter().all(|(.., reached)| *reached)
    }
}

/// One scenario on one line, for whoever waits.
pub(crate) fn line(scenario: &Scenario, outcome: &Result<Outcome, String>) -> String {
    cells(scenario, outcome).join(" | ")
}

/// Cause, stack, TLS, name given, what was proved, result in nginx, connections.
fn cells(scenario: &Scenario, outcome: &Result<Outcome, String>) -> [String; 7] {
    let cause = format!("`{}`: {}", scenario.row.name, scenario.row.cause);
    let (stack, version) = (stack(scenario.stack), version(scenario.version).to_owned());
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(why) => {
            let why = why.lines().next().unwrap_or_default();
            let nothing = || "-".to_owned();
            let why = format!("NOT RUN: {}", why.chars().take(200).collect::<String>());
            return [cause, stack, version, nothing(), nothing(), why, nothing()];
        }
    };
    let bold = outcome.bold.as_ref().filter(|bold| !bold.proved.is_empty());
    let proof = bold.unwrap_or(&outcome.careful);
    let name = match &proof.name {
        Some(name) => format!("`{name}`"),
        None => "works".to_owned(),
    };
    let directives: Vec<String> = proof.proved.iter().map(|one| format!("`{one}`")).collect();
    let mut proved = directives.join(" ");
    if proved.is_empty() {
        proved.push_str("nothing");
    } else {
        let _ = write!(proved, " ({})", proof.security);
    }
    let mut result = match proof.status {
        Some(status) => status.to_string(),
        None => "-".to_owned(),
    };
    if !outcome.is_as_it_should_be() && !outcome.needs_a_session {
        result.push_str(" WRONG");
    }
    let connections = proof.connections.to_string();
    [cause, stack, version, name, proved, result, connections]
}

/// The part of docs/matrix.md.
pub(crate) fn document(told: &[Told], totals: &Totals) -> String {
    let mut text = String::from(INTRODUCTION);
    table(&mut text, &["counted", "seen", "wanted", ""]);
    for (what, seen, wanted, reached) in totals.targets() {
        let mark = if reached { "reached" } else { "MISSED" };
        let _ = writeln!(text, "| {what} | {seen} | {wanted} | {mark} |");
    }
    let _ = writeln!(
        text,
        "\n{} scenarios; {} of them need an earlier session, which a probe does not have.\n",
        totals.scenarios, totals.needs_a_session
    );
    table(
        &mut text,
        &[
            "cause",
            "stack",
            "TLS",
            "name given",
            "proved",
            "nginx",
            "connections",
        ],
    );
    let is_exception = |told: &&Told| match &told.outcome {
        Ok(outcome) => !outcome.needs_a_session && !outcome.is_as_it_should_be(),
        Err(_) => true,
    };
    for told in told.iter().filter(is_exception) {
        let cells = cells(&told.scenario, &told.outcome).map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn table(text: &mut String, columns: &[&str]) {
    let rule = vec!["---"; columns.len()].join("|");
    let _ = writeln!(text, "| {} |\n|{rule}|", columns.join(" | "));
}

const INTRODUCTION: &str = "\
## What `tlsdiag probe` proves

Written by `make proofs`. In each scenario above the probe gets nginx's configuration, and the names and files that an operator
knows; what it proves is pasted into the location and nginx asked again. Listed are the scenarios in which it proved nothing
though something helps, or something that does not.

";
