//! Gets our callbacks onto every TLS context nginx makes, without a patch and without knowing its
//! private structures.
//!
//! OpenSSL calls an ex_data `new_func` inside every `SSL_CTX_new`: there the context is noted.
//! When the configuration is complete (`init_module`) each noted context gets our message callback
//! and our info callback. nginx has installed its own info callback by then; ours calls it. Both are
//! read from the context when a connection starts, so nothing has to be set on an SSL, whose type is
//! not known yet inside its own `new_func` from OpenSSL 3.2 on.

mod contexts;
mod free;
mod info;
mod message;

use core::ffi::c_int;

use ngx::ffi::{
    ngx_connection_t, ngx_ssl_connection_index, SSL_get_ex_data, SSL_set_ex_data,
    SSL_set_msg_callback, SSL,
};

use crate::note::{Note, Watched};
use crate::openssl::{Slot, CLASS_SSL, CLASS_SSL_CTX};
use crate::runtime::allocator::with_reserve;
use crate::variables;
use crate::variables::Negotiated;

pub(crate) use contexts::{are_noted, attach, forget};

static CONTEXT_SLOT: Slot = Slot::new();
static SSL_SLOT: Slot = Slot::new();

/// Registers with OpenSSL, once per process. False when it has no ex_data index left.
pub(crate) fn register() -> bool {
    CONTEXT_SLOT.take(
        CLASS_SSL_CTX,
        Some(contexts::created),
        Some(contexts::freed),
    ) && SSL_SLOT.take(CLASS_SSL, None, Some(free::ssl_freed))
}

/// nginx's connection behind an SSL; NULL for another library's.
unsafe fn connection(ssl: *const SSL) -> *mut ngx_connection_t {
    // SAFETY: OpenSSL passes a live SSL to its callbacks; ex_data reads are valid in all of them.
    unsafe { SSL_get_ex_data(ssl, ngx_ssl_connection_index).cast() }
}

/// What the slot of an SSL holds, NULL for nothing.
unsafe fn watched(ssl: *const SSL) -> *mut Watched {
    // SAFETY: as above; the slot holds NULL or a pointer made by Box::into_raw.
    unsafe { SSL_get_ex_data(ssl, SSL_SLOT.index()).cast() }
}

/// The recording of an SSL.
unsafe fn note<'a>(ssl: *const SSL) -> Option<&'a mut Note> {
    // SAFETY: the box in the slot is ours, and callbacks of one SSL never run at once.
    match unsafe { watched(ssl).as_mut() } {
        Some(Watched::Running(note)) => Some(note),
        _ => None,
    }
}

/// Stores a recording. False when OpenSSL is out of memory; then it is dropped.
unsafe fn keep(ssl: *mut SSL, watched: Box<Watched>) -> bool {
    let raw = Box::into_raw(watched);
    // SAFETY: the slot is ours.
    let stored: c_int = unsafe { SSL_set_ex_data(ssl, SSL_SLOT.index(), raw.cast()) };
    if stored != 1 {
        // SAFETY: made by Box::into_raw above and stored nowhere.
        drop(unsafe { Box::from_raw(raw) });
    }
    stored == 1
}

/// A connection carries data: there is nothing left to explain, and no callback is called for it any
/// more. Only where variables ask what was agreed on does that stay, for every request it will serve.
unsafe fn settle(ssl: *mut SSL) {
    // SAFETY: called from OpenSSL's callbacks on a live SSL of nginx.
    unsafe {
        let (Some(note), true) = (note(ssl), variables::are_used()) else {
            return release(ssl);
        };
        let mut negotiated = with_reserve(|| Negotiated::of(&note.recorder));
        negotiated.note_for(connection(ssl));
        *watched(ssl) = Watched::Used(negotiated);
    }
}

/// Lets go of a connection: no recording, no callback per record any more.
unsafe fn release(ssl: *mut SSL) {
    // SAFETY: called from OpenSSL's callbacks on a live SSL; the slot's box is ours and is taken
    // out of it before it is dropped.
    unsafe {
        let raw = watched(ssl);
        SSL_set_msg_callback(ssl, None);
        if !raw.is_null() {
            SSL_set_ex_data(ssl, SSL_SLOT.index(), core::ptr::null_mut());
            drop(Box::from_raw(raw));
        }
    }
}
