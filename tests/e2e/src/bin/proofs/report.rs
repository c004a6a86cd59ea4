//! The proofs in words and numbers.

use std::fmt::Write;

use tlsdiag_e2e::causes::Scenario;
use tlsdiag_e2e::page::{self, Share, Target};

use crate::run::{Outcome, Proof};
use crate::Told;

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

    fn targets(&self) -> Vec<Target> {
        const REMEDIES: &str =
            "scenarios in which something that nginx can be told helps: proved, and pasted into nginx it gives 200";
        const WEAK: &str =
            "scenarios in which only what weakens security helps: proved with `--try-weakening`, and marked";
        const PROOFS: &str = "proved: pasted into nginx it gives 200";
        const TOO_BOLD: &str = "weakening proved without `--try-weakening`";
        let most = self.most_connections;
        let some = self.remedies.reaches(98) && self.remedies.whole > 0;
        vec![
            Target::new(REMEDIES, self.remedies, ">= 98 %", some),
            Target::share(PROOFS, self.proofs, ">= 98 %", 98),
            Target::share(WEAK, self.weak, ">= 98 %", 98),
            Target::new(TOO_BOLD, self.too_bold, "0", self.too_bold == 0),
            Target::new("most connections of one probe", most, "<= 12", most <= 12),
            Target::new(
                "scenarios that could not be run",
                self.stopped,
                "0",
                self.stopped == 0,
            ),
        ]
    }

    pub(crate) fn reached(&self) -> bool {
        self.targets().iter().all(|target| target.reached)
    }
}

/// One scenario on one line, for whoever waits.
pub(crate) fn line(scenario: &Scenario, outcome: &Result<Outcome, String>) -> String {
    cells(scenario, outcome).join(" | ")
}

/// Cause, stack, TLS, name given, what was proved, result in nginx, connections.
fn cells(scenario: &Scenario, outcome: &Result<Outcome, String>) -> Vec<String> {
    let told = match outcome {
        Ok(outcome) => told(outcome),
        Err(why) => {
            let why = why.lines().next().unwrap_or_default();
            let why = format!("NOT RUN: {}", why.chars().take(200).collect::<String>());
            ["-", "-", &why, "-"].map(str::to_owned)
        }
    };
    [&scenario.cells()[..], &told].concat()
}

/// The last four of these.
fn told(outcome: &Outcome) -> [String; 4] {
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
    [name, proved, result, connections]
}

/// The part of docs/matrix.md.
pub(crate) fn document(told: &[Told], totals: &Totals) -> String {
    let mut text = String::from(INTRODUCTION);
    page::targets(&mut text, &totals.targets());
    let _ = writeln!(
        text,
        "\n{} scenarios; {} of them need an earlier session, which a probe does not have.\n",
        totals.scenarios, totals.needs_a_session
    );
    const COLUMNS: [&str; 7] = [
        "cause",
        "stack",
        "TLS",
        "name given",
        "proved",
        "nginx",
        "connections",
    ];
    let is_exception = |told: &&Told| match &told.outcome {
        Ok(outcome) => !outcome.needs_a_session && !outcome.is_as_it_should_be(),
        Err(_) => true,
    };
    let exceptions = told.iter().filter(is_exception);
    let cells = |told: &Told| cells(&told.scenario, &told.outcome);
    page::table(&mut text, &COLUMNS, exceptions.map(cells));
    text
}

const INTRODUCTION: &str = "\
## What `tlsdiag probe` proves

Written by `make proofs`. In each scenario above the probe gets nginx's configuration, and the names and files that an operator
knows; what it proves is pasted into the location and nginx asked again. Listed are the scenarios in which it proved nothing
though something helps, or something that does not.

";
