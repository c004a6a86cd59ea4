//! Bounded copies of nginx's strings.

use ngx::ffi::ngx_str_t;
use tlsdiag::text::{bounded, Foreign};

/// A bounded copy of an nginx string that a client or a variable may have filled; `None` when it is
/// empty.
///
/// # Safety
/// As for [`of`].
pub(crate) unsafe fn foreign(text: &ngx_str_t) -> Option<Foreign> {
    // SAFETY: the caller's promise.
    unsafe { of(text) }.map(Foreign::from)
}

/// A bounded copy of an nginx string; `None` when it is empty.
///
/// # Safety
/// `text.data` points to `text.len` readable bytes, or `text.len` is 0.
pub(crate) unsafe fn of(text: &ngx_str_t) -> Option<String> {
    if text.len == 0 || text.data.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    Some(bounded(unsafe {
        core::slice::from_raw_parts(text.data, text.len)
    }))
}
