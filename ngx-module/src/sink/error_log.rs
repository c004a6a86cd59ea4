//! The line right after nginx's own, with nginx's connection number and tail.

use ngx::ffi::{ngx_log_error_core, ngx_log_t, ngx_uint_t, NGX_LOG_ERR};

/// Writes the line if error_log takes errors; otherwise it is not even made.
///
/// # Safety
/// NULL, or a log that is alive.
pub(crate) unsafe fn write(log: *mut ngx_log_t, line: impl FnOnce() -> String) {
    // SAFETY: the caller's promise; %*s takes a length and as many bytes.
    unsafe {
        let is_wanted = |log: &ngx_log_t| log.log_level >= NGX_LOG_ERR as ngx_uint_t;
        if !log.as_ref().is_some_and(is_wanted) {
            return;
        }
        let line = line();
        ngx_log_error_core(
            NGX_LOG_ERR as ngx_uint_t,
            log,
            0,
            c"%*s".as_ptr(),
            line.len(),
            line.as_ptr(),
        );
    }
}
