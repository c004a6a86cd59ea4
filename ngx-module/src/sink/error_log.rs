//! The line right after nginx's own, with nginx's connection number and tail.

use ngx::ffi::{ngx_log_t, NGX_LOG_ERR};
use ngx::log::log_error;

use crate::nginx::log;

/// Writes the line if error_log takes errors; otherwise it is not even made.
///
/// # Safety
/// NULL, or a log that is alive.
pub(crate) unsafe fn write(log: *mut ngx_log_t, line: impl FnOnce() -> String) {
    // SAFETY: the caller's promise.
    unsafe {
        if log::takes(log, NGX_LOG_ERR) {
            log_error(NGX_LOG_ERR as usize, log, 0, line().as_bytes());
        }
    }
}
