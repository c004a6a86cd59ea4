//! Which configurations loaded this module.
//!
//! A reload may drop the module while OpenSSL still holds its callbacks, so callbacks do nothing
//! unless the running cycle has the module in its list. The indices nginx gave are kept for as long
//! as any cycle does: `create_conf` retains them, a cleanup on the cycle's pool releases them (a
//! failed reload destroys that pool too). Without a master process old cycles live on for a while;
//! there may be any number of them.

use core::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use ngx::ffi::{ngx_cycle, ngx_cycle_t, ngx_pool_cleanup_add};

use super::modules;

/// Cycles that have loaded us and whose pool is alive.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

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
    if ALIVE.fetch_sub(1, Ordering::Relaxed) == 1 {
        modules::forget_indices();
    }
}

/// The running configuration loaded this module.
pub(crate) fn is_loaded() -> bool {
    // SAFETY: nginx's own global, read on its only thread that runs handshakes. `modules` is NULL
    // (a process that exits) or a list in the cycle's pool that ends in NULL.
    unsafe {
        let mut next = match ngx_cycle.as_ref() {
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
