//! The attempts of a request or session, in its own pool: `r->ctx` does not survive an error_page.

use core::ffi::c_void;
use core::ptr;

use ngx::ffi::{
    ngx_palloc, ngx_pnalloc, ngx_pool_cleanup_add, ngx_pool_t, ngx_str_t, ngx_variable_value_t,
};

use tlsdiag::text::beginning;

use super::{COUNT, MAX_VALUE};
use crate::nginx::string;
use crate::upstream::{self, UpstreamConnection};

/// One attempt. Lives in the pool, freed with it.
#[repr(C)]
struct Attempt {
    next: *mut Attempt,
    /// The request or session: sub-requests share their request's pool.
    owner: *const c_void,
    /// Place in `upstream_states`.
    index: usize,
    values: [ngx_str_t; COUNT],
}

type Marker = unsafe extern "C" fn(*mut c_void);

/// Marks our entry among a pool's cleanups; the pool frees the attempts itself.
///
/// # Safety
/// None: it does nothing.
unsafe extern "C" fn marker(_: *mut c_void) {}

/// Stores the values of the owner's current attempt. A later call for the same attempt replaces them.
pub(crate) fn record(upstream: &UpstreamConnection<'_>, values: &[String; COUNT]) -> Option<()> {
    let upstream::Attempt { owner, pool, index } = upstream.attempt()?;
    // SAFETY: the pool lives as long as the owner, which is alive while its connection is borrowed.
    unsafe {
        let head = head(pool, true);
        let head = head.as_mut()?;
        let attempt = match find(*head, owner, index) {
            known if !known.is_null() => known,
            _ => {
                let fresh = ngx_palloc(pool, size_of::<Attempt>()).cast::<Attempt>();
                if fresh.is_null() {
                    return None;
                }
                fresh.write(Attempt {
                    next: *head,
                    owner,
                    index,
                    values: [ngx_str_t::default(); COUNT],
                });
                *head = fresh;
                fresh
            }
        };
        for (to, from) in (*attempt).values.iter_mut().zip(values) {
            *to = copy(pool, beginning(from, MAX_VALUE))?;
        }
    }
    Some(())
}

/// The variable's value over all attempts; with no attempt at all it is not found.
///
/// # Safety
/// `owner` lives in `pool`.
pub(super) unsafe fn evaluate(
    result: &mut ngx_variable_value_t,
    owner: *const c_void,
    pool: *mut ngx_pool_t,
    variable: usize,
    peers: &[bool],
) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe {
        let head = head(pool, false);
        let first = head.as_ref().copied().unwrap_or(ptr::null_mut());
        let text = super::join(peers, |index| {
            find(first, owner, index)
                .as_ref()
                .and_then(|attempt| attempt.values.get(variable))
                .and_then(string::to_text)
                .unwrap_or_default()
        });
        super::set(result, pool, &text)
    }
}

/// Where the pool's list of attempts begins; NULL when there is none and none is made.
///
/// # Safety
/// The pool is alive.
unsafe fn head(pool: *mut ngx_pool_t, make: bool) -> *mut *mut Attempt {
    // SAFETY: the caller's promise; a pool's cleanups are a list, and only entries with our marker hold
    // our data.
    unsafe {
        let mut cleanup = (*pool).cleanup;
        while let Some(one) = cleanup.as_ref() {
            if one
                .handler
                .is_some_and(|handler| ptr::fn_addr_eq(handler, marker as Marker))
            {
                return ptr::addr_of_mut!((*cleanup).data).cast();
            }
            cleanup = one.next;
        }
        if !make {
            return ptr::null_mut();
        }
        let Some(fresh) = ngx_pool_cleanup_add(pool, 0).as_mut() else {
            return ptr::null_mut();
        };
        fresh.handler = Some(marker);
        fresh.data = ptr::null_mut();
        ptr::addr_of_mut!(fresh.data).cast()
    }
}

/// The attempt of an owner with this index; NULL for none.
///
/// # Safety
/// `first` is NULL or the first of a list of attempts whose pool is alive.
unsafe fn find(first: *mut Attempt, owner: *const c_void, index: usize) -> *mut Attempt {
    let mut attempt = first;
    // SAFETY: the caller's promise; each attempt leads to one in the same pool.
    while let Some(one) = unsafe { attempt.as_ref() } {
        if one.owner == owner && one.index == index {
            break;
        }
        attempt = one.next;
    }
    attempt
}

/// A copy in memory of the pool; `None` without.
///
/// # Safety
/// The pool is alive, and outlives the copy.
unsafe fn copy(pool: *mut ngx_pool_t, text: &str) -> Option<ngx_str_t> {
    // SAFETY: the caller's promise; the copy is as long as the text.
    unsafe {
        let data = ngx_pnalloc(pool, text.len()).cast::<u8>();
        if data.is_null() {
            return None;
        }
        ptr::copy_nonoverlapping(text.as_ptr(), data, text.len());
        Some(ngx_str_t {
            len: text.len(),
            data,
        })
    }
}
