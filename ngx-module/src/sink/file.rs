//! A file: one system call a line, so that lines of several workers do not mix. Errors are treated as
//! `ngx_http_log_write` treats them, but as errors: a lost diagnosis is no alert.
//!
//! A disk that becomes full may take half a line, of this worker or another. What is written next
//! begins on a line of its own, so that no more than that half is lost.

use ngx::ffi::{ngx_errno, ngx_log_error_core, ngx_log_t, ngx_time, ngx_uint_t, NGX_LOG_ERR};

use super::Sink;

/// Seconds between two reports of a failing file.
const REPORT_EVERY: i64 = 60;

/// # Safety
/// `sink.file` and `log` are alive.
pub(super) unsafe fn write(sink: &mut Sink, log: *mut ngx_log_t, line: &[u8]) {
    // SAFETY: the caller's promise. The descriptor is read each time: USR1 changes it.
    unsafe {
        let now = ngx_time();
        let file = &*sink.file;
        if sink.disk_full == now {
            // A full disk is not asked again within the second: write(2) could block on it.
            return;
        }
        let part = |bytes: &[u8]| libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        };
        let parts = [part(if sink.failed { b"\n" } else { b"" }), part(line)];
        let length = parts[0].iov_len + line.len();
        let written = libc::writev(file.fd, parts.as_ptr(), 2);
        sink.failed = usize::try_from(written) != Ok(length);
        if !sink.failed {
            return;
        }
        let error = if written < 0 { ngx_errno() } else { 0 };
        if error == libc::ENOSPC {
            sink.disk_full = now;
        }
        if now - sink.reported < REPORT_EVERY {
            return;
        }
        sink.reported = now;
        ngx_log_error_core(
            NGX_LOG_ERR as ngx_uint_t,
            log,
            error,
            c"write() of an upstream TLS diagnosis to \"%V\" failed: %z of %uz".as_ptr(),
            core::ptr::addr_of!(file.name),
            written,
            length,
        );
    }
}
