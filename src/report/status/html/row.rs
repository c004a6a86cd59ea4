//! One server's row.

use std::io::{Result, Write};

use super::escape::Escaped;
use super::Validity;
use crate::capture::Summary;
use crate::changes::Change;
use crate::counters::{LastFailure, Peer, Upstream};
use crate::date::day;
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion};
use crate::report::Age;

/// The last failure is newer than the last good handshake.
pub(super) fn is_failing(peer: &Peer) -> bool {
    peer.last_failure
        .is_some_and(|failure| peer.last_success_ms < Some(failure.time_ms))
}

/// `upstream` only in its first row.
pub(super) fn write(
    upstream: Option<&Upstream>,
    peer: &Peer,
    now_ms: i64,
    out: &mut dyn Write,
) -> Result<()> {
    let failing = is_failing(peer);
    write!(out, "<tr{}>", if failing { " class=\"bad\"" } else { "" })?;
    if let Some(upstream) = upstream {
        write!(
            out,
            "<th scope=\"rowgroup\" rowspan=\"{}\">{}</th>",
            upstream.peers.len(),
            Escaped(upstream.name.as_str())
        )?;
    }
    server(peer, failing, out)?;
    write!(
        out,
        "<td class=\"n\">{}</td><td class=\"n\">{}",
        peer.handshakes,
        peer.failed()
    )?;
    if peer.refused > 0 {
        write!(out, "<small>{} in HTTP</small>", peer.refused)?;
    }
    out.write_all(b"</td>")?;
    match &peer.last_failure {
        Some(failure) => last_failure(peer, failure, now_ms, out)?,
        None => out.write_all(b"<td class=\"soft\">none</td>")?,
    }
    match &peer.last_good {
        Some(good) => {
            let at = peer.last_success_ms.unwrap_or(good.time_ms);
            last_good(good, now_ms - at, out)?;
            certificate(good, now_ms, out)?;
        }
        None => out.write_all(b"<td class=\"soft\">none</td><td></td>")?,
    }
    out.write_all(b"</tr>\n")
}

fn server(peer: &Peer, failing: bool, out: &mut dyn Write) -> Result<()> {
    let (class, title) = match (failing, peer.last_success_ms) {
        (true, _) => ("bad", "failing"),
        (false, Some(_)) => ("good", "good"),
        (false, None) => ("soft", "no handshake yet"),
    };
    write!(
        out,
        "<td><b class=\"mark {class}\" title=\"{title}\">\u{25cf}</b><code>{}</code>",
        Escaped(peer.server.as_str())
    )?;
    if !peer.name.is_empty() && peer.name.as_str() != peer.server.as_str() {
        write!(out, "<small>{}</small>", Escaped(peer.name.as_str()))?;
    }
    out.write_all(b"</td>")
}

/// And how often which, where there are several.
fn last_failure(
    peer: &Peer,
    failure: &LastFailure,
    now_ms: i64,
    out: &mut dyn Write,
) -> Result<()> {
    write!(
        out,
        "<td><code>{}</code> {} ago",
        failure.name(),
        Age(now_ms - failure.time_ms)
    )?;
    if let Some(changed) = failure.changed {
        out.write_all(b"<small>")?;
        let mut before = "changed since it last worked: ";
        for change in changed.iter().map(Change::code) {
            write!(out, "{before}{change}")?;
            before = ", ";
        }
        if changed.is_empty() {
            out.write_all(b"nothing changed since it last worked")?;
        }
        out.write_all(b"</small>")?;
    }
    if peer.reasons().count() > 1 {
        let mut before = "<small>in all: ";
        for (rule, count) in peer.reasons() {
            write!(out, "{before}{} {count}", rule.name)?;
            before = ", ";
        }
        out.write_all(b"</small>")?;
    }
    out.write_all(b"</td>")
}

fn last_good(good: &Summary, ago_ms: i64, out: &mut dyn Write) -> Result<()> {
    write!(out, "<td>{} ago<small><code>", Age(ago_ms))?;
    write!(out, "{}", ProtocolVersion(good.version))?;
    if good.cipher != 0 {
        // A long name breaks where it reads best.
        let cipher = CipherSuite(good.cipher).to_string();
        write!(out, " {}", cipher.replace("_WITH_", "_WITH_<wbr>"))?;
    }
    if good.group != 0 {
        write!(out, " {}", NamedGroup(good.group))?;
    }
    out.write_all(b"</code></small></td>")
}

fn certificate(good: &Summary, now_ms: i64, out: &mut dyn Write) -> Result<()> {
    let Some(certificate) = &good.certificate else {
        return out.write_all(b"<td></td>");
    };
    let left_ms = certificate
        .not_after
        .saturating_mul(1000)
        .saturating_sub(now_ms);
    let ends = day(certificate.not_after);
    match Validity::of(certificate.not_after, now_ms) {
        Validity::Ended => write!(
            out,
            "<td class=\"ended\"><span class=\"bad\">{ends}</span> {} ago",
            Age(left_ms.saturating_neg())
        )?,
        Validity::EndsSoon => write!(
            out,
            "<td class=\"soon\"><span class=\"warn\">{ends}</span> in {}",
            Age(left_ms)
        )?,
        Validity::Fine => write!(out, "<td>{ends} in {}", Age(left_ms))?,
    }
    write!(
        out,
        "<small>{}</small></td>",
        Escaped(certificate.issuer.as_str())
    )
}
