//! Memory when there is none.
//!
//! Rust ends the process when an allocation fails, and that process would be an nginx worker. So when the C
//! library refuses a callback memory, the allocation comes from a reserve
//! ([`crate::runtime::guard::guard`]), which costs only address space until it is used. Nothing in it may
//! outlive the callback: the reserve is whole again only when every piece is back. Callbacks that keep what
//! they allocate do not use it and allocate fallibly: without memory a connection is not watched, and of a
//! message only the length is known.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use std::alloc::System;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Several times what the longest diagnosis takes. Only the last piece handed out is reused at once, the
/// others when all are back.
const SIZE: usize = 4 << 20;
/// Alignment of a piece, malloc's.
const ALIGN: usize = 16;

#[repr(align(16))]
struct Reserve(UnsafeCell<[u8; SIZE]>);

// SAFETY: its bytes are handed out once each, by one atomic counter.
unsafe impl Sync for Reserve {}

static RESERVE: Reserve = Reserve(UnsafeCell::new([0; SIZE]));
/// Pieces handed out and not returned (upper half), and the first byte not handed out.
static STATE: AtomicU64 = AtomicU64::new(0);
const ONE_PIECE: u64 = 1 << 32;
const OFFSET: u64 = ONE_PIECE - 1;
/// The thread that may use it (`pthread_self`), 0 while it is shut. Other libraries of the process may
/// call us from threads of their own.
static USER: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: WithReserve = WithReserve;

/// Runs `body`, whose allocations may use the reserve, unless another thread uses it.
pub(crate) fn with_reserve<R>(body: impl FnOnce() -> R) -> R {
    struct Shut;
    impl Drop for Shut {
        fn drop(&mut self) {
            USER.store(0, Ordering::Relaxed);
            fault::check_whole();
        }
    }
    let taken = USER.compare_exchange(0, this_thread(), Ordering::Relaxed, Ordering::Relaxed);
    // Inside another callback's body that one shuts it.
    let _shut = taken.map(|_| Shut);
    body()
}

/// Runs `body`, whose allocations may not use the reserve, because they outlive it.
pub(crate) fn without_reserve<R>(body: impl FnOnce() -> R) -> R {
    struct Open(usize);
    impl Drop for Open {
        fn drop(&mut self) {
            USER.store(self.0, Ordering::Relaxed);
        }
    }
    let user = USER.load(Ordering::Relaxed);
    let _open = (user != 0 && user == this_thread()).then(|| {
        USER.store(0, Ordering::Relaxed);
        Open(user)
    });
    body()
}

fn is_open() -> bool {
    let user = USER.load(Ordering::Relaxed);
    user != 0 && user == this_thread()
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a pthread_t is as wide as a pointer"
)]
fn this_thread() -> usize {
    // SAFETY: asks for nothing and cannot fail.
    unsafe { libc::pthread_self() as usize }
}

/// A box of what `make` makes, in its place; `None` without memory.
#[inline]
pub(crate) fn try_box<T>(make: impl FnOnce() -> T) -> Option<Box<T>> {
    let layout = Layout::new::<T>();
    // SAFETY: callers box structures, never zero bytes; a Box frees through ALLOCATOR, which gives
    // to System what is System's.
    unsafe {
        let memory = system(layout).cast::<T>();
        if memory.is_null() {
            return None;
        }
        memory.write(make());
        Some(Box::from_raw(memory))
    }
}

/// The C library's allocator, then the reserve.
struct WithReserve;

// SAFETY: every piece comes from System or from the reserve, where pieces never overlap, and goes
// back to where it came from. Nothing here unwinds.
unsafe impl GlobalAlloc for WithReserve {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout.
        let piece = unsafe { system(layout) };
        if piece.is_null() {
            return take(layout);
        }
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        if is_reserve(piece) {
            give_back(piece, layout);
        } else {
            // SAFETY: what is not from the reserve is from System.
            unsafe { System.dealloc(piece, layout) };
        }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises, for all of it; a failed realloc leaves the piece alone.
        unsafe {
            if !is_reserve(piece) && !fault::starves() {
                let grown = System.realloc(piece, layout, size);
                if !grown.is_null() {
                    return grown;
                }
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(piece, moved, layout.size().min(size));
                self.dealloc(piece, layout);
            }
            moved
        }
    }
}

/// A piece of the C library's, NULL without memory.
///
/// # Safety
/// The layout is not empty.
unsafe fn system(layout: Layout) -> *mut u8 {
    if fault::starves() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    unsafe { System.alloc(layout) }
}

fn base() -> *mut u8 {
    RESERVE.0.get().cast()
}

fn is_reserve(piece: *mut u8) -> bool {
    (piece as usize).wrapping_sub(base() as usize) < SIZE
}

/// A piece of the reserve; NULL when it is shut or used up.
fn take(layout: Layout) -> *mut u8 {
    if !is_open() || layout.align() > ALIGN || layout.size() > SIZE {
        return ptr::null_mut();
    }
    let size = whole(layout);
    let taken = STATE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
        ((state & OFFSET) + size <= SIZE as u64).then_some(state + ONE_PIECE + size)
    });
    match taken {
        // SAFETY: the piece is within the reserve, just checked.
        Ok(before) => unsafe { base().add((before & OFFSET) as usize) },
        Err(_) => ptr::null_mut(),
    }
}

/// Takes a piece back. When none is out any more the reserve is whole again; the room of the piece handed
/// out last is free at once.
fn give_back(piece: *mut u8, layout: Layout) {
    let start = (piece as usize - base() as usize) as u64;
    let _ = STATE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
        let left = state - ONE_PIECE;
        Some(if left < ONE_PIECE {
            0
        } else if start + whole(layout) == state & OFFSET {
            left - whole(layout)
        } else {
            left
        })
    });
}

/// Bytes of the reserve that a piece takes.
fn whole(layout: Layout) -> u64 {
    layout.size().next_multiple_of(ALIGN) as u64
}

#[cfg(feature = "fault-injection")]
pub(crate) use fault::start;

#[cfg(not(feature = "fault-injection"))]
mod fault {
    pub(super) fn starves() -> bool {
        false
    }

    pub(super) fn check_whole() {}
}

/// Test build only. With `TLSDIAG_FAULT=memory` the C library gives nothing while the reserve is open; with
/// `TLSDIAG_FAULT=memory:7` every seventh allocation of the module fails once nginx runs. In any case a
/// reserve that is not whole when it is shut is an alert.
#[cfg(feature = "fault-injection")]
mod fault {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use ngx::ffi::NGX_LOG_ALERT;

    use crate::nginx::log;
    use crate::runtime::guard::{fault, Fault};

    /// A configuration runs.
    static STARTED: AtomicBool = AtomicBool::new(false);
    static COUNT: AtomicU64 = AtomicU64::new(0);

    pub(crate) fn start() {
        STARTED.store(true, Ordering::Relaxed);
    }

    pub(super) fn starves() -> bool {
        match fault() {
            Some(Fault::Memory { one_in: None }) => super::is_open(),
            Some(Fault::Memory { one_in: Some(n) }) if STARTED.load(Ordering::Relaxed) => {
                COUNT.fetch_add(1, Ordering::Relaxed) % n == 0
            }
            _ => false,
        }
    }

    pub(super) fn check_whole() {
        let pieces = super::STATE.load(Ordering::Relaxed) >> 32;
        if pieces > 0 {
            log::write_to_cycle(
                NGX_LOG_ALERT,
                format_args!("upstream_tls: {pieces} pieces of the reserve are not back"),
            );
        }
    }
}
