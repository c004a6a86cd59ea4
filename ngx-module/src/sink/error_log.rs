//! The line right after nginx's own, with nginx's connection number and tail.

use ngx::ffi::{ngx_connection_t, ngx_log_error_core, ngx_uint_t, NGX_LOG_ERR};

/// Writes the line if error_log takes errors; otherwise it is not even made.
///
/// # Safety
/// The connection's log is alive.
pub(crate) unsafe fn write(connection: &ngx_connection_t, line: impl FnOnce() -> String) {
    // SAFETY: the caller's promise; %*s takes a length and as many bytes.
    unsafe {
        let Some(log) = connection.log.as_ref() else {
            return;
        };
        if log.log_level < NGX_LOG_ERR as ngx_uint_t {
            return;
        }
        let line = line();
        ngx_log_error_core(
            NGX_LOG_ERR as ngx_uint_t,
            connection.log,
            0,
            c"%*s".as_ptr(),
            line.len(),
            line.as_ptr(),
        );
    }
}
