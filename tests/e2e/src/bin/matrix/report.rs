//! The matrix in words: a line while it runs, a document in the end.

use std::fmt::Write;

use crate::quiet::{sum, Quiet};
use crate::run::{Loop, Outcome};
use crate::scenario::{stack, version, Scenario};
use crate::totals::Totals;
use crate::{table, versions, Told};

/// One scenario on one line, for whoever waits.
pub(crate) fn line(scenario: &Scenario, outcome: &Result<Outcome, String>) -> String {
    cells(scenario, outcome).join(" | ")
}

/// Cause, stack, TLS, name given, right, confidence, fix, result.
fn cells(scenario: &Scenario, outcome: &Result<Outcome, String>) -> [String; 8] {
    let row = scenario.row;
    let cause = format!("`{}`: {}", row.name, row.cause);
    let (stack, version) = (stack(scenario.stack), version(scenario.version).to_owned());
    let nothing = || "-".to_owned();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(why) => {
            let why: String = why
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            return [
                cause,
                stack,
                version,
                nothing(),
                "NOT RUN".to_owned(),
                nothing(),
                nothing(),
                why,
            ];
        }
    };
    let Some(diagnosis) = &outcome.diagnosis else {
        return [
            cause,
            stack,
            version,
            nothing(),
            "SILENT".to_owned(),
            nothing(),
            nothing(),
            nothing(),
        ];
    };
    let right = if diagnosis.name == row.name {
        "right"
    } else if diagnosis.is_among(row.name) {
        "ALTERNATIVE"
    } else {
        "WRONG"
    };
    let (applied, result) = closed(outcome);
    [
        cause,
        stack,
        version,
        format!("`{}`", diagnosis.name),
        right.to_owned(),
        diagnosis.confidence.clone(),
        applied,
        result,
    ]
}

/// What was applied, and what came of it.
fn closed(outcome: &Outcome) -> (String, String) {
    let Some(diagnosis) = &outcome.diagnosis else {
        return ("-".to_owned(), "-".to_owned());
    };
    let result = |result: &Result<(), String>| match result {
        Ok(()) => "200".to_owned(),
        Err(why) => format!("FAILS: {why}"),
    };
    let weakens = if diagnosis.weakens { ", weakens" } else { "" };
    let fix = format!(
        "{} ({}{weakens})",
        quoted(&diagnosis.fix),
        diagnosis.applicability
    );
    match &outcome.closed {
        Loop::Pasted(Ok(())) => (fix, "200".to_owned()),
        Loop::Pasted(Err(again)) => {
            let mut text = format!("FAILS: {}", again.why);
            if let Some((fix, helped)) = &again.second {
                let answer = if *helped { "200" } else { "fails too" };
                let _ = write!(text, "; then {}: {answer}", quoted(fix));
            }
            (fix, text)
        }
        Loop::Done(went) => ("what the action says".to_owned(), result(went)),
        Loop::Open(why) if diagnosis.applicability == "manual" => {
            ((*why).to_owned(), "-".to_owned())
        }
        Loop::Open(why) => (fix, (*why).to_owned()),
    }
}

/// Directives, each as code.
fn quoted(directives: &[String]) -> String {
    let quoted: Vec<String> = directives.iter().map(|d| format!("`{d}`")).collect();
    quoted.join(" ")
}

/// docs/matrix.md.
pub(crate) fn document(told: &[Told], totals: &Totals, quiet: Option<&Quiet>) -> String {
    let mut page = Page(String::from(INTRODUCTION));
    page.table(
        "Totals",
        &["counted", "seen", "wanted", ""],
        targets(totals, quiet),
    );
    page.table("Also counted", &["", ""], more(totals));
    let cells = |told: &Told| cells(&told.scenario, &told.outcome).to_vec();
    const COLUMNS: [&str; 8] = [
        "cause",
        "stack",
        "TLS",
        "name given",
        "",
        "confidence",
        "fix applied",
        "result",
    ];
    let exceptions = told.iter().filter(|told| !told.is_as_it_should_be());
    page.table("Exceptions", &COLUMNS, exceptions.map(cells));
    page.table("Names", &["name", "set up on"], names(totals));
    let versions = versions::all().into_iter();
    let versions = versions.map(|(what, version)| vec![what, version]);
    page.table("Versions", &["what", "version"], versions);
    for (what, counts) in quiet.iter().flat_map(|quiet| quiet.parts()) {
        let rows = counts.iter().map(|count| {
            let numbers = [count.events.to_string(), count.lines.to_string()];
            [vec![count.what.clone()], numbers.to_vec()].concat()
        });
        let title = format!("False alarms: {what}");
        page.table(&title, &["what", "events", "lines"], rows);
    }
    page.table("Scenarios", &COLUMNS, told.iter().map(cells));
    page.0
}

/// Markdown being written.
struct Page(String);

impl Page {
    fn table(
        &mut self,
        title: &str,
        columns: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) {
        let rule = vec!["---"; columns.len()].join("|");
        let _ = writeln!(
            self.0,
            "\n## {title}\n\n| {} |\n|{rule}|",
            columns.join(" | ")
        );
        for cells in rows {
            let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
            let _ = writeln!(self.0, "| {} |", cells.join(" | "));
        }
    }
}

fn targets(totals: &Totals, quiet: Option<&Quiet>) -> Vec<Vec<String>> {
    let row = |what: &str, seen: String, wanted: &str, reached: bool| {
        let mark = if reached { "reached" } else { "MISSED" };
        vec![what.to_owned(), seen, wanted.to_owned(), mark.to_owned()]
    };
    let mut rows: Vec<Vec<String>> = totals
        .targets()
        .into_iter()
        .map(|target| row(target.what, target.seen, target.wanted, target.reached))
        .collect();
    for (what, counts) in quiet.iter().flat_map(|quiet| quiet.parts()) {
        let (events, lines) = sum(counts);
        rows.push(row(
            &format!("false alarms: {what}"),
            format!("{lines} in {events}"),
            "0 in 500 or more",
            Quiet::is_reached(counts),
        ));
    }
    rows
}

fn names(totals: &Totals) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (name, on) in &totals.names {
        let on: Vec<String> = on.iter().map(|s| stack(*s)).collect();
        rows.push(vec![format!("`{name}`"), on.join(", ")]);
    }
    for (name, why) in table::never() {
        rows.push(vec![format!("`{name}`"), format!("nowhere: {why}")]);
    }
    rows
}

/// Counts that no target is set for.
fn more(totals: &Totals) -> Vec<Vec<String>> {
    let weak = totals.weakens - totals.weakens_in_vain;
    let rows = [
        ("names set up", totals.names.len().to_string()),
        (
            "of these on three makes or more",
            totals.names_on(3).to_string(),
        ),
        ("`certain` and right", totals.certain.to_string()),
        ("`possible` and right", totals.possible.to_string()),
        ("`machine` fixes that helped", totals.machine.to_string()),
        (
            "`placeholder` fixes that helped",
            totals.placeholder.to_string(),
        ),
        (
            "fixes that failed, where the one proposed next helped",
            totals.second.to_string(),
        ),
        (
            "remedies outside nginx.conf that helped",
            totals.done.to_string(),
        ),
        (
            "fixes no script can confirm",
            totals.unconfirmed.to_string(),
        ),
        (
            "fixes that weaken, where nothing else helps",
            weak.to_string(),
        ),
        (
            "scenarios that could not be run",
            totals.stopped.to_string(),
        ),
    ];
    rows.map(|(what, seen)| vec![what.to_owned(), seen])
        .to_vec()
}

impl Told<'_> {
    /// The right name, and where something was done about it, it helped.
    fn is_as_it_should_be(&self) -> bool {
        let Ok(outcome) = &self.outcome else {
            return false;
        };
        let named = outcome.diagnosis.as_ref();
        let failed = matches!(outcome.closed, Loop::Pasted(Err(_)) | Loop::Done(Err(_)));
        named.is_some_and(|diagnosis| diagnosis.name == self.scenario.row.name) && !failed
    }
}

const INTRODUCTION: &str = "\
# Matrix

Written by `make matrix`. Every cause is set up on every TLS stack that is able to have it, in TLS 1.2 and 1.3 where that
makes a difference, behind a real nginx with the module; one request is sent and the module's document is read.

- *right*: the first name is the cause that was set up. *ALTERNATIVE*: it is among the alternatives.
- *fix applied*: the lines of `fix` are pasted into the location as they are printed, nginx is reloaded, the same request is
  sent again: 200, and no word of the module. A placeholder is filled with the value the scenario knows. Where the location
  says the directive already, the pasted line replaces it, as an operator does. For a remedy that is not nginx's
  (`manual`), what `action` says is done to the upstream or to the files, where that is possible.
- The stack *script* is a peer scripted to the byte. Most of them never answer a request: then nothing can be repeated.
- *Exceptions* are the scenarios whose first name is another, or whose remedy did not help. The expected name is always the
  cause that was set up, also where the upstream's answer cannot tell it from another.
";
