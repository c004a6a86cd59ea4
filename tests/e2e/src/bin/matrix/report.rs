//! The matrix in words: a line while it runs, a document in the end.

use std::fmt::Write;

use tlsdiag_e2e::peers::{Stack, Version};

use crate::run::{Loop, Outcome};
use crate::table::NEVER;
use crate::totals::Totals;
use crate::{versions, Scenario, Told};

/// A stack's name in the table.
pub(crate) fn stack(stack: Option<Stack>) -> String {
    stack.map_or_else(|| "script".to_owned(), |stack| format!("{stack:?}"))
}

fn version(version: Option<Version>) -> &'static str {
    match version {
        None => "any",
        Some(Version::Tls10) => "1.0",
        Some(Version::Tls12) => "1.2",
        Some(Version::Tls13) => "1.3",
    }
}

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
    let directives: Vec<String> = diagnosis.fix.iter().map(|d| format!("`{d}`")).collect();
    let weakens = if diagnosis.weakens { ", weakens" } else { "" };
    let fix = format!(
        "{} ({}{weakens})",
        directives.join(" "),
        diagnosis.applicability
    );
    match &outcome.closed {
        Loop::Pasted(went) => (fix, result(went)),
        Loop::Done(went) => ("what the action says".to_owned(), result(went)),
        Loop::Open(why) if diagnosis.applicability == "manual" => {
            ((*why).to_owned(), "-".to_owned())
        }
        Loop::Open(why) => (fix, (*why).to_owned()),
    }
}

/// docs/matrix.md.
pub(crate) fn document(told: &[Told], totals: &Totals) -> String {
    let mut text = String::from(INTRODUCTION);
    let _ = writeln!(
        text,
        "## Totals\n\n| counted | seen | wanted | |\n|---|---|---|---|"
    );
    for target in totals.targets() {
        let mark = if target.reached { "reached" } else { "MISSED" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {mark} |",
            target.what, target.seen, target.wanted
        );
    }
    text.push('\n');
    text.push_str(&more(totals));
    let _ = writeln!(text, "\n## Names\n\n| name | set up on |\n|---|---|");
    for (name, on) in &totals.names {
        let on: Vec<String> = on.iter().map(|s| stack(*s)).collect();
        let _ = writeln!(text, "| `{name}` | {} |", on.join(", "));
    }
    for (name, why) in NEVER {
        let _ = writeln!(text, "| `{name}` | nowhere: {why} |");
    }
    let _ = writeln!(text, "\n## Versions\n\n| what | version |\n|---|---|");
    for (what, version) in versions::all() {
        let _ = writeln!(text, "| {what} | {version} |");
    }
    let _ = writeln!(
        text,
        "\n## Scenarios\n\n| cause | stack | TLS | name given | | confidence | fix applied | result |\n\
         |---|---|---|---|---|---|---|---|"
    );
    for one in told {
        let cells = cells(&one.scenario, &one.outcome);
        let _ = writeln!(
            text,
            "| {} |",
            cells.map(|c| c.replace('|', "\\|")).join(" | ")
        );
    }
    text
}

/// Counts that no target is set for.
fn more(totals: &Totals) -> String {
    let mut text = String::from("| also counted | |\n|---|---|\n");
    let mut line = |what: &str, seen: String| {
        let _ = writeln!(text, "| {what} | {seen} |");
    };
    line("names set up", totals.names.len().to_string());
    line(
        "of these on three makes or more",
        totals.names_on(3).to_string(),
    );
    line("`certain` and right", totals.certain.to_string());
    line("`possible` and right", totals.possible.to_string());
    line("`machine` fixes that helped", totals.machine.to_string());
    line(
        "`placeholder` fixes that helped",
        totals.placeholder.to_string(),
    );
    line(
        "remedies outside nginx.conf that helped",
        totals.done.to_string(),
    );
    line(
        "fixes no script can confirm",
        totals.unconfirmed.to_string(),
    );
    line(
        "fixes that weaken, where nothing else helps",
        (totals.weakens - totals.weakens_in_vain).to_string(),
    );
    line(
        "scenarios that could not be run",
        totals.stopped.to_string(),
    );
    text
}

const INTRODUCTION: &str = "\
# Matrix

Written by `make matrix`. Every cause is set up on every TLS stack that is able to have it, in TLS 1.2 and 1.3 where that
makes a difference, behind a real nginx with the module; one request is sent and the module's document is read.

- *Right*: the first name is the cause that was set up. *ALTERNATIVE*: it is among the alternatives.
- *Fix applied*: the lines of `fix` are pasted into the location as they are printed, nginx is reloaded, the same request is
  sent again: 200, and no word of the module. A placeholder is filled with the value the scenario knows. Where the location
  says the directive already, the pasted line replaces it, as an operator does. For a remedy that is not nginx's
  (`manual`), what `action` says is done to the upstream or to the files, where that is possible.
- The stack *script* is a peer scripted to the byte: it never answers a request, so nothing can be repeated.

";
