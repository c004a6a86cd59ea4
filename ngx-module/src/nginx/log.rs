//! Lines in nginx's logs, formatted by Rust: a C format string that does not fit its arguments is
//! undefined behaviour, and nothing checks it.

use core::ffi::c_int;
use core::fmt::Arguments;
use core::mem::MaybeUninit;

use ngx::ffi::{ngx_conf_log_error, ngx_conf_t, ngx_cycle, ngx_log_t, ngx_uint_t, NGX_LOG_EMERG};
use ngx::log::{log_error, write_fmt, LOG_BUFFER_SIZE};

/// Writes a line if the log takes this level (`NGX_LOG_ERR` and so on). An errno other than 0 is added in
/// nginx's way.
///
/// # Safety
/// The log is NULL, or alive.
pub(crate) unsafe fn write(log: *mut ngx_log_t, level: u32, errno: c_int, message: Arguments<'_>) {
    // SAFETY: the caller's promise.
    if unsafe { !takes(log, level) } {
        return;
    }
    let mut buffer = [const { MaybeUninit::uninit() }; LOG_BUFFER_SIZE];
    let line = write_fmt(&mut buffer, message);
    // SAFETY: the log is alive, just looked at.
    unsafe { log_error(level as ngx_uint_t, log, errno, line) }
}

/// Whether a log takes lines of this level.
///
/// # Safety
/// The log is NULL, or alive.
pub(crate) unsafe fn takes(log: *mut ngx_log_t, level: u32) -> bool {
    // SAFETY: the caller's promise.
    unsafe { log.as_ref() }.is_some_and(|log| log.log_level >= level as ngx_uint_t)
}

/// Writes a line into the running configuration's own log.
pub(crate) fn write_to_cycle(level: u32, message: Arguments<'_>) {
    // SAFETY: nginx's own global; the log of the running configuration lives as long as it.
    unsafe {
        if let Some(cycle) = ngx_cycle.as_ref() {
            write(cycle.log, level, 0, message);
        }
    }
}

/// Says why a configuration is refused, with its file and line.
///
/// # Safety
/// nginx is reading the configuration `cf`.
pub(crate) unsafe fn refuse(cf: *mut ngx_conf_t, errno: c_int, message: Arguments<'_>) {
    let mut buffer = [const { MaybeUninit::uninit() }; LOG_BUFFER_SIZE];
    let line = write_fmt(&mut buffer, message);
    // SAFETY: the caller's promise; %*s takes a length and as many bytes.
    unsafe {
        ngx_conf_log_error(
            NGX_LOG_EMERG as ngx_uint_t,
            cf,
            errno,
            c"%*s".as_ptr(),
            line.len(),
            line.as_ptr(),
        );
    }
}
