//! The tables, and what no figure in them may exceed.

use std::fmt::Write;

use crate::callgrind::Count;
use crate::case::{Case, Setting};
use crate::{records, scene};

/// What a run has found.
pub(crate) struct Report {
    /// The tables, in Markdown.
    pub(crate) text: String,
    /// What is above its limit, in words.
    pub(crate) excesses: Vec<String>,
    words: Vec<String>,
}

impl Report {
    /// Of what has one of these words in its title; without words, of everything.
    pub(crate) fn new(words: Vec<String>) -> Report {
        Report {
            text: String::new(),
            excesses: Vec::new(),
            words,
        }
    }

    /// Whether something with this title is asked for.
    pub(crate) fn wants(&self, title: &str) -> bool {
        let has = |word: &String| title.contains(word.as_str());
        self.words.is_empty() || self.words.iter().any(has)
    }

    fn wanted(&self, cases: Vec<Case>) -> Vec<Case> {
        let cases = cases.into_iter();
        cases.filter(|case| self.wants(case.title)).collect()
    }

    /// Notes what is more than a case may add.
    fn check(&mut self, case: &Case, setting: Setting, added: f64) {
        let limits = case
            .limits
            .iter()
            .filter(|(limited, _)| *limited == setting);
        let limits: Vec<f64> = limits.map(|(_, limit)| *limit).collect();
        for limit in limits {
            self.limit(&format!("{}, {setting:?}", case.title), added, limit);
        }
    }

    /// Notes what is more than it may be.
    fn limit(&mut self, what: &str, value: f64, limit: f64) {
        if value > limit {
            let excess = format!("{what}: {} > {}", number(value), number(limit));
            self.excesses.push(excess);
        }
    }

    pub(crate) fn head(&mut self, columns: &[&str]) {
        let rule = vec!["---"; columns.len()].join("|");
        let _ = writeln!(self.text, "| {} |\n|{rule}|", columns.join(" | "));
    }

    pub(crate) fn row(&mut self, title: &str, cells: &[String]) {
        let _ = writeln!(self.text, "| {title} | {} |", cells.join(" | "));
    }
}

/// What a request that succeeds may take more inside the module where there is a zone.
const ZONE: f64 = 1_000.0;
/// Locks a request: what was agreed on is recorded under one, at most once a second, where it changed.
const LOCKS: f64 = 0.1;

/// Requests that succeed.
pub(crate) fn good(report: &mut Report) {
    let cases = report.wanted(scene::good());
    if cases.is_empty() {
        return;
    }
    report.head(&[
        "request that succeeds",
        "without",
        "inside the module",
        "ratio",
        "more where there is a zone",
    ]);
    for case in cases {
        let stock = case.count(Setting::Stock);
        let with = case.count(Setting::Document);
        let counted = case.count(Setting::Counted);
        let zone = counted.messages - with.messages;
        report.check(&case, Setting::Document, with.inside);
        report.limit(&format!("{}, its zone", case.title), zone, ZONE);
        report.limit(
            &format!("{}, locks of its zone", case.title),
            counted.locks,
            LOCKS,
        );
        let cells = [
            number(stock.all),
            number(with.inside),
            ratio(stock.all, with.inside),
            signed(zone),
        ];
        report.row(case.title, &cells);
    }
    report.text.push('\n');
}

/// Variables in an access log, in the place of nginx's own.
pub(crate) fn variables(report: &mut Report) {
    let cases = report.wanted(
        [scene::good(), scene::without_tls()]
            .into_iter()
            .flatten()
            .collect(),
    );
    if cases.is_empty() {
        return;
    }
    report.head(&[
        "request, with its access log",
        "3 of nginx's own variables",
        "3 of the module's",
        "8 of nginx's own",
        "8 of the module's",
    ]);
    for case in cases {
        let mut cells = Vec::new();
        for count in [3, 8] {
            let theirs = case.count(Setting::Theirs(count));
            let ours = case.count(Setting::Ours(count));
            report.check(&case, Setting::Ours(count), ours.all - theirs.all);
            cells.push(number(theirs.all));
            cells.push(format!(
                "{} (inside {})",
                added(&theirs, &ours),
                number(ours.inside)
            ));
        }
        report.row(case.title, &cells);
    }
    report.text.push('\n');
}

/// Records that go one way only.
pub(crate) fn records(report: &mut Report) {
    let cases = report.wanted(records::records());
    if cases.is_empty() {
        return;
    }
    report.head(&[
        "record of a session in stream, a second after its handshake",
        "without",
        "inside the module",
        "calls of the module",
    ]);
    for case in cases {
        let stock = case.count(Setting::Stock);
        let with = case.count(Setting::Document);
        report.check(&case, Setting::Document, with.calls);
        let cells = [stock.all, with.inside, with.calls].map(number);
        report.row(case.title, &cells);
    }
    report.text.push('\n');
}

/// Requests that fail.
pub(crate) fn failing(report: &mut Report) {
    let cases = report.wanted(scene::failing());
    if cases.is_empty() {
        return;
    }
    report.head(&[
        "request that fails",
        "without",
        "with a line",
        "with line and JSON",
        "ratio",
        "inside the module as a repeat",
    ]);
    for case in cases {
        let stock = case.count(Setting::Stock);
        let repeated = case.count(Setting::Repeated);
        let line = case.count(Setting::Line);
        let document = case.count(Setting::Document);
        report.check(&case, Setting::Line, line.all - stock.all);
        report.check(&case, Setting::Document, document.all - stock.all);
        report.check(&case, Setting::Repeated, repeated.inside);
        let cells = [
            number(stock.all),
            added(&stock, &line),
            added(&stock, &document),
            ratio(stock.all, document.all - stock.all),
            signed(repeated.inside),
        ];
        report.row(case.title, &cells);
    }
    report.text.push('\n');
}

fn added(without: &Count, with: &Count) -> String {
    signed(with.all - without.all)
}

fn signed(difference: f64) -> String {
    let sign = if difference < 0.0 { "-" } else { "+" };
    format!("{sign}{}", number(difference.abs()))
}

fn ratio(of: f64, added: f64) -> String {
    let ratio = 1.0 + added / of;
    if ratio < 1.02 {
        format!("{ratio:.4}")
    } else {
        format!("{ratio:.2}")
    }
}

/// With commas between thousands.
fn number(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
