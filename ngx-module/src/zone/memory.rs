//! The zone's memory: one piece of the slab pool, made once.
//!
//! One piece, because the slab allocator wastes much of small ones. A reload takes over the zone while old
//! workers still count in it, and may still fail: so its contents are left alone.

use core::ffi::c_void;
use core::ptr;
use std::sync::atomic::AtomicU64;

use ngx::core::Status;
use ngx::ffi::{
    ngx_conf_t, ngx_int_t, ngx_pagesize, ngx_pcalloc, ngx_pid, ngx_shared_memory_add,
    ngx_shm_zone_t, ngx_slab_calloc, ngx_slab_pool_t, ngx_str_t,
};
use tlsdiag::table::Table;

use super::now_ms;
use crate::nginx::modules;
use crate::runtime::clock::monotonic_ns;
use crate::runtime::guard::guard;

/// Smallest zone, in pages, as for nginx's other zones.
pub(crate) const MIN_SIZE: usize = 8;
/// Pages that the slab allocator keeps for itself in a small zone.
const SPARED: usize = 4;

/// What nginx.conf says of the zone. Lives in the cycle's pool.
pub(crate) struct Settings {
    /// `inactive`, milliseconds.
    pub(crate) inactive_ms: i64,
}

/// Adds the zone to a configuration; NULL when nginx has said why not.
///
/// # Safety
/// nginx is reading this configuration; `name` lives as long as it.
pub(crate) unsafe fn add(
    cf: *mut ngx_conf_t,
    name: *mut ngx_str_t,
    size: usize,
    settings: Settings,
) -> *mut ngx_shm_zone_t {
    let tag = modules::CORE.address().cast();
    // SAFETY: the caller's promise; the pool's memory is large enough.
    unsafe {
        let kept: *mut Settings = ngx_pcalloc((*cf).pool, size_of::<Settings>()).cast();
        if kept.is_null() {
            return ptr::null_mut();
        }
        kept.write(settings);
        let zone = ngx_shared_memory_add(cf, name, size, tag);
        if let Some(zone) = zone.as_mut() {
            zone.init = Some(init);
            zone.data = kept.cast();
        }
        zone
    }
}

/// Words of the piece in a zone of `size` bytes: seven eighths of it.
pub(super) fn words(size: usize) -> usize {
    // SAFETY: nginx sets it once, when it starts.
    let page = unsafe { ngx_pagesize }.max(1);
    let bytes = (size / 8 * 7).min(size.saturating_sub(SPARED * page));
    bytes / page * page / size_of::<AtomicU64>()
}

/// nginx's `ngx_shm_zone_init_pt`. `before` is the settings of the configuration before, if that had the
/// same zone.
///
/// # Safety
/// nginx passes a zone of [`add`] that is mapped and has its slab pool.
unsafe extern "C" fn init(zone: *mut ngx_shm_zone_t, before: *mut c_void) -> ngx_int_t {
    // SAFETY: the caller's promise.
    let made = guard("zone", || unsafe { make(zone, !before.is_null()) });
    match made.flatten() {
        Some(()) => Status::NGX_OK.into(),
        None => Status::NGX_ERROR.into(),
    }
}

/// Makes the table of a zone, or takes the one that is there.
///
/// # Safety
/// The zone is mapped and has its slab pool, which nobody else uses where it has just been made.
unsafe fn make(zone: *mut ngx_shm_zone_t, is_known: bool) -> Option<()> {
    // SAFETY: the caller's promise; everybody reads and writes these words as atomics.
    unsafe {
        let pool = (*zone).shm.addr.cast::<ngx_slab_pool_t>();
        let words = words((*zone).shm.size);
        if !is_known && (*zone).shm.exists == 0 {
            (*pool).data = ngx_slab_calloc(pool, words * size_of::<AtomicU64>());
        }
        let first = (*pool).data.cast::<AtomicU64>();
        if first.is_null() {
            return None;
        }
        let all = core::slice::from_raw_parts(first, words);
        if Table::open(all).is_none() && !is_known {
            let seed = monotonic_ns().rotate_left(17) ^ u64::try_from(ngx_pid).unwrap_or(0);
            Table::create(all, now_ms(), seed)?;
        }
        Table::open(all).map(|_| ())
    }
}
