//! OpenSSL's error queue. nginx reads it after us, so we only peek.

use core::ffi::{c_char, c_int};
use std::sync::{Mutex, PoisonError};

use super::ffi::{
    ERR_error_string_n, ERR_peek_error, ERR_peek_last_error, ERR_pop_to_mark, ERR_set_mark,
};
use tlsdiag::capture::HandshakeError;
use tlsdiag::registry::{SslReason, ERR_LIB_SSL, ERR_LIB_SYS};

/// Takes back whatever our own calls push, and leaves what was there.
///
/// One at a time: in OpenSSL 1.1.1 a second mark on the same error is the first one again, so that the
/// inner drop takes it away and the outer one empties the queue. Whoever sets one calls nobody who does.
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
        // With no mark (the queue was empty) it empties the queue again.
        // SAFETY: works on this thread's queue.
        unsafe { ERR_pop_to_mark() };
    }
}

/// A call that failed just now: what `SSL_get_error` and errno say of it, and the queue.
pub(crate) fn handshake_error(ssl_error: c_int, errno: c_int) -> HandshakeError {
    let code = ErrorCode::most_telling();
    HandshakeError {
        ssl_error,
        code: code.0,
        library: code.library(),
        reason: code.reason(),
        errno,
    }
}

/// A packed error (`ERR_PACK`): a library and its reason; 0 for none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorCode(pub(crate) u64);

#[cfg(openssl3)]
const LIBRARY_SHIFT: u32 = 23;
#[cfg(not(openssl3))]
const LIBRARY_SHIFT: u32 = 24;
/// ERR_SYSTEM_FLAG: OpenSSL 3 packs an errno behind it, without a library.
const SYSTEM_FLAG: u64 = 0x8000_0000;
/// Up to 1.1.1 the reasons that all libraries share are below 100; OpenSSL 3 marks them with flags.
const FIRST_OWN_REASON: u32 = 100;
const FIRST_SHARED_REASON: u32 = 1 << 18;

impl ErrorCode {
    /// The error that was pushed last.
    pub(crate) fn latest() -> Self {
        // SAFETY: reads this thread's queue.
        Self(unsafe { ERR_peek_last_error() })
    }

    /// The error of the queue that says most: the earliest, which is what nginx prints first, unless
    /// another library's error stands there and the SSL library's own reason is the latest (3.5 says
    /// "unknown security bits" before "dh key too small").
    fn most_telling() -> Self {
        // SAFETY: reads this thread's queue.
        let earliest = Self(unsafe { ERR_peek_error() });
        if earliest.library() == ERR_LIB_SSL {
            return earliest;
        }
        let latest = Self::latest();
        match latest.library() == ERR_LIB_SSL && latest.is_specific() {
            true => latest,
            false => earliest,
        }
    }

    /// The SSL library's error with this reason, for errors that nginx takes off the queue before we can
    /// look.
    pub(crate) fn of_ssl(reason: SslReason) -> Self {
        Self(u64::from(ERR_LIB_SSL) << LIBRARY_SHIFT | u64::from(reason.0))
    }

    /// ERR_GET_LIB.
    pub(crate) fn library(self) -> u32 {
        if self.is_system() {
            return ERR_LIB_SYS;
        }
        u32::try_from(self.0 >> LIBRARY_SHIFT & 0xff).unwrap_or(0)
    }

    /// ERR_GET_REASON. OpenSSL 3's flag bits (ERR_RFLAG_*) are part of a reason: ERR_R_INTERNAL_ERROR is
    /// 786691 there.
    pub(crate) fn reason(self) -> u32 {
        let mask = match cfg!(openssl3) {
            true if self.is_system() => SYSTEM_FLAG - 1,
            true => 0x7f_ffff,
            false => 0xfff,
        };
        u32::try_from(self.0 & mask).unwrap_or(0)
    }

    /// ERR_SYSTEM_ERROR.
    fn is_system(self) -> bool {
        cfg!(openssl3) && self.0 & SYSTEM_FLAG != 0
    }

    /// A reason of the library's own, not one that all libraries share ("internal error", "EVP lib").
    fn is_specific(self) -> bool {
        (FIRST_OWN_REASON..FIRST_SHARED_REASON).contains(&self.reason())
    }

    /// How OpenSSL 3 says EOF where nginx does not set SSL_OP_IGNORE_UNEXPECTED_EOF (before 1.20.2).
    pub(crate) fn is_unexpected_eof(self) -> bool {
        let reason = SslReason::UNEXPECTED_EOF_WHILE_READING.0;
        (self.library(), self.reason()) == (ERR_LIB_SSL, reason)
    }

    /// The library's words for it (`ERR_error_string_n`).
    pub(crate) fn text(self) -> String {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if known.code != self {
            *known = Words::of(self);
        }
        tlsdiag::text::bounded(known.text())
    }
}

/// Words that the library has found for an error. They never change, and a storm asks for the same again and
/// again, which costs the library as much as all else that is recorded costs us.
struct Words {
    code: ErrorCode,
    buffer: [u8; 256],
}

/// Those asked for last. Holds no memory of its own.
static KNOWN: Mutex<Words> = Mutex::new(Words {
    code: ErrorCode(0),
    buffer: [0; 256],
});

impl Words {
    fn of(code: ErrorCode) -> Self {
        let mut buffer = [0; 256];
        // SAFETY: the buffer is writable for its length; the result is NUL-terminated in it.
        unsafe { ERR_error_string_n(code.0, buffer.as_mut_ptr().cast::<c_char>(), buffer.len()) };
        Self { code, buffer }
    }

    fn text(&self) -> &[u8] {
        let length = self.buffer.iter().position(|byte| *byte == 0);
        self.buffer.get(..length.unwrap_or(0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_library_and_reason() {
        let eof = ErrorCode::of_ssl(SslReason(294));
        assert_eq!((eof.library(), eof.reason()), (ERR_LIB_SSL, 294));
        assert!(eof.is_unexpected_eof() && eof.is_specific());
        assert!(!ErrorCode::of_ssl(SslReason(293)).is_unexpected_eof());
        assert!(!ErrorCode::of_ssl(SslReason(FIRST_OWN_REASON - 1)).is_specific());
        let none = ErrorCode(0);
        assert_eq!((none.library(), none.reason()), (0, 0));
    }

    #[cfg(openssl3)]
    #[test]
    fn openssl3_marks_errnos_and_shared_reasons() {
        let reset = ErrorCode(SYSTEM_FLAG | 104);
        assert_eq!((reset.library(), reset.reason()), (ERR_LIB_SYS, 104));
        // ERR_R_INTERNAL_ERROR of the SSL library.
        let internal = ErrorCode::of_ssl(SslReason(786_691));
        assert_eq!(
            (internal.library(), internal.reason()),
            (ERR_LIB_SSL, 786_691)
        );
        assert!(!internal.is_specific());
    }
}
