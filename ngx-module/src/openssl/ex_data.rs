//! Slots in OpenSSL's ex_data, one on `SSL_CTX` and one on `SSL`.

use core::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use super::ffi::{
    CRYPTO_EX_free, CRYPTO_EX_new, CRYPTO_get_ex_new_index, CRYPTO_EX_INDEX_SSL,
    CRYPTO_EX_INDEX_SSL_CTX,
};

/// The class of `SSL_get_ex_new_index`.
pub(crate) const CLASS_SSL: i32 = CRYPTO_EX_INDEX_SSL as i32;
/// The class of `SSL_CTX_get_ex_new_index`.
pub(crate) const CLASS_SSL_CTX: i32 = CRYPTO_EX_INDEX_SSL_CTX as i32;

/// An index, taken once per process and never given back.
pub(crate) struct Slot(AtomicI32);

impl Slot {
    pub(crate) const fn new() -> Self {
        Self(AtomicI32::new(-1))
    }

    /// The index; -1 before [`Slot::take`].
    pub(crate) fn index(&self) -> i32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the index if this process has not yet. False when OpenSSL has none left.
    pub(crate) fn take(&self, class: i32, new: CRYPTO_EX_new, free: CRYPTO_EX_free) -> bool {
        if self.index() < 0 {
            // SAFETY: the callbacks stay mapped for the life of the process (-z nodelete).
            let index =
                unsafe { CRYPTO_get_ex_new_index(class, 0, ptr::null_mut(), new, None, free) };
            self.0.store(index, Ordering::Relaxed);
        }
        self.index() >= 0
    }
}
