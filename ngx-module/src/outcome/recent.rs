//! Which diagnoses a peer of this worker got a moment ago.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tlsdiag::capture::Context;
use tlsdiag::recent::Recent;

use crate::runtime::clock::monotonic_ns;

/// Holds no memory of its own: it may be written to while a diagnosis is made.
static RECENT: Mutex<Recent> = Mutex::new(Recent::new());

fn recent() -> MutexGuard<'static, Recent> {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now_ms() -> u64 {
    monotonic_ns() / 1_000_000
}

/// Adds to a context what this peer failed with before.
pub(crate) fn recall(context: &mut Context) {
    if let Some(peer) = &context.peer {
        let names = recent().names(peer, now_ms());
        context.before = names.map(str::to_owned).collect();
    }
}

/// The peer has failed with this name.
pub(crate) fn add(context: &Context, name: &'static str) {
    if let Some(peer) = &context.peer {
        recent().add(peer, name, now_ms());
    }
}
