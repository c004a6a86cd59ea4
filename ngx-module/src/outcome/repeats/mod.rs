//! Repeats: which failures are written, and how many were not.
//!
//! The core decides ([`tlsdiag::suppress`]) under the zone's lock; nothing is written while it is held. The
//! count of a window is written with the next failure, by a timer when the window ends, or when the process
//! ends, and stays in its place until then. The windows of a worker that died, and the counts it was about
//! to write, go to the worker that takes its place.

mod storm;
mod timer;

use ngx::ffi::{ngx_errno, ngx_pid, ngx_process, NGX_PROCESS_SINGLE, NGX_PROCESS_WORKER};
use tlsdiag::facts::Facts;
use tlsdiag::report::{repeats_document, repeats_line, Repeated};
use tlsdiag::rules::CATALOGUE;
use tlsdiag::suppress::{Decision, Failure, Label, Repeats, WINDOWS};
use tlsdiag::table::{Locked, Slot};
use tlsdiag::{counters, Diagnosis};

use super::failed;
use super::place::place;
use crate::conf::{generation, with_zone, Scope};
use crate::sink::error_log;
use crate::upstream::UpstreamConnection;
use crate::zone::{now_ms, Zone};
pub(super) use storm::Seen;

/// Whether a failure is written. If a count is due, it is written first.
pub(super) fn is_written(upstream: &UpstreamConnection<'_>, diagnosis: &Diagnosis) -> bool {
    let Some((scope, period_ms)) = period(upstream) else {
        return true;
    };
    let label = label(
        scope,
        counters::reason(diagnosis.name).unwrap_or(usize::MAX),
    );
    let decided = with_zone(|zone| {
        let place = place(zone, upstream);
        let failure = failure(zone, upstream, label, period_ms, place.is_own);
        let decision = zone.lock().locked.decide(&place.slot, failure);
        match decision {
            Decision::Write(None) => true,
            Decision::Write(Some(repeats)) => {
                tell(zone, &place.slot, &repeats);
                true
            }
            Decision::Suppress { .. } => {
                suppress(zone, decision);
                false
            }
        }
    });
    decided.unwrap_or(true)
}

/// Counts a failure that is a repeat of one that went alike a moment ago, and tells nothing of it. False:
/// it must be diagnosed.
pub(super) fn count_alike(upstream: &UpstreamConnection<'_>, seen: Seen<'_>) -> bool {
    let Some((scope, period_ms)) = period(upstream) else {
        return false;
    };
    let counted = with_zone(|zone| {
        let place = place(zone, upstream);
        let likeness = storm::likeness(zone, &place, upstream, scope, seen);
        let known = storm::find(likeness).filter(|_| place.is_own)?;
        let label = label(scope, known.reason);
        let failure = failure(zone, upstream, label, period_ms, true);
        let decision = zone.lock().locked.count(&place.slot, &failure)?;
        let failed = failed::of_handshake(seen.observation, known.reason, known.changed);
        place.slot.count_failed(&failed);
        suppress(zone, decision);
        Some(())
    });
    counted.flatten().is_some()
}

/// A failure was diagnosed: others that go alike need not be.
pub(super) fn remember(
    upstream: &UpstreamConnection<'_>,
    seen: Seen<'_>,
    diagnosis: &Diagnosis,
    facts: &Facts<'_>,
) {
    let known = period(upstream).zip(counters::reason(diagnosis.name));
    let Some(((scope, _), reason)) = known else {
        return;
    };
    with_zone(|zone| {
        let place = place(zone, upstream);
        let likeness = storm::likeness(zone, &place, upstream, scope, seen);
        storm::add(likeness, reason, failed::changes(facts));
    });
}

/// Where a failure counts, and for how many milliseconds others like it are not written; `None` where all
/// are.
fn period<'c>(upstream: &UpstreamConnection<'c>) -> Option<(Scope<'c>, i64)> {
    let scope = upstream.scope()?;
    Some((scope, scope.repeat_ms()?))
}

fn label(scope: Scope<'_>, reason: usize) -> Label {
    Label {
        reason: u8::try_from(reason).unwrap_or(u8::MAX),
        level: scope.number(),
        generation: generation(),
    }
}

fn failure(
    zone: &Zone<'_>,
    upstream: &UpstreamConnection<'_>,
    label: Label,
    period_ms: i64,
    is_own: bool,
) -> Failure {
    Failure {
        key: key(zone, upstream, label, is_own),
        now_ms: now_ms(),
        period_ms,
        process: process(),
        label,
    }
}

/// Counts one that is not written, and sees to it that its number is told.
fn suppress(zone: &Zone<'_>, decision: Decision) {
    zone.table.count_suppressed();
    if let Decision::Suppress {
        wake_ms: Some(wake_ms),
    } = decision
    {
        timer::wake_at(wake_ms);
    }
}

/// The same for failures that are repeats of each other. Servers without a slot of their own are
/// distinguished by their address.
fn key(zone: &Zone<'_>, upstream: &UpstreamConnection<'_>, label: Label, is_own: bool) -> u64 {
    let server = upstream.server().filter(|_| !is_own);
    let name = server
        .and_then(|server| server.upstream)
        .unwrap_or_default();
    let address = server.map_or(&[][..], |server| server.address);
    let [level, generation] = [label.level, label.generation].map(u64::from);
    let numbers = [u64::from(label.reason) << 32 | level, generation].map(u64::to_le_bytes);
    zone.table.digest(&[numbers.as_flattened(), name, address])
}

/// Tells a number: writes it and, when it is written, frees its place.
fn tell(zone: &Zone<'_>, slot: &Slot<'_>, repeats: &Repeats) {
    #[cfg(feature = "fault-injection")]
    crate::runtime::guard::die_at("tell");
    write(zone, slot, repeats);
    #[cfg(feature = "fault-injection")]
    crate::runtime::guard::die_at("told");
    zone.lock().locked.told(slot, repeats, process());
}

/// Writes one line and one document about the repeats, to the logs that have the first failure.
fn write(zone: &Zone<'_>, slot: &Slot<'_>, repeats: &Repeats) {
    let label = repeats.label;
    // SAFETY: nothing of it is kept.
    let Some(scope) = (unsafe { Scope::numbered(label.level, label.generation) }) else {
        return;
    };
    let rule = CATALOGUE.get(usize::from(label.reason));
    let (upstream, server) = (slot.upstream(), slot.server());
    let repeated = Repeated {
        reason: rule.map_or("unknown", |rule| rule.name),
        count: repeats.count,
        start_ms: repeats.start_ms,
        end_ms: repeats.end_ms,
        upstream: upstream.as_str(),
        server: server.as_str(),
        now_ms: now_ms(),
        pid: process(),
    };
    let log = scope.error_log();
    // SAFETY: a configuration's log lives as long as it.
    unsafe { error_log::write(log, || repeats_line(&repeated)) };
    // SAFETY: one thread writes, one document at a time.
    let sinks = unsafe { scope.sinks() };
    if sinks.is_empty() {
        return;
    }
    let mut document = repeats_document(&repeated);
    document.push('\n');
    for sink in sinks {
        // SAFETY: a sink lives as long as its configuration.
        if !unsafe { sink.write(log, &document) } {
            zone.table.count_dropped();
        }
    }
}

/// This process begins: it takes over what others have left.
pub(crate) fn begin_process() {
    if serves_requests() {
        sweep();
    }
}

/// This process ends: it writes the counts of its windows.
pub(crate) fn end_process() {
    if !serves_requests() {
        return;
    }
    with_zone(|zone| {
        for slot in with_repeats(zone) {
            tell_all(zone, &slot, |locked| {
                locked.take_own(&slot, now_ms(), process())
            });
        }
    });
}

/// Writes the counts that are due, takes over windows of processes that are gone, and sets the timer for
/// the next window.
fn sweep() {
    let process = process();
    let is_ours = |owner| owner == process || is_gone(owner);
    let next = with_zone(|zone| {
        let mut ends = None;
        for slot in with_repeats(zone) {
            tell_all(zone, &slot, |locked| {
                locked.take_due(&slot, now_ms(), process, is_ours)
            });
            let end = zone.lock().locked.adopt(&slot, process, is_gone);
            ends = earliest(ends, end);
        }
        ends
    });
    if let Some(wake_ms) = next.flatten() {
        timer::wake_at(wake_ms);
    }
}

fn with_repeats<'z>(zone: &Zone<'z>) -> impl Iterator<Item = Slot<'z>> {
    let all = zone.table.taken().map(|(_, slot)| slot);
    all.filter(Slot::has_repeats)
}

/// Tells a server's numbers, each before the next is taken.
fn tell_all(zone: &Zone<'_>, slot: &Slot<'_>, take: impl Fn(&Locked<'_>) -> Option<Repeats>) {
    for _ in 0..WINDOWS {
        let taken = take(&zone.lock().locked);
        let Some(repeats) = taken else { return };
        tell(zone, slot, &repeats);
    }
}

fn earliest(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn process() -> u32 {
    // SAFETY: nginx sets it when a process begins.
    u32::try_from(unsafe { ngx_pid }).unwrap_or(0)
}

/// A worker, or a single process: helpers have no upstreams.
fn serves_requests() -> bool {
    // SAFETY: nginx sets it when a process begins.
    let kind = unsafe { ngx_process };
    [NGX_PROCESS_SINGLE, NGX_PROCESS_WORKER]
        .map(|kind| kind as usize)
        .contains(&kind)
}

/// No process has this id. (One of another user is there.)
fn is_gone(process: u32) -> bool {
    match libc::pid_t::try_from(process) {
        // SAFETY: signal 0 only asks.
        Ok(process @ 1..) => unsafe { libc::kill(process, 0) != 0 && ngx_errno() == libc::ESRCH },
        _ => true,
    }
}
