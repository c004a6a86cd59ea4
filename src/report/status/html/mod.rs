//! A page for people: complete in itself, without a script.
//!
//! It shows names that a peer, a client or nginx.conf chose, so everything is escaped, and its policy forbids
//! the browser to load anything or to use any style but the one below.

mod escape;
mod row;

use std::io::{Result, Write};

use escape::Escaped;

use super::{Validity, MAX_REFRESH, MODULE_VERSION};
use crate::counters::{Context, Peer, Snapshot};
use crate::date::timestamp;
use crate::report::Age;

const STYLE: &str = include_str!("page.css");

/// The value of Content-Security-Policy: nothing but [`STYLE`], by its SHA-256.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src \
    'sha256-K59bzfUcrrUp8cWj4B+j8LELqbC+WljIxQ5u/OgYMQ0='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn write(snapshot: &Snapshot, refresh: Option<u32>, out: &mut dyn Write) -> Result<()> {
    head(refresh, out)?;
    facts(snapshot, out)?;
    tiles(snapshot, out)?;
    for context in [Context::Http, Context::Stream] {
        table(snapshot, context, out)?;
    }
    other(snapshot, out)?;
    out.write_all(
        b"<footer><code>tlsdiag explain NAME</code> says what a failure means and what to write in \
          nginx.conf. A row is red while nothing was good since its last failure. Times are UTC.</footer>\n</body></html>\n",
    )
}

fn head(refresh: Option<u32>, out: &mut dyn Write) -> Result<()> {
    out.write_all(
        b"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
          <meta name=\"viewport\" content=\"width=device-width\">\
          <meta name=\"referrer\" content=\"no-referrer\">",
    )?;
    if let Some(seconds) = refresh {
        let seconds = seconds.clamp(1, MAX_REFRESH);
        write!(out, "<meta http-equiv=\"refresh\" content=\"{seconds}\">")?;
    }
    write!(
        out,
        "<title>Upstream TLS</title><style>{STYLE}</style></head>\n<body>\n"
    )
}

fn facts(snapshot: &Snapshot, out: &mut dyn Write) -> Result<()> {
    let Snapshot { build, zone, .. } = snapshot;
    let now = timestamp(snapshot.now_ms);
    write!(
        out,
        "<header><h1>Upstream TLS</h1>\n<p>nginx {}, {}, module {MODULE_VERSION}, configuration {}</p>\n\
         <p>Now {}, counted since {} ({}) in zone <code>{}</code>: {} of {} servers</p></header>\n",
        Escaped(build.nginx.as_str()),
        Escaped(build.openssl.as_str()),
        build.generation,
        Moment(&now),
        Moment(&timestamp(zone.since_ms)),
        Age(snapshot.now_ms - zone.since_ms),
        Escaped(zone.name.as_str()),
        zone.servers,
        zone.servers_limit,
    )
}

/// What to look at first.
fn tiles(snapshot: &Snapshot, out: &mut dyn Write) -> Result<()> {
    let peers = || {
        let upstreams = snapshot.upstreams.iter();
        upstreams.flat_map(|upstream| &upstream.peers)
    };
    let all = || peers().chain([&snapshot.other]);
    let failing = peers().filter(|peer| row::is_failing(peer)).count();
    let ending = peers()
        .filter_map(|peer| peer.last_good?.certificate)
        .filter(|one| Validity::of(one.not_after, snapshot.now_ms) != Validity::Fine);
    let ending = ending.count();
    let mark = |count: usize, class| if count == 0 { "" } else { class };
    writeln!(
        out,
        "<dl><div><dt>Good handshakes</dt><dd>{}</dd></div><div><dt>Failed</dt><dd>{}</dd></div>\
         <div><dt>Servers failing now</dt><dd class=\"{}\">{failing}</dd></div>\
         <div><dt>Certificates to renew</dt><dd class=\"{}\">{ending}</dd></div></dl>",
        all().map(|peer| peer.handshakes).sum::<u64>(),
        all().map(Peer::failed).sum::<u64>(),
        mark(failing, "bad"),
        mark(ending, "warn"),
    )
}

fn table(snapshot: &Snapshot, context: Context, out: &mut dyn Write) -> Result<()> {
    let upstreams = || {
        let all = snapshot.upstreams.iter();
        all.filter(move |upstream| upstream.context == context)
    };
    if upstreams().next().is_none() {
        return Ok(());
    }
    write!(
        out,
        "<h2>{}</h2>\n<div class=\"scroll\"><table><thead><tr><th>Upstream</th><th>Server</th>\
         <th class=\"n\">Good</th><th class=\"n\">Failed</th><th>Last failure</th>\
         <th>Last good handshake</th><th>Certificate ends</th></tr></thead>\n",
        context.name()
    )?;
    for upstream in upstreams() {
        out.write_all(b"<tbody>\n")?;
        for (index, peer) in upstream.peers.iter().enumerate() {
            let name = (index == 0).then_some(upstream);
            row::write(name, peer, snapshot.now_ms, out)?;
        }
        out.write_all(b"</tbody>\n")?;
    }
    out.write_all(b"</table></div>\n")
}

/// What the zone had no place for.
fn other(snapshot: &Snapshot, out: &mut dyn Write) -> Result<()> {
    let other = &snapshot.other;
    if other.handshakes + other.failed() == 0 {
        return Ok(());
    }
    writeln!(
        out,
        "<p>Counted together, because the zone has no place for them or another module made the \
         connection: {} good, {} failed.</p>",
        other.handshakes,
        other.failed()
    )
}

/// A timestamp with a space in it and without fractions, which no person reads.
struct Moment<'a>(&'a str);

impl std::fmt::Display for Moment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (day, rest) = self.0.split_once('T').unwrap_or((self.0, ""));
        write!(f, "{day} {}", rest.split('.').next().unwrap_or_default())
    }
}
