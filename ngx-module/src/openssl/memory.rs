//! The last chains that failed, and what verifying them again said.
//!
//! The same chain under the same context is verified at most once a second; all other verifications are
//! paid from the worker's budget. A session that nginx keeps in a `zone` comes back without its chain: then
//! a remembered chain with the same leaf is used.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ffi::SSL_CTX;
use tlsdiag::budget::{Budget, Effort};

use super::verify::{verify, Verified};
use super::x509::Borrowed;
use super::{Chain, X509};
use crate::runtime::clock;

/// Results remembered, and for how long.
const REMEMBERED: usize = 8;
const REMEMBER_NS: u64 = 1_000_000_000;

/// A chain that failed.
struct Failed {
    at_ns: u64,
    context: usize,
    chain: Chain,
    verified: Verified,
}

/// What a worker knows of chains, and what it may still spend on them.
struct Memory {
    failed: [Option<Failed>; REMEMBERED],
    budget: Budget,
}

static MEMORY: Mutex<Memory> = Mutex::new(Memory {
    failed: [const { None }; REMEMBERED],
    budget: Budget::new(),
});

fn memory() -> MutexGuard<'static, Memory> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets remembered results: a new configuration may reuse the address of a context.
pub(crate) fn forget_verifications() {
    memory().failed = [const { None }; REMEMBERED];
}

/// Whether a chain may be sent in good faith. Of any other nothing is asked that libcrypto would have to
/// decode.
pub(super) fn is_reasonable<'a>(certificates: impl Iterator<Item = Borrowed<'a>>) -> bool {
    let mut effort = Effort::default();
    certificates.for_each(|one| one.add_to(&mut effort));
    effort.is_reasonable()
}

/// A chain with this leaf that failed under this context before.
pub(super) fn seen_with(context: *mut SSL_CTX, leaf: &X509) -> Option<Chain> {
    let memory = memory();
    let mut known = memory.failed.iter().flatten();
    known
        .find(|one| one.context == context as usize && one.chain.begins_with(leaf))
        .and_then(|one| one.chain.share())
}

/// What verifying this reasonable chain again says, whose last error nginx knows; `None` when the budget is
/// spent, or without memory.
///
/// # Safety
/// `context` is alive.
pub(super) unsafe fn verified(
    context: *mut SSL_CTX,
    leaf: &X509,
    chain: &Chain,
    last_error: i64,
    now_ns: u64,
) -> Option<Verified> {
    let mut memory = memory();
    if !memory.budget.is_left(now_ns) {
        return None;
    }
    let begun_ns = clock::thread_ns();
    // SAFETY: the caller's promise.
    let verified = unsafe { memory.look_at(context, leaf, chain, last_error, now_ns) };
    memory
        .budget
        .spend(clock::thread_ns().saturating_sub(begun_ns));
    verified
}

impl Memory {
    /// # Safety
    /// `context` is alive.
    unsafe fn look_at(
        &mut self,
        context: *mut SSL_CTX,
        leaf: &X509,
        chain: &Chain,
        last_error: i64,
        now_ns: u64,
    ) -> Option<Verified> {
        let same = |one: &&Failed| one.context == context as usize && one.chain.is_same(chain);
        let is_young = |one: &&Failed| now_ns.saturating_sub(one.at_ns) < REMEMBER_NS;
        if let Some(known) = self.failed.iter().flatten().filter(is_young).find(same) {
            return Some(known.verified);
        }
        // SAFETY: the caller's promise.
        let verified = unsafe { verify(context, leaf, chain, last_error) }?;
        let is_free = |slot: &Option<Failed>| slot.as_ref().is_none_or(|one| same(&one));
        let slot = match self.failed.iter().position(is_free) {
            Some(free) => self.failed.get_mut(free),
            // The oldest has to go.
            None => self
                .failed
                .iter_mut()
                .min_by_key(|slot| slot.as_ref().map(|one| one.at_ns)),
        };
        if let (Some(slot), Some(chain)) = (slot, chain.share()) {
            *slot = Some(Failed {
                at_ns: now_ns,
                context: context as usize,
                chain,
                verified,
            });
        }
        Some(verified)
    }
}
