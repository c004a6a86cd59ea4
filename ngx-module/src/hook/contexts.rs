//! The contexts made since the last configuration, whose callbacks are pending.

use core::ffi::{c_int, c_long, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ngx::ffi::{
    SSL_CTX_free, SSL_CTX_get_info_callback, SSL_CTX_new, SSL_CTX_set_info_callback,
    SSL_CTX_set_msg_callback, TLS_method, CRYPTO_EX_DATA, SSL_CTX,
};

use super::{info, message, state};
use crate::openssl::identity;
use crate::runtime::guard::guard_keeping;

/// Addresses of contexts; other threads may make contexts too, hence the lock.
static PENDING: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// OpenSSL has called us for a context.
static CALLED: AtomicBool = AtomicBool::new(false);

fn pending() -> MutexGuard<'static, Vec<usize>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// OpenSSL's `CRYPTO_EX_new` for our slot, inside `SSL_CTX_new`.
///
/// # Safety
/// OpenSSL calls it. Of what it passes only the address of the context is looked at.
pub(super) unsafe extern "C" fn created(
    context: *mut c_void,
    _: *mut c_void,
    _: *mut CRYPTO_EX_DATA,
    _: c_int,
    _: c_long,
    _: *mut c_void,
) {
    CALLED.store(true, Ordering::Relaxed);
    guard_keeping("context", || {
        let mut pending = pending();
        if pending.try_reserve(1).is_ok() {
            pending.push(context as usize);
        }
    });
}

/// OpenSSL's `CRYPTO_EX_free`, inside `SSL_CTX_free`: a configuration failed, or ended.
///
/// # Safety
/// OpenSSL calls it. Of what it passes only the address of the context is looked at.
pub(super) unsafe extern "C" fn freed(
    context: *mut c_void,
    _: *mut c_void,
    _: *mut CRYPTO_EX_DATA,
    _: c_int,
    _: c_long,
    _: *mut c_void,
) {
    guard_keeping("context", || {
        let mut pending = pending();
        // nginx frees the contexts of a configuration in the reverse order: the first look finds it.
        if let Some(place) = pending.iter().rposition(|one| *one == context as usize) {
            pending.swap_remove(place);
        }
    });
}

/// Whether the running library calls us: BoringSSL and AWS-LC take an ex_data `new_func` and never
/// call it.
pub(super) fn library_calls_us() -> bool {
    // SAFETY: a context of our own, freed here; NULL is allowed.
    unsafe {
        let context = SSL_CTX_new(TLS_method());
        SSL_CTX_free(context);
        context.is_null() || CALLED.load(Ordering::Relaxed)
    }
}

/// A configuration that loads us begins: contexts on the list are of an earlier one that did not.
pub(crate) fn clear_pending() {
    pending().clear();
}

/// Puts our callbacks on every context made since the last call. A context that nginx makes later
/// stays as it is.
pub(crate) fn attach() {
    // The lock is held throughout: a context in the list cannot be freed before `freed` gets it.
    let mut pending = pending();
    for address in pending.drain(..) {
        let context = address as *mut SSL_CTX;
        // SAFETY: the context is alive while it is in the list and we hold the lock.
        unsafe {
            // nginx gives one to every context it makes (ngx_ssl_create): without it is another
            // module's, whose message callback, if it has one, is not ours to replace.
            let Some(theirs) = SSL_CTX_get_info_callback(context) else {
                continue;
            };
            let ours: state::InfoCallback = match state::is_info_callback_of_nginx(theirs) {
                true => info::observe,
                false if state::store_info_callback(context, theirs) => {
                    info::observe_before_another
                }
                false => continue,
            };
            SSL_CTX_set_info_callback(context, Some(ours));
            SSL_CTX_set_msg_callback(context, Some(message::observe));
            identity::number_certificate(context);
        }
    }
}
