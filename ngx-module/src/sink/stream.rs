//! A pipe, a terminal or another device: `/dev/stdout` in a container, a program that reads along.
//!
//! A reader may stop reading, and a blocking write would then stop the worker. nginx opens its logs
//! blocking and shares them, so these are opened here with `O_NONBLOCK`, and what does not fit is lost. A
//! document with its line feed is never longer than `PIPE_BUF`, so a pipe takes all of it or nothing.

use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;

use ngx::ffi::{ngx_conf_t, ngx_errno, ngx_log_t, ngx_pool_cleanup_add, ngx_str_t};

use super::Reports;
use crate::nginx::log;

/// A pipe or device, open for as long as its configuration lives.
pub(super) struct Stream {
    name: ngx_str_t,
    descriptor: c_int,
    reports: Reports,
}

/// Whether this name is a pipe or a device, which nginx would open blocking.
///
/// # Safety
/// `name` ends in NUL, as all names of a configuration do.
pub(super) unsafe fn is_stream(name: &ngx_str_t) -> bool {
    let mut found = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the caller's promise; stat fills the structure when it succeeds.
    unsafe {
        libc::stat(name.data.cast(), found.as_mut_ptr()) == 0
            && [libc::S_IFIFO, libc::S_IFCHR]
                .contains(&(found.assume_init().st_mode & libc::S_IFMT))
    }
}

impl Stream {
    /// Opens it; `None` after saying why not.
    ///
    /// # Safety
    /// `cf` is the configuration being read; `name` is in its pool and ends in NUL.
    pub(super) unsafe fn open(cf: *mut ngx_conf_t, name: ngx_str_t) -> Option<Self> {
        // SAFETY: the caller's promise; the cleanup is filled before anything can run it.
        unsafe {
            let cleanup = ngx_pool_cleanup_add((*cf).pool, 0).as_mut()?;
            let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_NONBLOCK | libc::O_CLOEXEC;
            let descriptor = libc::open(name.data.cast(), flags | libc::O_NOCTTY);
            if descriptor < 0 {
                let error = ngx_errno();
                let why = match error {
                    libc::ENXIO => ": nobody reads it",
                    _ => "",
                };
                log::refuse(
                    cf,
                    error,
                    format_args!("open() \"{name}\" for \"upstream_tls_log\" failed{why}"),
                );
                return None;
            }
            cleanup.data = descriptor as usize as *mut c_void;
            cleanup.handler = Some(close);
            Some(Self {
                name,
                descriptor,
                reports: Reports::new(),
            })
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name.as_bytes() == other.name.as_bytes()
    }

    /// False when the line, or a part of it, is lost.
    ///
    /// # Safety
    /// The configuration that opened it and `log` are alive.
    pub(super) unsafe fn write(&mut self, log: *mut ngx_log_t, line: &[u8]) -> bool {
        // SAFETY: the caller's promise.
        let written = unsafe { libc::write(self.descriptor, line.as_ptr().cast(), line.len()) };
        if usize::try_from(written) == Ok(line.len()) {
            return true;
        }
        let error = if written < 0 { ngx_errno() } else { 0 };
        if self.reports.is_due() {
            // SAFETY: the caller's promise.
            unsafe { super::report_write(log, error, &self.name, written, line.len()) };
        }
        false
    }
}

/// # Safety
/// Called once, with what [`Stream::open`] left.
unsafe extern "C" fn close(descriptor: *mut c_void) {
    if let Ok(descriptor) = c_int::try_from(descriptor as usize) {
        // SAFETY: the descriptor is ours, and its owner goes with the pool.
        unsafe { libc::close(descriptor) };
    }
}
