//! nginx's strings: bounded copies of them, and copies in memory of nginx's.

use ngx::ffi::{ngx_pnalloc, ngx_pool_t, ngx_str_t, ngx_variable_value_t};
use tlsdiag::text::{bounded, Foreign};

/// A bounded copy of an nginx string that a client or a variable may have filled; `None` when it is
/// empty.
pub(crate) fn to_foreign(string: &ngx_str_t) -> Option<Foreign> {
    to_text(string).map(Foreign::from)
}

/// A bounded copy of an nginx string; `None` when it is empty.
pub(crate) fn to_text(string: &ngx_str_t) -> Option<String> {
    bytes(string).map(bounded)
}

/// The string itself; `None` when it is empty.
pub(crate) fn bytes(string: &ngx_str_t) -> Option<&[u8]> {
    (!string.data.is_null())
        .then(|| string.as_bytes())
        .filter(|bytes| !bytes.is_empty())
}

/// A copy in memory of the pool; `None` without memory.
///
/// # Safety
/// The pool is alive, and the copy is not used any longer than it is.
pub(crate) unsafe fn copy(pool: *mut ngx_pool_t, bytes: &[u8]) -> Option<ngx_str_t> {
    // SAFETY: the caller's promise; the copy is as long as the bytes.
    unsafe {
        let data = ngx_pnalloc(pool, bytes.len()).cast::<u8>();
        if data.is_null() {
            return None;
        }
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len());
        Some(ngx_str_t {
            len: bytes.len(),
            data,
        })
    }
}

/// Bits of a value's length.
const LENGTH_BITS: u32 = 28;
/// `valid`, with `no_cacheable`, `not_found` and `escape` off.
const VALID: u32 = match cfg!(target_endian = "big") {
    true => 1 << (u32::BITS - LENGTH_BITS - 1),
    false => 1 << LENGTH_BITS,
};

/// Makes a variable's value this text; `None` for one that is too long. All bits at once: the setters that
/// bindgen makes go bit by bit, and a value has as many as a request reads variables.
pub(crate) fn set_value(
    value: &mut ngx_variable_value_t,
    data: *const u8,
    length: usize,
) -> Option<()> {
    let length = u32::try_from(length).ok();
    let length = length.filter(|length| length >> LENGTH_BITS == 0)?;
    let length = match cfg!(target_endian = "big") {
        true => length << (u32::BITS - LENGTH_BITS),
        false => length,
    };
    // SAFETY: the structure begins with these bits in one word, and is aligned as a pointer.
    unsafe {
        core::ptr::from_mut(value)
            .cast::<u32>()
            .write(length | VALID);
    }
    value.data = data.cast_mut();
    Some(())
}
