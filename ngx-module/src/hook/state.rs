//! What we attach to an SSL and to a context. OpenSSL's ex_data holds the pointers and does not free them.

use core::ffi::{c_int, c_void};
use core::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use ngx::ffi::{
    ngx_connection_t, ngx_current_msec, ngx_ssl_connection_index, CRYPTO_EX_free, CRYPTO_EX_new,
    SSL_CTX_get_ex_data, SSL_CTX_set_ex_data, SSL_ctrl, SSL_get_ex_data, SSL_set_ex_data,
    SSL_set_msg_callback, SSL, SSL_CTRL_SET_MSG_CALLBACK_ARG, SSL_CTX,
};

use crate::openssl::{Slot, CLASS_SSL, CLASS_SSL_CTX};
use crate::outcome::{self, protocols, Established, Observation};
use crate::upstream::UpstreamConnection;
use crate::variables::{self, Negotiated};

static CONTEXT_SLOT: Slot = Slot::new();
static SSL_SLOT: Slot = Slot::new();

/// The type that `SSL_CTX_set_info_callback` takes.
pub(super) type InfoCallback = unsafe extern "C" fn(*const SSL, c_int, c_int);

/// What the slot of an SSL holds, and the message callback of that SSL gets as its argument.
pub(super) struct Watched {
    /// nginx's own, which outlives the SSL.
    pub(super) connection: *const ngx_connection_t,
    /// It serves a session of stream, and nothing else ever.
    pub(super) is_session: bool,
    /// Its handshake; once that is done, the parts that a refused request still needs.
    pub(super) observation: Observation,
    pub(super) state: ConnectionState,
}

/// A session that only sends: after so many milliseconds its handshake is refused no more.
const ONLY_SENDS_MS: u64 = 1_000;

impl Watched {
    /// A session has sent data, and nothing has come for a while: no answer is due in stream.
    pub(super) fn only_sends(&self) -> bool {
        let recorder = &self.observation.recorder;
        self.is_session && recorder.sent_data && {
            // SAFETY: nginx's own clock, read on its thread: CLOCK_MONOTONIC in milliseconds.
            let now_ms = unsafe { ngx_current_msec } as u64;
            now_ms.saturating_sub(recorder.finished_ns / 1_000_000) > ONLY_SENDS_MS
        }
    }
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

/// What is watched of an SSL that carries no data yet.
///
/// # Safety
/// As for [`watched`].
pub(super) unsafe fn handshaking<'a>(ssl: *const SSL) -> Option<&'a mut Watched> {
    // SAFETY: the caller's promise.
    let watched = unsafe { watched(ssl) }?;
    matches!(watched.state, ConnectionState::Handshaking).then_some(watched)
}

/// A connection that carries data, and its handshake.
///
/// # Safety
/// `ssl` is alive and nginx's, and no other borrow of what its slot holds is alive.
pub(super) unsafe fn established<'a>(
    ssl: *const SSL,
) -> Option<(&'a mut Observation, &'a mut Established)> {
    // SAFETY: the caller's promise.
    let Watched {
        observation, state, ..
    } = unsafe { watched(ssl) }?;
    match state {
        ConnectionState::Handshaking => None,
        ConnectionState::Established(established) => Some((observation, established)),
    }
}

/// Puts what is watched into the slot, and before the message callback. `None` when OpenSSL is out of
/// memory; then it is dropped.
///
/// # Safety
/// As for [`connection`], and the slot is empty.
pub(super) unsafe fn store<'a>(ssl: *mut SSL, watched: Box<Watched>) -> Option<&'a mut Watched> {
    let raw = Box::into_raw(watched);
    // SAFETY: the caller's promise; the slot is ours. A box that is stored nowhere is dropped.
    unsafe {
        if SSL_set_ex_data(ssl, SSL_SLOT.index(), raw.cast()) != 1 {
            drop(Box::from_raw(raw));
            return None;
        }
        set_message_argument(ssl, raw);
        raw.as_mut()
    }
}

/// What the message callback gets, so that it has nothing to look up (`SSL_set_msg_callback_arg`).
///
/// # Safety
/// As for [`connection`].
unsafe fn set_message_argument(ssl: *mut SSL, watched: *mut Watched) {
    // SAFETY: the caller's promise; libssl stores the pointer.
    unsafe {
        SSL_ctrl(
            ssl,
            SSL_CTRL_SET_MSG_CALLBACK_ARG as c_int,
            0,
            watched.cast(),
        )
    };
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
        let Some(connection) = watched.connection.as_ref() else {
            return false;
        };
        let upstream = UpstreamConnection::of(connection);
        protocols::answered(&upstream, &watched.observation.recorder);
        outcome::count_good(ssl, &watched.observation, &upstream);
        let mut established = Established::default();
        if variables::are_used() {
            let recorder = &watched.observation.recorder;
            established.negotiated = Some(Negotiated::of(recorder));
            established.publish_for(connection, recorder);
        }
        if !upstream.is_http() {
            return false;
        }
        if established.negotiated.is_none() {
            SSL_set_msg_callback(ssl, None);
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
        set_message_argument(ssl, ptr::null_mut());
        if !raw.is_null() {
            SSL_set_ex_data(ssl, SSL_SLOT.index(), ptr::null_mut());
            drop(Box::from_raw(raw));
        }
    }
}

/// nginx's own info callback, the one of the first context; 0 before.
static INFO_CALLBACK: AtomicUsize = AtomicUsize::new(0);

/// Takes the info callback of a context for nginx's own, if none was taken before. Whether it is nginx's
/// own now.
pub(super) fn is_info_callback_of_nginx(theirs: InfoCallback) -> bool {
    let theirs = theirs as usize;
    let taken = INFO_CALLBACK.compare_exchange(0, theirs, Ordering::Relaxed, Ordering::Relaxed);
    taken.map_or_else(|known| known == theirs, |_| true)
}

/// nginx's own info callback.
pub(super) fn info_callback_of_nginx() -> Option<InfoCallback> {
    let stored = INFO_CALLBACK.load(Ordering::Relaxed);
    // SAFETY: 0 or a function of this type, and Option<fn> has the layout of a nullable pointer.
    unsafe { core::mem::transmute::<usize, Option<InfoCallback>>(stored) }
}

/// Stores the info callback that a context has before it gets ours, where it is not nginx's own. False
/// without memory.
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
pub(super) unsafe fn stored_info_callback(context: *const SSL_CTX) -> Option<InfoCallback> {
    // SAFETY: the slot holds NULL or what `store_info_callback` stored, and Option<fn> has the layout of
    // a nullable pointer.
    unsafe {
        let stored = SSL_CTX_get_ex_data(context, CONTEXT_SLOT.index());
        core::mem::transmute::<*mut c_void, Option<InfoCallback>>(stored)
    }
}
