//! The OpenSSL error queue: nginx reads it after us, so it is only ever peeked.

use core::ffi::{c_char, c_int};

use super::ffi::{
    ERR_error_string_n, ERR_peek_error, ERR_peek_last_error, ERR_pop_to_mark, ERR_set_mark,
};
use tlsdiag::capture::HandshakeError;

/// Takes back whatever our own calls push, and leaves what was there.
pub(crate) struct QueueMark;

impl QueueMark {
    pub(crate) fn set() -> Self {
        // SAFETY: works on this thread's queue.
        unsafe { ERR_set_mark() };
        Self
    }
}

impl Drop for QueueMark {
    fn drop(&mut self) {
        // SAFETY: as above. With no mark (the queue was empty) it empties the queue again.
        unsafe { ERR_pop_to_mark() };
    }
}

/// The error that was pushed last, 0 for none.
pub(crate) fn latest() -> u64 {
    // SAFETY: reads this thread's queue.
    unsafe { ERR_peek_last_error() }
}

/// The error of the queue that says most, 0 for none: the earliest, which is what nginx prints first,
/// unless another library's error stands there and the SSL library's own reason is the latest (3.5
/// says "unknown security bits" before "dh key too small").
fn peek() -> u64 {
    // SAFETY: reads this thread's queue.
    let earliest = unsafe { ERR_peek_error() };
    let latest = latest();
    if library(earliest) != SSL_LIBRARY && library(latest) == SSL_LIBRARY && is_specific(latest) {
        latest
    } else {
        earliest
    }
}

/// A call that failed just now: what `SSL_get_error` and errno say of it, and the queue.
pub(crate) fn handshake_error(ssl_error: c_int, errno: c_int) -> HandshakeError {
    let code = peek();
    HandshakeError {
        ssl_error,
        code,
        library: library(code),
        reason: reason(code),
        errno,
    }
}

/// A reason of the library's own, not one that all libraries share ("internal error", "EVP lib").
fn is_specific(code: u64) -> bool {
    (FIRST_OWN_REASON..FIRST_SHARED_REASON).contains(&reason(code))
}

/// Up to 1.1.1 the reasons that all libraries share are below 100; OpenSSL 3 marks them with flags.
const FIRST_OWN_REASON: u32 = 100;
const FIRST_SHARED_REASON: u32 = 1 << 18;

/// The packed code of an SSL error with this reason, for errors that nginx takes off the queue
/// before we can look.
pub(crate) fn packed(reason: u32) -> u64 {
    u64::from(SSL_LIBRARY) << LIBRARY_SHIFT | u64::from(reason)
}

/// ERR_LIB_SSL.
const SSL_LIBRARY: u32 = 20;
#[cfg(openssl3)]
const LIBRARY_SHIFT: u32 = 23;
#[cfg(not(openssl3))]
const LIBRARY_SHIFT: u32 = 24;

/// How OpenSSL 3 says EOF where nginx does not set SSL_OP_IGNORE_UNEXPECTED_EOF (before 1.20.2).
pub(crate) fn is_unexpected_eof(code: u64) -> bool {
    /// SSL_R_UNEXPECTED_EOF_WHILE_READING.
    const REASON: u32 = 294;
    (library(code), reason(code)) == (SSL_LIBRARY, REASON)
}

/// ERR_GET_LIB. OpenSSL 3 marks system errors with the top bit of 32: library 2 there.
pub(crate) fn library(code: u64) -> u32 {
    if cfg!(openssl3) && code & 0x8000_0000 != 0 {
        return 2;
    }
    u32::try_from(code >> LIBRARY_SHIFT & 0xff).unwrap_or(0)
}

/// ERR_GET_REASON. OpenSSL 3's flag bits (ERR_RFLAG_*) are part of a reason: ERR_R_INTERNAL_ERROR is
/// 786691 there.
pub(crate) fn reason(code: u64) -> u32 {
    let mask = match (cfg!(openssl3), code & 0x8000_0000 != 0) {
        (true, true) => 0x7fff_ffff,
        (true, false) => 0x7f_ffff,
        (false, _) => 0xfff,
    };
    u32::try_from(code & mask).unwrap_or(0)
}

/// The library's words for a code (`ERR_error_string_n`).
pub(crate) fn text(code: u64) -> String {
    let mut buffer = [0u8; 256];
    // SAFETY: the buffer is writable for its length; the result is NUL-terminated in it.
    unsafe { ERR_error_string_n(code, buffer.as_mut_ptr().cast::<c_char>(), buffer.len()) };
    let length = buffer
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(buffer.len());
    tlsdiag::text::bounded(buffer.get(..length).unwrap_or_default())
}
