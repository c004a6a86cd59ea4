//! One timer of this process, for the window that ends first.

use core::cell::UnsafeCell;
use core::ptr;

use ngx::ffi::{
    ngx_add_timer, ngx_connection_t, ngx_current_msec, ngx_event_t, ngx_log_t, ngx_msec_t,
};

use super::sweep;
use crate::runtime::guard::guard;
use crate::zone::now_ms;

/// What nginx's event loop needs of an event. The log is an empty one, because the event may outlive the
/// log of any configuration.
struct Timer {
    event: UnsafeCell<ngx_event_t>,
    connection: UnsafeCell<ngx_connection_t>,
    log: UnsafeCell<ngx_log_t>,
}

// SAFETY: only the thread that runs nginx's event loop touches it.
unsafe impl Sync for Timer {}

// SAFETY: zeroes are a valid event, connection and log.
static TIMER: Timer = unsafe { core::mem::zeroed() };

/// Shortest wait, milliseconds.
const MIN_MS: i64 = 1;

/// Wakes this process at a time, or earlier.
pub(super) fn wake_at(time_ms: i64) {
    let wait = time_ms.saturating_sub(now_ms()).max(MIN_MS);
    let wait = ngx_msec_t::try_from(wait).unwrap_or(ngx_msec_t::MAX / 2);
    // SAFETY: nginx's event loop runs on this thread; the event is complete before it is added.
    unsafe {
        let event = &mut *TIMER.event.get();
        if event.timer_set() == 1 && !is_earlier(event, wait) {
            return;
        }
        (*TIMER.connection.get()).fd = -1;
        event.data = TIMER.connection.get().cast();
        event.log = TIMER.log.get();
        event.handler = Some(wake);
        // It does not keep a worker that is to end.
        event.set_cancelable(1);
        ngx_add_timer(ptr::from_mut(event), wait);
    }
}

/// Whether this wait ends before the one that is running.
fn is_earlier(event: &ngx_event_t, wait: ngx_msec_t) -> bool {
    // SAFETY: the clock of nginx's event loop.
    let now = unsafe { ngx_current_msec };
    let left = event.timer.key.wrapping_sub(now);
    // One that is overdue wraps around.
    left < ngx_msec_t::MAX / 2 && wait < left
}

/// nginx's `ngx_event_handler_pt`.
///
/// # Safety
/// nginx's event loop calls it on its thread.
unsafe extern "C" fn wake(_event: *mut ngx_event_t) {
    guard("repeats", sweep);
}
