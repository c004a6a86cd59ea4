//! A file: one system call a line, so that lines of several workers do not mix. A failed write is handled
//! as in `ngx_http_log_write`, but logged as an error: a lost diagnosis is no alert.
//!
//! A disk that fills up may take half a line. The next write begins with a line feed, so that only that
//! half is lost.

use core::ffi::c_int;
use core::ptr;

use ngx::ffi::{ngx_errno, ngx_log_t, ngx_open_file_t, ngx_time, time_t, NGX_LOG_ERR};

use super::Reports;
use crate::nginx::log;

/// A file of `ngx_conf_open_file`, which lives as long as its configuration.
pub(super) struct File {
    file: *mut ngx_open_file_t,
    /// The last write failed.
    failed: bool,
    /// When the disk was last found full.
    disk_full: time_t,
    reports: Reports,
}

impl File {
    pub(super) fn new(file: *mut ngx_open_file_t) -> Self {
        Self {
            file,
            failed: false,
            disk_full: 0,
            reports: Reports::new(),
        }
    }

    /// nginx shares files by name.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        ptr::eq(self.file, other.file)
    }

    /// False when the line, or a part of it, is lost.
    ///
    /// # Safety
    /// The configuration that holds the file and `log` are alive.
    pub(super) unsafe fn write(&mut self, log: *mut ngx_log_t, line: &[u8]) -> bool {
        // SAFETY: the caller's promise. The descriptor is read each time: USR1 changes it.
        let file = unsafe { &*self.file };
        let now = ngx_time();
        if self.disk_full == now {
            // A full disk is not asked again within the second: write(2) could block on it.
            return false;
        }
        if !is_regular(file.fd) {
            // What USR1 found under the name may block.
            if self.reports.is_due() {
                // SAFETY: the caller's promise.
                unsafe {
                    log::write(
                        log,
                        NGX_LOG_ERR,
                        0,
                        format_args!(
                            "upstream TLS diagnoses are not written to \"{}\": it is no regular file \
                             any more, and one of another kind is opened on reload only",
                            file.name
                        ),
                    )
                };
            }
            return false;
        }
        let part = |bytes: &[u8]| libc::iovec {
            iov_base: bytes.as_ptr().cast_mut().cast(),
            iov_len: bytes.len(),
        };
        let parts = [part(if self.failed { b"\n" } else { b"" }), part(line)];
        let length = parts[0].iov_len + line.len();
        // SAFETY: two buffers that live as long as the call.
        let written = unsafe { libc::writev(file.fd, parts.as_ptr(), 2) };
        self.failed = usize::try_from(written) != Ok(length);
        if !self.failed {
            return true;
        }
        let error = if written < 0 { ngx_errno() } else { 0 };
        if error == libc::ENOSPC {
            self.disk_full = now;
        }
        if self.reports.is_due() {
            // SAFETY: the caller's promise.
            unsafe { super::report_write(log, error, &file.name, written, length) };
        }
        false
    }
}

fn is_regular(descriptor: c_int) -> bool {
    // SAFETY: zeroes are a valid stat, which fstat fills.
    unsafe {
        let mut found: libc::stat = core::mem::zeroed();
        libc::fstat(descriptor, &mut found) == 0 && found.st_mode & libc::S_IFMT == libc::S_IFREG
    }
}
