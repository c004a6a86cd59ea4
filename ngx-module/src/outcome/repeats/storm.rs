//! A storm: one failure again and again, within a second.
//!
//! To diagnose a failure only to count it is most of what a storm costs. So whatever was observed of a
//! failure is compared with those that this process has diagnosed in this second: one that went alike has
//! the same cause, and is counted without another diagnosis.

use std::sync::{Mutex, MutexGuard, PoisonError};

use ngx::ffi::SSL_CTX;
use tlsdiag::capture::EndingKind;
use tlsdiag::changes::Changes;

use crate::conf::{generation, Scope};
use crate::openssl::{Borrowed, X509};
use crate::outcome::place::Place;
use crate::outcome::Observation;
use crate::upstream::UpstreamConnection;
use crate::zone::{now_ms, Zone};

/// Kinds of failures that are known at once.
const KINDS: usize = 8;

/// What is compared of a failure, the TLS context by its address alone.
#[derive(Clone, Copy)]
pub(in crate::outcome) struct Seen<'o> {
    pub(in crate::outcome) observation: &'o Observation,
    pub(in crate::outcome) kind: EndingKind,
    pub(in crate::outcome) context: *mut SSL_CTX,
    pub(in crate::outcome) verify_result: i64,
}

/// A failure that was diagnosed.
#[derive(Clone, Copy)]
pub(super) struct Known {
    likeness: u64,
    second: i64,
    /// Place of its diagnosis in the catalogue.
    pub(super) reason: usize,
    /// What had changed since the last good handshake.
    pub(super) changed: Option<Changes>,
}

/// It needs no memory: it is written to while a diagnosis is made.
static KNOWN: Mutex<[Option<Known>; KINDS]> = Mutex::new([None; KINDS]);

fn all() -> MutexGuard<'static, [Option<Known>; KINDS]> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn this_second() -> i64 {
    now_ms().div_euclid(1000)
}

/// A failure that went alike and was diagnosed in this second.
pub(super) fn find(likeness: u64) -> Option<Known> {
    let second = this_second();
    let is_it = |known: &Known| known.likeness == likeness && known.second == second;
    all().iter().flatten().copied().find(is_it)
}

/// A failure was diagnosed. It takes the place of the oldest.
pub(super) fn add(likeness: u64, reason: usize, changed: Option<Changes>) {
    let known = Known {
        likeness,
        second: this_second(),
        reason,
        changed,
    };
    let mut all = all();
    let age = |slot: &&mut Option<Known>| match slot {
        Some(one) if one.likeness == likeness => i64::MIN,
        Some(one) => one.second,
        None => i64::MIN + 1,
    };
    if let Some(slot) = all.iter_mut().min_by_key(age) {
        *slot = Some(known);
    }
}

/// What is the same where two failures went alike: the location and its TLS context, the server, the name,
/// both certificates, and all that was seen of the handshake.
pub(super) fn likeness(
    zone: &Zone<'_>,
    place: &Place<'_>,
    upstream: &UpstreamConnection<'_>,
    scope: Scope<'_>,
    seen: Seen<'_>,
) -> u64 {
    let observation = seen.observation;
    let digest = |parts: &[&[u8]]| zone.table.digest(parts);
    let numbers = [
        observation.recorder.likeness(digest),
        place.slot.identity(),
        seen.context as u64,
        u64::from_le_bytes(seen.verify_result.to_le_bytes()),
        u64::from(scope.number()) << 32 | u64::from(generation()),
        seen.kind as u64,
        u64::from(observation.offers_session_of_another()),
    ];
    let session = observation.session.name.as_deref();
    digest(&[
        numbers.map(u64::to_le_bytes).as_flattened(),
        Borrowed::signature_tail(observation.leaf.as_ref().map(X509::borrow)),
        Borrowed::signature_tail(observation.own_certificate.as_ref().map(X509::borrow)),
        upstream.compared_name().unwrap_or_default(),
        session.unwrap_or_default(),
    ])
}
