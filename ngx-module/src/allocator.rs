//! Memory when there is none.
//!
//! Rust ends the process when an allocation fails, and that process would be an nginx worker. So
//! while a diagnosis is made, what the C library refuses comes from a reserve. It costs address space
//! only, until it is used. Everywhere else allocations are fallible: a connection that gets no memory
//! is not watched. Nothing that outlives a diagnosis may be allocated while one is made: a piece of the
//! reserve that stays out keeps the reserve from being whole again.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use std::alloc::System;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Several times what the longest diagnosis takes. A piece that is not the last one given out is not
/// reused before all are returned.
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
/// A diagnosis is being made.
static OPEN: AtomicBool = AtomicBool::new(false);

#[global_allocator]
static ALLOCATOR: WithReserve = WithReserve;

/// Runs `body`, whose allocations may use the reserve.
pub(crate) fn with_reserve<R>(body: impl FnOnce() -> R) -> R {
    /// What OPEN was before.
    struct Close(bool);
    impl Drop for Close {
        fn drop(&mut self) {
            OPEN.store(self.0, Ordering::Relaxed);
        }
    }
    let _close = Close(OPEN.swap(true, Ordering::Relaxed));
    body()
}

/// A box, or `None` without memory.
pub(crate) fn try_box<T>(value: T) -> Option<Box<T>> {
    let layout = Layout::new::<T>();
    // SAFETY: callers box structures, never zero bytes; a Box frees through ALLOCATOR, which gives
    // to System what is System's.
    unsafe {
        let memory = System.alloc(layout).cast::<T>();
        if memory.is_null() {
            return None;
        }
        memory.write(value);
        Some(Box::from_raw(memory))
    }
}

/// The C library's allocator, then the reserve.
struct WithReserve;

// SAFETY: every piece comes from System or from the reserve, where pieces never overlap, and goes
// back to where it came from. Nothing here unwinds.
unsafe impl GlobalAlloc for WithReserve {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_starved() {
            // SAFETY: the caller's layout.
            let piece = unsafe { System.alloc(layout) };
            if !piece.is_null() {
                return piece;
            }
        }
        take(layout)
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
            if !is_reserve(piece) && !is_starved() {
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

fn base() -> *mut u8 {
    RESERVE.0.get().cast()
}

fn is_reserve(piece: *mut u8) -> bool {
    (piece as usize).wrapping_sub(base() as usize) < SIZE
}

/// A piece of the reserve; NULL when it is shut or used up.
fn take(layout: Layout) -> *mut u8 {
    if !OPEN.load(Ordering::Relaxed) || layout.align() > ALIGN || layout.size() > SIZE {
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

/// Takes a piece back: the last one out makes the reserve whole again, the one given out last makes
/// room for another.
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

#[cfg(not(feature = "fault-injection"))]
fn is_starved() -> bool {
    false
}

/// Test build only: `TLSDIAG_FAULT=memory` takes the C library away while a diagnosis is made.
#[cfg(feature = "fault-injection")]
fn is_starved() -> bool {
    OPEN.load(Ordering::Relaxed) && crate::guard::fault_is("memory")
}
