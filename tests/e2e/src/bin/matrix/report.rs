//! The matrix in words: a line while it runs, a document in the end.

use std::fmt::Write;

use tlsdiag_e2e::causes::{never, stack, Scenario};
use tlsdiag_e2e::observe::Diagnosis;
use tlsdiag_e2e::page::{self, Target};

use crate::no_false_alarms::{sum, Quiet};
use crate::run::{Loop, Outcome};
use crate::totals::Totals;
use crate::{versions, Told};

/// One scenario on one line, for whoever waits.
pub(crate) fn line(scenario: &Scenario, outcome: &Result<Outcome, String>) -> String {
    cells(scenario, outcome).join(" | ")
}

/// Cause, stack, TLS, name given, right, confidence, fix, result.
fn cells(scenario: &Scenario, outcome: &Result<Outcome, String>) -> Vec<String> {
    let [name, right, confidence, applied, result] = match outcome {
        Err(why) => {
            let why = why.lines().next().unwrap_or_default();
            let why = why.chars().take(200).collect::<String>();
            ["-", "NOT RUN", "-", "-", &why].map(str::to_owned)
        }
        Ok(outcome) => match &outcome.diagnosis {
            None => ["-", "SILENT", "-", "-", "-"].map(str::to_owned),
            Some(diagnosis) => {
                let right = if diagnosis.name == scenario.cause.name {
                    "right"
                } else if diagnosis.is_among(scenario.cause.name) {
                    "ALTERNATIVE"
                } else {
                    "WRONG"
                };
                let name = format!("`{}`", diagnosis.name);
                let (applied, result) = closed(outcome, diagnosis);
                let confidence = diagnosis.confidence.clone();
                [name, right.to_owned(), confidence, applied, result]
            }
        },
    };
    let told = [name, right, confidence, applied, result];
    [&scenario.cells()[..], &told].concat()
}

/// What was applied, and what came of it.
fn closed(outcome: &Outcome, diagnosis: &Diagnosis) -> (String, String) {
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
            for fix in &again.then {
                let _ = write!(text, "; then {}", quoted(fix));
            }
            if !again.then.is_empty() {
                text.push_str(if again.helped { ": 200" } else { ": fails too" });
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
    let mut text = String::from(INTRODUCTION);
    text.push_str("\n## Totals\n\n");
    page::targets(&mut text, &targets(totals, quiet));
    let mut table = |title: &str, columns: &[&str], rows: Vec<Vec<String>>| {
        let _ = write!(text, "\n## {title}\n\n");
        page::table(&mut text, columns, rows);
    };
    table("Also counted", &["", ""], more(totals));
    let cells = |told: &Told| cells(&told.scenario, &told.outcome);
    let exceptions = told.iter().filter(|told| !is_as_it_should_be(told));
    table("Exceptions", &COLUMNS, exceptions.map(cells).collect());
    table("Names", &["name", "set up on"], names(totals));
    let versions = versions::all().into_iter();
    let versions = versions.map(|(what, version)| vec![what, version]);
    table("Versions", &["what", "version"], versions.collect());
    for (what, counts) in quiet.iter().flat_map(|quiet| quiet.parts()) {
        let rows = counts.iter().map(|count| {
            let numbers = [count.events.to_string(), count.lines.to_string()];
            [vec![count.what.clone()], numbers.to_vec()].concat()
        });
        let title = format!("False alarms: {what}");
        table(&title, &["what", "events", "lines"], rows.collect());
    }
    table("Scenarios", &COLUMNS, told.iter().map(cells).collect());
    text
}

fn targets(totals: &Totals, quiet: Option<&Quiet>) -> Vec<Target> {
    let mut all = totals.targets();
    for (what, counts) in quiet.iter().flat_map(|quiet| quiet.parts()) {
        let (events, lines) = sum(counts);
        all.push(Target::new(
            &format!("false alarms: {what}"),
            format!("{lines} in {events}"),
            "0 in 500 or more",
            Quiet::is_reached(counts),
        ));
    }
    all
}

fn names(totals: &Totals) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (name, on) in &totals.names {
        let on: Vec<String> = on.iter().map(|s| stack(*s)).collect();
        rows.push(vec![format!("`{name}`"), on.join(", ")]);
    }
    for (name, why) in never() {
        rows.push(vec![format!("`{name}`"), format!("nowhere: {why}")]);
    }
    rows
}

/// Counts that no target is set for.
fn more(totals: &Totals) -> Vec<Vec<String>> {
    let weak = totals.weakens - totals.weakens_in_vain;
    let rows: [(&str, &dyn std::fmt::Display); 11] = [
        ("names set up", &totals.names.len()),
        ("of these on three makes or more", &totals.names_on(3)),
        ("`certain` and right", &totals.certain),
        ("`possible` and right", &totals.possible),
        ("`machine` fixes that helped", &totals.machine),
        ("`placeholder` fixes that helped", &totals.placeholder),
        (
            "fixes that failed, where those proposed next helped",
            &totals.second,
        ),
        ("remedies outside nginx.conf that helped", &totals.done),
        ("fixes no script can confirm", &totals.unconfirmed),
        ("fixes that weaken, where nothing else helps", &weak),
        ("scenarios that could not be run", &totals.stopped),
    ];
    rows.map(|(what, seen)| vec![what.to_owned(), seen.to_string()])
        .to_vec()
}

/// The right name, and where something was done about it, it helped.
fn is_as_it_should_be(told: &Told) -> bool {
    let Ok(outcome) = &told.outcome else {
        return false;
    };
    let named = outcome.diagnosis.as_ref();
    let failed = matches!(outcome.closed, Loop::Pasted(Err(_)) | Loop::Done(Err(_)));
    named.is_some_and(|diagnosis| diagnosis.name == told.scenario.cause.name) && !failed
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
