//! Which configurations loaded this module.
//!
//! A reload may drop the module while OpenSSL still holds its callbacks, so callbacks do nothing
//! unless the running cycle has the module in its list. The indices nginx gave are kept for as long
//! as any cycle does: `create_conf` retains them, a cleanup on the cycle's pool releases them (a
//! failed reload destroys that pool too). Without a master process old cycles live on for a while;
//! there may be any number of them.

use core::ffi::c_void;
use core::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use ngx::ffi::{ngx_cycle, ngx_cycle_t, ngx_pool_cleanup_add};

use super::modules;

/// Cycles that have loaded us and whose pool is alive.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
/// The running cycle, once it was seen to have loaded us. Another one may get its address, but not before
/// it was released.
static SEEN: AtomicPtr<ngx_cycle_t> = AtomicPtr::new(ptr::null_mut());

/// Holds on to the modules' indices for as long as a cycle lives; `None` without memory.
///
/// # Safety
/// nginx is building the cycle.
pub(crate) unsafe fn retain(cycle: *mut ngx_cycle_t) -> Option<()> {
    // SAFETY: the caller's promise; the cycle's pool outlives this call.
    let cleanup = unsafe { ngx_pool_cleanup_add((*cycle).pool, 0).as_mut() }?;
    cleanup.handler = Some(release);
    ALIVE.fetch_add(1, Ordering::Relaxed);
    Some(())
}

/// # Safety
/// nginx calls it once for every cycle that retained them.
unsafe extern "C" fn release(_: *mut c_void) {
    SEEN.store(ptr::null_mut(), Ordering::Relaxed);
    if ALIVE.fetch_sub(1, Ordering::Relaxed) == 1 {
        modules::forget_indices();
    }
}

/// The running configuration loaded this module.
pub(crate) fn is_loaded() -> bool {
    // SAFETY: nginx's own global, read on its only thread that runs handshakes.
    let running = unsafe { ngx_cycle };
    if ptr::eq(running, SEEN.load(Ordering::Relaxed)) {
        return !running.is_null();
    }
    // SAFETY: NULL, or alive as long as it runs.
    let is_loaded = unsafe { lists_us(running) };
    if is_loaded {
        SEEN.store(running, Ordering::Relaxed);
    }
    is_loaded
}

/// # Safety
/// NULL, or a cycle that is alive. `modules` is NULL (a process that exits) or a list in its pool that
/// ends in NULL.
unsafe fn lists_us(cycle: *const ngx_cycle_t) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let mut next = match cycle.as_ref() {
            Some(cycle) if !cycle.modules.is_null() => cycle.modules,
            _ => return false,
        };
        while !(*next).is_null() {
            if modules::CORE.is(*next) {
                return true;
            }
            next = next.add(1);
        }
    }
    false
}
