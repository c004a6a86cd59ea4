//! No panic crosses into C: unwinding out of an `extern "C"` function aborts the worker.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Once;

use ngx::ffi::{ngx_cycle, ngx_log_error_core, NGX_LOG_WARN};

static FAULTS: AtomicUsize = AtomicUsize::new(0);

/// Runs the body of the callback `point`. `None` means it panicked: the caller drops its recording.
/// The first fault of a process is logged, later ones are only counted.
pub(crate) fn guard<R>(point: &'static str, body: impl FnOnce() -> R) -> Option<R> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        fault::inject(point);
        body()
    }));
    match result {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping a payload may panic too; a fault is rare enough to leak it.
            core::mem::forget(payload);
            report(point);
            None
        }
    }
}

fn report(point: &'static str) {
    if FAULTS.fetch_add(1, Ordering::Relaxed) > 0 {
        return;
    }
    // SAFETY: ngx_cycle and its log are valid for the life of the process; %*s takes length, data.
    unsafe {
        if let Some(cycle) = ngx_cycle.as_ref() {
            ngx_log_error_core(
                NGX_LOG_WARN as usize,
                cycle.log,
                0,
                c"upstream_tls: internal fault in the %*s callback, recording dropped".as_ptr(),
                point.len(),
                point.as_ptr(),
            );
        }
    }
}

/// Replaces this shared object's panic hook, which would print a backtrace into error.log.
pub(crate) fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[cfg(feature = "fault-injection")]
pub(crate) use fault::fault_is;

#[cfg(not(feature = "fault-injection"))]
mod fault {
    pub(super) fn inject(_point: &str) {}
}

/// Test build only: `TLSDIAG_FAULT=<point>` in the master's environment makes that callback panic.
#[cfg(feature = "fault-injection")]
mod fault {
    use std::sync::OnceLock;

    static POINT: OnceLock<Option<String>> = OnceLock::new();

    pub(super) fn inject(point: &str) {
        POINT.get_or_init(|| std::env::var("TLSDIAG_FAULT").ok());
        assert!(!fault_is(point), "injected fault");
    }

    pub(crate) fn fault_is(point: &str) -> bool {
        POINT
            .get()
            .is_some_and(|wanted| wanted.as_deref() == Some(point))
    }
}
