//! No panic crosses into C: unwinding out of an `extern "C"` function aborts the worker.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Once;

use ngx::ffi::NGX_LOG_WARN;

use crate::nginx::log;
use crate::runtime::allocator::{with_reserve, without_reserve};

static FAULTS: AtomicUsize = AtomicUsize::new(0);

/// Runs the body of the callback `point`, whose allocations may use the reserve. `None` means it
/// panicked: the caller drops its recording. The first fault of a process is logged, later ones are only
/// counted.
pub(crate) fn guard<R>(point: &'static str, body: impl FnOnce() -> R) -> Option<R> {
    with_reserve(|| catch(point, body))
}

/// The same for a callback that keeps what it allocates, and so allocates fallibly.
pub(crate) fn guard_keeping<R>(point: &'static str, body: impl FnOnce() -> R) -> Option<R> {
    without_reserve(|| catch(point, body))
}

fn catch<R>(point: &'static str, body: impl FnOnce() -> R) -> Option<R> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        fault::inject(point);
        body()
    }));
    match result {
        Ok(value) => Some(value),
        Err(payload) => {
            // A text goes back to the reserve. Dropping anything else may panic too: it is leaked.
            if !payload.is::<&'static str>() && !payload.is::<String>() {
                core::mem::forget(payload);
            }
            report(point);
            None
        }
    }
}

fn report(point: &'static str) {
    if FAULTS.fetch_add(1, Ordering::Relaxed) == 0 {
        log::write_to_cycle(
            NGX_LOG_WARN,
            format_args!("upstream_tls: internal fault in the {point} callback, recording dropped"),
        );
    }
}

/// Replaces this shared object's panic hook, which would print a backtrace into error.log.
pub(crate) fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

#[cfg(feature = "fault-injection")]
pub(crate) use fault::{die_at, fault, Fault};

#[cfg(not(feature = "fault-injection"))]
mod fault {
    pub(super) fn inject(_point: &str) {}
}

/// Test build only: `TLSDIAG_FAULT` in the master's environment names a callback that panics, or says
/// how memory runs out (see [`crate::runtime::allocator`]).
#[cfg(feature = "fault-injection")]
mod fault {
    use std::sync::OnceLock;

    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();

    pub(crate) enum Fault {
        /// This callback panics.
        Panic(String),
        /// Every `one_in`th allocation fails; without a number, every one while the reserve is open.
        Memory { one_in: Option<u64> },
        /// The first worker that comes to this point removes the file `mark` and is killed.
        Die { point: String, mark: String },
    }

    fn read() -> Option<Fault> {
        let text = std::env::var("TLSDIAG_FAULT").ok()?;
        if let Some((point, mark)) = text.strip_prefix("die:").and_then(|at| at.split_once(':')) {
            return Some(Fault::Die {
                point: point.to_owned(),
                mark: mark.to_owned(),
            });
        }
        Some(match text.strip_prefix("memory") {
            Some("") => Fault::Memory { one_in: None },
            Some(rest) => Fault::Memory {
                one_in: Some(rest.strip_prefix(':')?.parse().ok().filter(|n| *n > 0)?),
            },
            None => Fault::Panic(text),
        })
    }

    /// The fault asked for; none before the first callback.
    pub(crate) fn fault() -> Option<&'static Fault> {
        FAULT.get()?.as_ref()
    }

    /// A point at which a worker may be killed.
    pub(crate) fn die_at(here: &str) {
        if let Some(Fault::Die { point, mark }) = fault() {
            if point == here && std::fs::remove_file(mark).is_ok() {
                // SAFETY: ends this process.
                unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            }
        }
    }

    pub(super) fn inject(point: &str) {
        // Its text stays for ever: not in the reserve.
        let fault = FAULT.get_or_init(|| super::without_reserve(read));
        let panics = matches!(fault, Some(Fault::Panic(wanted)) if wanted == point);
        assert!(!panics, "injected fault");
    }
}
