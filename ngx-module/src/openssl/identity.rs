//! Whom nginx is to an upstream in a handshake, and whom it was when a session was made.
//!
//! nginx keeps sessions and connections by peer, so a location may use one that another location made, with
//! another name or client certificate. We note in the session's ticket application data for whom it was
//! made. That field is meant for servers: a client never sends it, and unlike ex_data it survives when
//! nginx serialises the session, as it does for a block with a `zone`.

use core::ffi::{c_int, c_void, CStr};
use core::ptr;

use super::ffi::{
    SSL_CTX_get0_certificate, SSL_CTX_get_ex_data, SSL_CTX_set_ex_data, SSL_SESSION_get0_hostname,
    SSL_SESSION_get0_ticket_appdata, SSL_SESSION_set1_ticket_appdata, SSL_get_SSL_CTX,
    SSL_get_servername, SSL_get_session, TLSEXT_NAMETYPE_host_name, SSL, SSL_CTX, SSL_SESSION,
};
use tlsdiag::capture::Identity;

use super::x509::Borrowed;
use super::{Slot, CLASS_SSL_CTX, X509};

const HOST_NAME: c_int = TLSEXT_NAMETYPE_host_name as c_int;

/// The number of a context's certificate, made once. An integer in the place of a pointer.
static NUMBER: Slot = Slot::new();

/// Takes the slot. False when OpenSSL has no index left.
pub(crate) fn register() -> bool {
    NUMBER.take(CLASS_SSL_CTX, None, None)
}

/// Numbers the certificate of a context, where it has one.
///
/// # Safety
/// `context` is alive.
pub(crate) unsafe fn number_certificate(context: *mut SSL_CTX) {
    // SAFETY: the caller's promise; the certificate is the context's own.
    unsafe {
        let Some(own) = ptr::NonNull::new(SSL_CTX_get0_certificate(context)) else {
            return;
        };
        let number = Borrowed::new(own).number();
        SSL_CTX_set_ex_data(context, NUMBER.index(), as_pointer(number));
    }
}

/// The number of a context's certificate; 0 for none.
///
/// # Safety
/// `context` is alive.
pub(crate) unsafe fn certificate_of(context: *const SSL_CTX) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { SSL_CTX_get_ex_data(context, NUMBER.index()) as usize as u64 }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "half of the number is enough where a pointer is as short"
)]
fn as_pointer(number: u64) -> *mut c_void {
    (number as usize).max(1) as *mut c_void
}

/// The name this SSL sends and the certificate it holds.
///
/// # Safety
/// `ssl` is alive, and is not resuming a session yet.
pub(crate) unsafe fn held_by(ssl: *mut SSL) -> Identity {
    // SAFETY: the caller's promise; what is borrowed lives as long.
    unsafe {
        let name = SSL_get_servername(ssl, HOST_NAME);
        let name = (!name.is_null()).then(|| CStr::from_ptr(name).to_bytes());
        let certificate = match certificate_of(SSL_get_SSL_CTX(ssl)) {
            // It may have one of its own: of a file whose name holds variables.
            0 => X509::own(ssl).map_or(0, |own| own.borrow().number()),
            number => number,
        };
        Identity {
            name: Some(Identity::number_of(name)),
            certificate: Some(certificate),
        }
    }
}

/// Longest name of DNS.
const MAX_NAME: usize = 255;

/// The session that a ClientHello offers.
#[derive(Default)]
pub(crate) struct OfferedSession {
    /// The name it was made under, where the peer has confirmed that name.
    pub(crate) name: Option<Vec<u8>>,
    /// Whose it is, as far as is known.
    pub(crate) made_for: Option<Identity>,
}

impl OfferedSession {
    /// Reads it; empty when a session is only being made.
    ///
    /// # Safety
    /// `ssl` is alive.
    pub(crate) unsafe fn of(ssl: *const SSL) -> Self {
        // SAFETY: the caller's promise; the session and what is borrowed from it live as long.
        unsafe {
            let session = SSL_get_session(ssl);
            if session.is_null() {
                return Self::default();
            }
            let name = SSL_SESSION_get0_hostname(session);
            let name = (!name.is_null()).then(|| CStr::from_ptr(name).to_bytes());
            let made_for = read(session).or_else(|| {
                name.map(|name| Identity {
                    name: Some(Identity::number_of(Some(name))),
                    certificate: None,
                })
            });
            Self {
                name: name.and_then(copy),
                made_for,
            }
        }
    }
}

/// A bounded copy; `None` without memory.
fn copy(name: &[u8]) -> Option<Vec<u8>> {
    let name = name.get(..MAX_NAME).unwrap_or(name);
    let mut copy = Vec::new();
    copy.try_reserve_exact(name.len()).ok()?;
    copy.extend_from_slice(name);
    Some(copy)
}

/// # Safety
/// `session` is alive.
unsafe fn read(session: *mut SSL_SESSION) -> Option<Identity> {
    let (mut data, mut length) = (ptr::null_mut(), 0);
    // SAFETY: the caller's promise; the bytes are the session's.
    unsafe {
        SSL_SESSION_get0_ticket_appdata(session, &mut data, &mut length);
        if data.is_null() {
            return None;
        }
        Identity::from_bytes(core::slice::from_raw_parts(data.cast(), length))
    }
}

/// Notes in the session being made for whom it is. Without memory that stays unknown.
///
/// # Safety
/// `ssl` is alive and resumes no session.
pub(crate) unsafe fn mark_session(ssl: *mut SSL, identity: Identity) {
    let bytes = identity.to_bytes();
    // SAFETY: the caller's promise; libssl copies the bytes. A session being made is this SSL's alone.
    unsafe {
        let session = SSL_get_session(ssl);
        if !session.is_null() {
            SSL_SESSION_set1_ticket_appdata(session, bytes.as_ptr().cast(), bytes.len());
        }
    }
}
