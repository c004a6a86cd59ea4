//! `--format human`: a group in a few lines, the answer in front.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use tlsdiag::error_log::causes::Decider;
use tlsdiag::error_log::{Explanation, Group, Time, Totals};
use tlsdiag::rules::Confidence;

use super::name;
use crate::cli::output::printable;

const BOLD: Style = Style::new().bold();
const FIX: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();

pub(super) fn write(output: &mut dyn Write, group: &Group, said: &Explanation) -> io::Result<()> {
    let [cause, others @ ..] = said.causes.names.as_slice() else {
        return Ok(());
    };
    writeln!(output, "{BOLD}{}{BOLD:#}{}", headline(group), times(group))?;
    writeln!(output, "  {}", group.kind)?;
    let color = match said.causes.confidence {
        Confidence::Certain => AnsiColor::Red,
        Confidence::Likely => AnsiColor::Yellow,
        Confidence::Possible => AnsiColor::Cyan,
    };
    let color = color.on_default().bold();
    let sure = said.causes.confidence.name();
    writeln!(
        output,
        "  {color}{sure}: {cause}{color:#}  {}",
        name::sentence(cause)
    )?;
    if !others.is_empty() {
        writeln!(output, "  else: {}", others.join(", "))?;
    }
    for directive in &said.fix {
        writeln!(output, "  fix:  {FIX}{}{FIX:#}", printable(directive))?;
    }
    if let Some(action) = said.whole_action() {
        let label = if said.fix.is_empty() {
            "do:  "
        } else {
            "and: "
        };
        writeln!(output, "  {label} {}", printable(&action))?;
    }
    if !said.dead_ends.is_empty() {
        writeln!(
            output,
            "  {DIM}not:  {}{DIM:#}",
            printable(&said.dead_ends.join("  "))
        )?;
    }
    let decide = said.causes.decide.iter();
    let decide: Vec<_> = decide.map(|one| decider(*one, group)).collect();
    if !decide.is_empty() {
        writeln!(output, "  {DIM}what decides: {}{DIM:#}", decide.join(", "))?;
    }
    writeln!(output)
}

fn headline(group: &Group) -> String {
    let failed = number_of(group.count, "failed handshake");
    let upstream = match group.upstream.as_str() {
        "" => "with an upstream",
        known => known,
    };
    let server = match group.server.as_str() {
        "" => String::new(),
        known => format!(", server {known}"),
    };
    let between = if group.upstream.is_empty() {
        " "
    } else {
        " with "
    };
    printable(&format!("{failed}{between}{upstream}{server}"))
}

fn number_of(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn times(group: &Group) -> String {
    let text = |time: Time| time.to_string().replace('T', " ");
    match group.times {
        None => String::new(),
        Some((first, last)) if first == last => format!(", {}", text(first)),
        Some((first, last)) => format!(", {} to {}", text(first), text(last)),
    }
}

fn decider(one: Decider, group: &Group) -> String {
    let peer = group.upstream.rsplit('/').next().unwrap_or_default();
    match one {
        Decider::Conf => "nginx.conf (--conf FILE)".to_owned(),
        Decider::Probe if cfg!(feature = "probe") && peer.contains(':') => {
            printable(&format!("'tlsdiag probe {peer}'"))
        }
        Decider::Probe => "tlsdiag probe from this host".to_owned(),
        Decider::Dates => "the dates of nginx's client certificate".to_owned(),
        Decider::Port => "what listens on that port".to_owned(),
    }
}

/// What was counted and is no group.
pub(super) fn finish(output: &mut dyn Write, seen: &Totals) -> io::Result<()> {
    if seen.beyond > 0 {
        let failed = number_of(seen.beyond, "more failed handshake");
        writeln!(output, "{failed}: of too many upstreams to tell apart")?;
    }
    if seen.of_clients > 0 {
        let failed = number_of(seen.of_clients, "failed handshake");
        writeln!(output, "{failed} with clients: another matter")?;
    }
    if seen.failures > 0 && seen.consequences > 0 {
        let lines = number_of(seen.consequences, "line");
        writeln!(
            output,
            "{lines} of consequences (no live upstreams, temporarily disabled)"
        )?;
    }
    if seen.failures > 0 {
        writeln!(output, "'tlsdiag explain NAME' says more of a cause")?;
    }
    Ok(())
}
