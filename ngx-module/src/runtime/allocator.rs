//! Memory of a diagnosis, whether the process has any or not.
//!
//! Rust ends the process when an allocation fails, and that process would be an nginx worker. So what a
//! callback needs only while it runs comes from a reserve ([`crate::runtime::guard::guard`]): pieces one
//! after the other, the last of which grows where it is. That is a tenth of what malloc and free take for
//! the hundreds of pieces of a diagnosis, and it cannot fail before some dozens of diagnoses fit. The
//! reserve costs address space only, until it is used. Nothing that outlives the callback may be allocated
//! there: a piece that stays out keeps the reserve from being whole again. The callbacks that keep what
//! they allocate do without it and allocate fallibly: a connection that gets no memory is not watched, a
//! message that gets none is known by its length.

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

// SAFETY: its bytes are handed out once each, to one thread at a time: the one that USER names.
unsafe impl Sync for Reserve {}

static RESERVE: Reserve = Reserve(UnsafeCell::new([0; SIZE]));
/// Pieces handed out and not returned (upper half), and the first byte not handed out. Only the thread that
/// USER names takes any, and what it takes it returns before it shuts the reserve.
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
    let me = this_thread();
    let taken = USER.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed);
    let _after = match taken {
        Ok(_) => Some(Restore(0)),
        Err(user) if user == me | PAUSED => {
            USER.store(me, Ordering::Relaxed);
            Some(Restore(user))
        }
        // Inside another callback's body that one shuts it.
        Err(_) => None,
    };
    body()
}

/// Runs `body`, whose allocations may not use the reserve, because they outlive it.
pub(crate) fn without_reserve<R>(body: impl FnOnce() -> R) -> R {
    let user = USER.load(Ordering::Relaxed);
    let _after = (user != 0 && user == this_thread()).then(|| {
        USER.store(user | PAUSED, Ordering::Relaxed);
        Restore(user)
    });
    body()
}

/// In `USER`: its thread has the reserve and does not use it for now. No address of a thread is odd.
const PAUSED: usize = 1;

/// Who is to have the reserve afterwards.
struct Restore(usize);

impl Drop for Restore {
    fn drop(&mut self) {
        if self.0 == 0 {
            fault::check_whole();
        }
        USER.store(self.0, Ordering::Release);
    }
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

/// The reserve where it is open, then the C library's allocator.
struct WithReserve;

// SAFETY: every piece comes from System or from the reserve, where pieces never overlap, and goes
// back to where it came from. Nothing here unwinds.
unsafe impl GlobalAlloc for WithReserve {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let piece = take(layout);
        if piece.is_null() {
            // SAFETY: the caller's layout.
            return unsafe { system(layout) };
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
            if is_reserve(piece) {
                if resize(piece, layout, size) {
                    return piece;
                }
            } else if !fault::starves() {
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
    let (state, size) = (STATE.load(Ordering::Relaxed), whole(layout.size()));
    if (state & OFFSET) + size > SIZE as u64 {
        return ptr::null_mut();
    }
    STATE.store(state + ONE_PIECE + size, Ordering::Relaxed);
    // SAFETY: the piece is within the reserve, just checked.
    unsafe { base().add((state & OFFSET) as usize) }
}

/// Gives the piece that was given out last another size, where it is. False for any other piece, and for
/// what does not fit.
fn resize(piece: *mut u8, layout: Layout, size: usize) -> bool {
    let state = STATE.load(Ordering::Relaxed);
    let start = (piece as usize - base() as usize) as u64;
    let is_last = start + whole(layout.size()) == state & OFFSET;
    if !is_last || size > SIZE || start + whole(size) > SIZE as u64 {
        return false;
    }
    STATE.store((state & !OFFSET) + start + whole(size), Ordering::Relaxed);
    true
}

/// Takes a piece back. When none is out any more the reserve is whole again; the room of the piece handed
/// out last is free at once.
fn give_back(piece: *mut u8, layout: Layout) {
    let start = (piece as usize - base() as usize) as u64;
    let state = STATE.load(Ordering::Relaxed);
    let left = state - ONE_PIECE;
    let left = if left < ONE_PIECE {
        0
    } else if start + whole(layout.size()) == state & OFFSET {
        left - whole(layout.size())
    } else {
        left
    };
    STATE.store(left, Ordering::Relaxed);
}

/// Bytes of the reserve that a piece takes.
fn whole(size: usize) -> u64 {
    size.next_multiple_of(ALIGN) as u64
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
