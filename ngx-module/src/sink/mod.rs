//! Where a diagnosis goes: one line in error.log, one JSON document to every `upstream_tls_log`.

mod error_log;
mod file;
mod syslog;

use ngx::ffi::{ngx_connection_t, ngx_open_file_t, ngx_syslog_peer_t, time_t};
use tlsdiag::facts::Facts;
use tlsdiag::{report, Diagnosis, Recording};

use crate::identity::Owner;

/// One `upstream_tls_log`. Lives in the cycle's pool; exactly one target is set.
#[repr(C)]
pub(crate) struct Sink {
    file: *mut ngx_open_file_t,
    syslog: *mut ngx_syslog_peer_t,
    /// Whether the last write failed, when the disk was last found full, and when a failure was
    /// last reported.
    failed: bool,
    disk_full: time_t,
    reported: time_t,
}

impl Sink {
    /// A file of `ngx_conf_open_file`; `None` for NULL.
    pub(crate) fn file(file: *mut ngx_open_file_t) -> Option<Self> {
        (!file.is_null()).then_some(Self::new(file, core::ptr::null_mut()))
    }

    /// A peer of `ngx_syslog_process_conf`; `None` for NULL.
    pub(crate) fn syslog(syslog: *mut ngx_syslog_peer_t) -> Option<Self> {
        (!syslog.is_null()).then_some(Self::new(core::ptr::null_mut(), syslog))
    }

    fn new(file: *mut ngx_open_file_t, syslog: *mut ngx_syslog_peer_t) -> Self {
        Self {
            file,
            syslog,
            failed: false,
            disk_full: 0,
            reported: 0,
        }
    }

    /// nginx shares files by name.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        !self.file.is_null() && self.file == other.file
    }
}

/// Diagnoses and writes.
///
/// # Safety
/// Connection and owner are alive.
pub(crate) unsafe fn write(
    connection: &ngx_connection_t,
    owner: &Owner,
    recording: &Recording,
) -> Option<Diagnosis> {
    let mut scope = owner.scope()?;
    dump(recording);
    let facts = Facts::of(recording);
    let diagnosis = tlsdiag::diagnose(&facts);
    // SAFETY: the caller's promise.
    unsafe { error_log::write(connection, || report::line(&diagnosis, &facts)) };
    let sinks = scope.sinks();
    if sinks.is_empty() {
        return Some(diagnosis);
    }
    let mut document = report::document(&diagnosis, &facts);
    document.push('\n');
    for sink in sinks {
        // SAFETY: a sink's target lives as long as the configuration.
        unsafe {
            if sink.syslog.is_null() {
                file::write(sink, connection.log, document.as_bytes());
            } else {
                syslog::write(sink, document.trim_end().as_bytes());
            }
        }
    }
    Some(diagnosis)
}

#[cfg(not(feature = "fault-injection"))]
fn dump(_recording: &Recording) {}

/// Test build only: `TLSDIAG_RECORDINGS=<directory>` in the worker's environment keeps every
/// recording as a file, which is how the fixtures are made.
#[cfg(feature = "fault-injection")]
fn dump(recording: &Recording) {
    let Some(directory) = std::env::var_os("TLSDIAG_RECORDINGS") else {
        return;
    };
    let name = format!(
        "{}-{}.json",
        recording.environment.pid, recording.context.connection_id
    );
    if let Ok(text) = serde_json::to_string_pretty(recording) {
        let _ = std::fs::write(std::path::Path::new(&directory).join(name), text);
    }
}
