//! What hangs on an SSL, and on a context: OpenSSL's ex_data holds both, and frees neither by itself.

use core::ffi::{c_int, c_void};
use core::ptr;

use ngx::ffi::{
    ngx_connection_t, ngx_ssl_connection_index, CRYPTO_EX_free, CRYPTO_EX_new, SSL_CTX_get_ex_data,
    SSL_CTX_set_ex_data, SSL_get_ex_data, SSL_set_ex_data, SSL_set_msg_callback, SSL, SSL_CTX,
};

use crate::openssl::{Slot, CLASS_SSL, CLASS_SSL_CTX};
use crate::outcome::{self, protocols, Note, Used};
use crate::runtime::allocator::with_reserve;
use crate::upstream::UpstreamConnection;
use crate::variables::{self, Negotiated};

static CONTEXT_SLOT: Slot = Slot::new();
static SSL_SLOT: Slot = Slot::new();

/// `SSL_CTX_set_info_callback`'s.
pub(super) type InfoCallback = unsafe extern "C" fn(*const SSL, c_int, c_int);

/// What the slot of an SSL holds.
pub(super) struct Watched {
    /// Its handshake, and what may still come of it.
    pub(super) note: Note,
    /// Set once it carries data.
    pub(super) used: Option<Used>,
}

/// Takes a slot on contexts and one on SSLs, once per process. False when OpenSSL has no index left.
pub(super) fn take_slots(
    context_new: CRYPTO_EX_new,
    context_free: CRYPTO_EX_free,
    ssl_free: CRYPTO_EX_free,
) -> bool {
    CONTEXT_SLOT.take(CLASS_SSL_CTX, context_new, context_free)
        && SSL_SLOT.take(CLASS_SSL, None, ssl_free)
}

/// nginx's connection behind an SSL; NULL for another library's.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback.
pub(super) unsafe fn connection(ssl: *const SSL) -> *mut ngx_connection_t {
    // SAFETY: the caller's promise; ex_data can be read in all callbacks.
    unsafe { SSL_get_ex_data(ssl, ngx_ssl_connection_index).cast() }
}

/// What the slot of an SSL holds, NULL for nothing.
///
/// # Safety
/// As for [`connection`].
pub(super) unsafe fn watched(ssl: *const SSL) -> *mut Watched {
    // SAFETY: the caller's promise; the slot holds NULL or a pointer made by Box::into_raw.
    unsafe { SSL_get_ex_data(ssl, SSL_SLOT.index()).cast() }
}

/// The recording of an SSL.
///
/// # Safety
/// As for [`connection`], and no other borrow of it is alive.
pub(super) unsafe fn note<'a>(ssl: *const SSL) -> Option<&'a mut Note> {
    // SAFETY: the box in the slot is ours, and callbacks of one SSL never run at once.
    let watched = unsafe { watched(ssl).as_mut() }?;
    watched.used.is_none().then_some(&mut watched.note)
}

/// A connection that carries data, and its handshake.
///
/// # Safety
/// `ssl` is alive and nginx's, and no other borrow of what its slot holds is alive.
pub(super) unsafe fn used<'a>(ssl: *const SSL) -> Option<(&'a mut Note, &'a mut Used)> {
    // SAFETY: as above.
    let watched = unsafe { watched(ssl).as_mut() }?;
    Some((&mut watched.note, watched.used.as_mut()?))
}

/// Stores a recording. False when OpenSSL is out of memory; then it is dropped.
///
/// # Safety
/// As for [`connection`], and the slot is empty.
pub(super) unsafe fn keep(ssl: *mut SSL, watched: Box<Watched>) -> bool {
    let raw = Box::into_raw(watched);
    // SAFETY: the caller's promise; the slot is ours.
    let stored = unsafe { SSL_set_ex_data(ssl, SSL_SLOT.index(), raw.cast()) };
    if stored != 1 {
        // SAFETY: made by Box::into_raw above and stored nowhere.
        drop(unsafe { Box::from_raw(raw) });
    }
    stored == 1
}

/// A connection carries data. What a request over it may still be refused for stays with it, and no
/// callback is called for it any more; only where variables ask what was agreed on, for every request it
/// will serve.
///
/// # Safety
/// As for [`note`].
pub(super) unsafe fn settle(ssl: *mut SSL) {
    // SAFETY: the caller's promise; the connection outlives its SSL.
    unsafe {
        let (Some(watched), Some(connection)) = (watched(ssl).as_mut(), connection(ssl).as_ref())
        else {
            return release(ssl);
        };
        let upstream = UpstreamConnection::of(connection);
        protocols::answered(&upstream, &watched.note.recorder);
        outcome::count_good(ssl, &watched.note, connection);
        let mut used = Used::default();
        if variables::are_used() {
            let negotiated = with_reserve(|| Negotiated::of(&watched.note.recorder));
            used.negotiated.insert(negotiated).note_for(connection);
        } else if upstream.is_http() {
            SSL_set_msg_callback(ssl, None);
        } else {
            return release(ssl);
        }
        watched.note.shrink();
        watched.used = Some(used);
    }
}

/// Lets go of a connection: no recording, no callback per record any more.
///
/// # Safety
/// As for [`note`].
pub(super) unsafe fn release(ssl: *mut SSL) {
    // SAFETY: the caller's promise; the slot's box is ours and is taken out of it before it is dropped.
    unsafe {
        let raw = watched(ssl);
        SSL_set_msg_callback(ssl, None);
        if !raw.is_null() {
            SSL_set_ex_data(ssl, SSL_SLOT.index(), ptr::null_mut());
            drop(Box::from_raw(raw));
        }
    }
}

/// Keeps the info callback that a context has before it gets ours. False without memory.
///
/// # Safety
/// The context is alive.
pub(super) unsafe fn keep_info_callback(context: *mut SSL_CTX, theirs: InfoCallback) -> bool {
    // SAFETY: the caller's promise; the slot is ours.
    unsafe { SSL_CTX_set_ex_data(context, CONTEXT_SLOT.index(), theirs as *mut c_void) == 1 }
}

/// The info callback that a context had before ours.
///
/// # Safety
/// The context is alive.
pub(super) unsafe fn their_info_callback(context: *const SSL_CTX) -> Option<InfoCallback> {
    // SAFETY: the slot holds NULL or what `keep_info_callback` stored, and Option<fn> has the layout of
    // a nullable pointer.
    unsafe {
        let stored = SSL_CTX_get_ex_data(context, CONTEXT_SLOT.index());
        core::mem::transmute::<*mut c_void, Option<InfoCallback>>(stored)
    }
}
