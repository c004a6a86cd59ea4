//! Where a diagnosis goes: one line in error.log, one JSON document to every `upstream_tls_log`.

pub(crate) mod error_log;
mod file;
mod stream;
mod syslog;

use core::ffi::c_int;

use ngx::core::Status;
use ngx::ffi::{
    ngx_conf_full_name, ngx_conf_open_file, ngx_conf_t, ngx_log_t, ngx_str_t, ngx_syslog_peer_t,
    ngx_time, time_t, NGX_LOG_ERR,
};

use crate::nginx::log;
use file::File;
use stream::Stream;
use syslog::Syslog;

/// One `upstream_tls_log`. Lives in the cycle's pool, and so does what it writes to.
pub(crate) struct Sink(Target);

enum Target {
    File(File),
    Stream(Stream),
    Syslog(Syslog),
}

impl Sink {
    /// A sink for the file, pipe or device of this name. `None` after nginx or we have logged why not.
    ///
    /// # Safety
    /// `cf` is the configuration being read, and `name` is in its pool and ends in NUL.
    pub(crate) unsafe fn path(cf: *mut ngx_conf_t, name: &ngx_str_t) -> Option<Self> {
        let mut name = *name;
        // SAFETY: the caller's promise; the full name is in the pool and ends in NUL, too.
        unsafe {
            if !Status(ngx_conf_full_name((*cf).cycle, &mut name, 0)).is_ok() {
                return None;
            }
            if stream::is_stream(&name) {
                return Stream::open(cf, name).map(|stream| Self(Target::Stream(stream)));
            }
            let file = ngx_conf_open_file((*cf).cycle, &mut name);
            (!file.is_null()).then(|| Self(Target::File(File::new(file))))
        }
    }

    /// A peer of `ngx_syslog_process_conf`; `None` for NULL.
    pub(crate) fn syslog(peer: *mut ngx_syslog_peer_t) -> Option<Self> {
        (!peer.is_null()).then(|| Self(Target::Syslog(Syslog::new(peer))))
    }

    /// Both write to the same file.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Target::File(one), Target::File(other)) => one.is_same(other),
            (Target::Stream(one), Target::Stream(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// Writes a document that ends in a line feed. False where it could not be written: it is lost, and `log`
    /// says so once a minute.
    ///
    /// # Safety
    /// The configuration of this sink and `log` are alive.
    pub(crate) unsafe fn write(&mut self, log: *mut ngx_log_t, document: &str) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            match &mut self.0 {
                Target::File(file) => file.write(log, document.as_bytes()),
                Target::Stream(stream) => stream.write(log, document.as_bytes()),
                Target::Syslog(syslog) => syslog.write(log, document.trim_end().as_bytes()),
            }
        }
    }
}

/// A document could not be written to this file.
///
/// # Safety
/// The log is NULL, or alive.
unsafe fn report_write(
    log: *mut ngx_log_t,
    error: c_int,
    name: &ngx_str_t,
    written: isize,
    length: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        log::write(
            log,
            NGX_LOG_ERR,
            error,
            format_args!(
                "write() of an upstream TLS diagnosis to \"{name}\" failed: {written} of {length}"
            ),
        )
    }
}

/// When a failing sink was last reported.
struct Reports {
    last: time_t,
}

impl Reports {
    /// Seconds between two.
    const EVERY: time_t = 60;

    const fn new() -> Self {
        Self { last: 0 }
    }

    /// Whether a failure is to be reported now; then the next one is not.
    fn is_due(&mut self) -> bool {
        let now = ngx_time();
        let due = now - self.last >= Self::EVERY;
        if due {
            self.last = now;
        }
        due
    }
}
