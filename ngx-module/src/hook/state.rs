//! What we attach to an SSL and to a context. OpenSSL's ex_data holds the pointers and does not free them.

use core::ffi::{c_int, c_void};
use core::ptr;

use ngx::ffi::{
    ngx_connection_t, ngx_ssl_connection_index, CRYPTO_EX_free, CRYPTO_EX_new, SSL_CTX_get_ex_data,
    SSL_CTX_set_ex_data, SSL_get_ex_data, SSL_set_ex_data, SSL_set_msg_callback, SSL, SSL_CTX,
};

use crate::openssl::{Slot, CLASS_SSL, CLASS_SSL_CTX};
use crate::outcome::{self, protocols, Established, Observation};
use crate::runtime::allocator::with_reserve;
use crate::upstream::UpstreamConnection;
use crate::variables::{self, Negotiated};

static CONTEXT_SLOT: Slot = Slot::new();
static SSL_SLOT: Slot = Slot::new();

/// The type that `SSL_CTX_set_info_callback` takes.
pub(super) type InfoCallback = unsafe extern "C" fn(*const SSL, c_int, c_int);

/// What the slot of an SSL holds.
pub(super) struct Watched {
    /// Its handshake; once that is done, the parts that a refused request still needs.
    pub(super) observation: Observation,
    pub(super) state: ConnectionState,
}

/// How far a connection has come.
#[allow(
    clippy::large_enum_variant,
    reason = "both live in the box of the connection: a second one would be one more allocation for each"
)]
pub(super) enum ConnectionState {
    /// No application data has arrived: either side may still refuse the other.
    Handshaking,
    /// It carries data.
    Established(Established),
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
/// `ssl` is the one OpenSSL passed to a callback.
unsafe fn slot(ssl: *const SSL) -> *mut Watched {
    // SAFETY: the caller's promise; the slot holds NULL or a pointer made by Box::into_raw.
    unsafe { SSL_get_ex_data(ssl, SSL_SLOT.index()).cast() }
}

/// What is watched of an SSL.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback, or nginx's own and alive, and no other borrow of what its
/// slot holds is alive.
pub(super) unsafe fn watched<'a>(ssl: *const SSL) -> Option<&'a mut Watched> {
    // SAFETY: the box in the slot is ours, and callbacks of one SSL never run at once.
    unsafe { slot(ssl).as_mut() }
}

/// The handshake of an SSL that carries no data yet.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback, and no other borrow of what its slot holds is alive.
pub(super) unsafe fn handshaking<'a>(ssl: *const SSL) -> Option<&'a mut Observation> {
    // SAFETY: the caller's promise.
    let watched = unsafe { watched(ssl) }?;
    match watched.state {
        ConnectionState::Handshaking => Some(&mut watched.observation),
        ConnectionState::Established(_) => None,
    }
}

/// A connection that carries data, and its handshake.
///
/// # Safety
/// `ssl` is alive and nginx's, and no other borrow of what its slot holds is alive.
pub(super) unsafe fn established<'a>(
    ssl: *const SSL,
) -> Option<(&'a mut Observation, &'a mut Established)> {
    // SAFETY: the caller's promise.
    let Watched { observation, state } = unsafe { watched(ssl) }?;
    match state {
        ConnectionState::Handshaking => None,
        ConnectionState::Established(established) => Some((observation, established)),
    }
}

/// Puts what is watched into the slot. False when OpenSSL is out of memory; then it is dropped.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback, and its slot is empty.
pub(super) unsafe fn store(ssl: *mut SSL, watched: Box<Watched>) -> bool {
    let raw = Box::into_raw(watched);
    // SAFETY: the caller's promise; the slot is ours.
    let stored = unsafe { SSL_set_ex_data(ssl, SSL_SLOT.index(), raw.cast()) };
    if stored != 1 {
        // SAFETY: made by Box::into_raw above and stored nowhere.
        drop(unsafe { Box::from_raw(raw) });
    }
    stored == 1
}

/// The connection carries data: its handshake is done. What explains a refused request is kept, and
/// OpenSSL stops calling us for this SSL, except where variables must be published for every request.
/// False when nothing is needed any more: then the caller releases it.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback, and `watched` is what its slot holds.
pub(super) unsafe fn stop_watching(ssl: *mut SSL, watched: &mut Watched) -> bool {
    // SAFETY: the caller's promise; the connection outlives its SSL.
    unsafe {
        let Some(connection) = connection(ssl).as_ref() else {
            return false;
        };
        let upstream = UpstreamConnection::of(connection);
        protocols::answered(&upstream, &watched.observation.recorder);
        outcome::count_good(ssl, &watched.observation, connection);
        let mut established = Established::default();
        if variables::are_used() {
            let negotiated = with_reserve(|| Negotiated::of(&watched.observation.recorder));
            established
                .negotiated
                .insert(negotiated)
                .publish_for(connection);
        } else if upstream.is_http() {
            SSL_set_msg_callback(ssl, None);
        } else {
            return false;
        }
        watched.observation.shrink();
        watched.state = ConnectionState::Established(established);
    }
    true
}

/// Drops what is watched of a connection, and takes our callback off.
///
/// # Safety
/// `ssl` is the one OpenSSL passed to a callback, and no borrow of what its slot holds is alive.
pub(super) unsafe fn release(ssl: *mut SSL) {
    // SAFETY: the caller's promise; the slot's box is ours and is taken out of it before it is dropped.
    unsafe {
        let raw = slot(ssl);
        SSL_set_msg_callback(ssl, None);
        if !raw.is_null() {
            SSL_set_ex_data(ssl, SSL_SLOT.index(), ptr::null_mut());
            drop(Box::from_raw(raw));
        }
    }
}

/// Stores the info callback that a context has before it gets ours. False without memory.
///
/// # Safety
/// The context is alive.
pub(super) unsafe fn store_info_callback(context: *mut SSL_CTX, theirs: InfoCallback) -> bool {
    // SAFETY: the caller's promise; the slot is ours.
    unsafe { SSL_CTX_set_ex_data(context, CONTEXT_SLOT.index(), theirs as *mut c_void) == 1 }
}

/// The info callback that a context had before ours.
///
/// # Safety
/// The context is alive.
pub(super) unsafe fn their_info_callback(context: *const SSL_CTX) -> Option<InfoCallback> {
    // SAFETY: the slot holds NULL or what `store_info_callback` stored, and Option<fn> has the layout of
    // a nullable pointer.
    unsafe {
        let stored = SSL_CTX_get_ex_data(context, CONTEXT_SLOT.index());
        core::mem::transmute::<*mut c_void, Option<InfoCallback>>(stored)
    }
}
