//! nginx's buffers of memory.

/// The bytes between two positions of a buffer; none where there is no buffer.
///
/// # Safety
/// NULL, or both are places of one buffer that outlives the slice.
pub(crate) unsafe fn between<'a>(from: *const u8, to: *const u8) -> &'a [u8] {
    if from.is_null() || to <= from {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe {
        let length = usize::try_from(to.offset_from(from)).unwrap_or(0);
        core::slice::from_raw_parts(from, length)
    }
}
