//! Which configurations loaded this module.
//!
//! A reload may drop the module while OpenSSL still holds its callbacks, and the addresses of
//! cycles are reused. So `create_conf` enters its cycle here, a cleanup on the cycle's pool takes it
//! out (a failed reload destroys that pool too), and callbacks do nothing unless the running cycle
//! is in the set.

use core::ffi::c_void;
use core::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use ngx::ffi::{ngx_cycle, ngx_cycle_t, ngx_pool_cleanup_add};

use crate::config;

/// Cycles alive at once: the running one, the one being parsed, old ones with cleanup pending.
const MAX_CYCLES: usize = 16;

static CYCLES: [AtomicPtr<ngx_cycle_t>; MAX_CYCLES] =
    [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CYCLES];

/// Enters a cycle. False when the set is full or memory is out: the configuration is refused.
pub(crate) fn enter(cycle: *mut ngx_cycle_t) -> bool {
    // SAFETY: nginx hands create_conf the cycle being built; its pool outlives this call.
    let cleanup = unsafe { ngx_pool_cleanup_add((*cycle).pool, 0).as_mut() };
    let Some(cleanup) = cleanup else { return false };
    let free = CYCLES
        .iter()
        .find(|slot| slot.load(Ordering::Relaxed).is_null());
    let Some(slot) = free else { return false };
    slot.store(cycle, Ordering::Relaxed);
    cleanup.handler = Some(leave);
    cleanup.data = cycle.cast();
    true
}

unsafe extern "C" fn leave(cycle: *mut c_void) {
    for slot in &CYCLES {
        if slot.load(Ordering::Relaxed).cast() == cycle {
            slot.store(ptr::null_mut(), Ordering::Relaxed);
        }
    }
    if CYCLES
        .iter()
        .all(|slot| slot.load(Ordering::Relaxed).is_null())
    {
        config::forget_indices();
    }
}

/// The running configuration loaded this module.
pub(crate) fn is_live() -> bool {
    // SAFETY: a plain read of nginx's own global on its only thread that runs handshakes.
    let current = unsafe { ngx_cycle };
    !current.is_null()
        && CYCLES
            .iter()
            .any(|slot| slot.load(Ordering::Relaxed) == current)
}
