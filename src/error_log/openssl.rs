//! `error:0A000410:SSL routines::sslv3 alert handshake failure` to what it means.
//!
//! The number decides; its words change with every release. OpenSSL up to 1.1.1 packs library, function and
//! reason into 8, 12 and 12 bits; OpenSSL 3 library and reason into 8 and 23 (`ERR_PACK`); BoringSSL packs
//! as the old one did, without functions and with numbers of its own. The field of the function tells them
//! apart: a name, nothing, `OPENSSL_internal`.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

use crate::registry::{Alert, SslReason, ERR_LIB_SSL};

/// What an error of the library says, numbered as OpenSSL numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LibraryError {
    /// The peer sent this alert (`SSL_AD_REASON_OFFSET`).
    Alert(u8),
    /// A reason of libssl.
    Ssl(u16),
    /// `ERR_R_INTERNAL_ERROR`, of any library.
    Internal,
    /// A reason of another library.
    Other {
        /// `ERR_LIB_*`.
        library: u8,
        /// Its reason.
        reason: u16,
    },
    /// An error of the system: `errno`.
    System(u16),
}

/// `ERR_LIB_SSL` of BoringSSL.
const BORING_SSL: u32 = 16;

/// What the errors in nginx's parentheses say: an alert where one is among them, else the first, which is
/// the one that others follow from.
pub(super) fn read(text: &[u8]) -> Option<LibraryError> {
    let mut first = None;
    // As nginx begins (`ngx_ssl_error`).
    let mut next = text
        .strip_prefix(b" (SSL: error:")
        .or_else(|| next_error(text));
    // OpenSSL keeps sixteen.
    for _ in 0..16 {
        let Some(rest) = next else {
            break;
        };
        match one(rest) {
            Some(alert @ LibraryError::Alert(_)) => return Some(alert),
            found => first = first.or(found),
        }
        next = next_error(rest);
    }
    first
}

fn next_error(text: &[u8]) -> Option<&[u8]> {
    static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("error:"));
    text.get(ERROR.find(text)? + ERROR.needle().len()..)
}

fn one(text: &[u8]) -> Option<LibraryError> {
    let (code, rest) = hexadecimal(text)?;
    let library = rest.strip_prefix(b":SSL routines:");
    let library = library.or_else(|| rest.splitn(3, |one| *one == b':').nth(2));
    match library {
        Some([b':', ..]) => Some(packed_by_3(code)),
        Some(function) if function.starts_with(b"OPENSSL_internal") => boring(code),
        Some(_) => Some(packed_by_1(code)),
        // Cut: libssl's own are told by how they begin.
        None if code >> 24 == ERR_LIB_SSL => Some(packed_by_1(code)),
        None if code >> 23 == ERR_LIB_SSL => Some(packed_by_3(code)),
        None => None,
    }
}

/// Up to eight digits, and what follows: a colon, or no letter where somebody cut the words off.
fn hexadecimal(text: &[u8]) -> Option<(u32, &[u8])> {
    let is_digit = |one: &&u8| one.is_ascii_hexdigit();
    let (digits, rest) = text.split_at_checked(text.iter().take(9).take_while(is_digit).count())?;
    if !(1..=8).contains(&digits.len()) || rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

fn packed_by_1(code: u32) -> LibraryError {
    const INTERNAL: u32 = 68;
    const SYSTEM: u32 = 2;
    match (code >> 24, code & 0xfff) {
        (_, INTERNAL) => LibraryError::Internal,
        (SYSTEM, errno) => LibraryError::System(low(errno)),
        (library, reason) => classify(library, reason),
    }
}

fn packed_by_3(code: u32) -> LibraryError {
    const SYSTEM: u32 = 1 << 31;
    /// Flags of reasons that every library shares.
    const COMMON: u32 = 0b11 << 18;
    const INTERNAL: u32 = 259;
    if code & SYSTEM != 0 {
        return LibraryError::System(low(code & !SYSTEM));
    }
    let reason = code & 0x3_ffff;
    if code & COMMON == COMMON && reason == INTERNAL {
        return LibraryError::Internal;
    }
    classify(code >> 23 & 0xff, reason)
}

fn boring(code: u32) -> Option<LibraryError> {
    const INTERNAL: u32 = 68;
    match (code >> 24, code & 0xfff) {
        (BORING_SSL, INTERNAL) => Some(LibraryError::Internal),
        (BORING_SSL, reason) if SslReason(reason).alert().is_some() => {
            Some(classify(ERR_LIB_SSL, reason))
        }
        (BORING_SSL, reason) => {
            let same = BORING.iter().find(|(theirs, _)| *theirs == reason);
            same.map(|(_, ours)| classify(ERR_LIB_SSL, *ours))
        }
        _ => None,
    }
}

fn classify(library: u32, reason: u32) -> LibraryError {
    match (library, SslReason(reason).alert()) {
        (ERR_LIB_SSL, Some(alert)) => LibraryError::Alert(alert.0),
        (ERR_LIB_SSL, None) => LibraryError::Ssl(low(reason)),
        (library, _) => LibraryError::Other {
            library: low(library),
            reason: low(reason),
        },
    }
}

/// The number, or 0 if it is too wide: only a forged line has such a one.
fn low<T: TryFrom<u32> + Default>(number: u32) -> T {
    T::try_from(number).unwrap_or_default()
}

/// Reasons of BoringSSL (`ssl.h`) and the same ones of OpenSSL (`sslerr.h`).
const BORING: [(u32, u32); 25] = [
    (105, 394),  // BAD_DH_P_LENGTH, dh key too small
    (108, 306),  // BAD_ECPOINT
    (114, 123),  // BAD_SIGNATURE
    (125, 134),  // CERTIFICATE_VERIFY_FAILED
    (137, 159),  // DECODE_ERROR, length mismatch
    (154, 1040), // HANDSHAKE_FAILURE_ON_CLIENT_HELLO: alert 40
    (155, 155),  // HTTPS_PROXY_REQUEST
    (156, 156),  // HTTP_REQUEST
    (175, 181),  // NO_CIPHERS_AVAILABLE
    (223, 244),  // UNEXPECTED_MESSAGE
    (225, 245),  // UNEXPECTED_RECORD
    (229, 248),  // UNKNOWN_CIPHER_RETURNED
    (233, 252),  // UNKNOWN_PROTOCOL
    (236, 338),  // UNSAFE_LEGACY_RENEGOTIATION_DISABLED
    (239, 315),  // UNSUPPORTED_ELLIPTIC_CURVE
    (240, 258),  // UNSUPPORTED_PROTOCOL
    (242, 261),  // WRONG_CIPHER_RETURNED
    (243, 378),  // WRONG_CURVE
    (245, 370),  // WRONG_SIGNATURE_TYPE
    (246, 266),  // WRONG_SSL_VERSION
    (247, 267),  // WRONG_VERSION_NUMBER
    (251, 443),  // INVALID_OUTER_RECORD_TYPE, bad record type
    (253, 118),  // NO_COMMON_SIGNATURE_ALGORITHMS
    (258, 108),  // MISSING_KEY_SHARE, bad key share
    (280, 191),  // NO_SUPPORTED_VERSIONS_ENABLED, no protocols available
];

/// The same by its words, for lines that were pasted without the number.
pub(super) fn read_words(text: &[u8]) -> Option<LibraryError> {
    let has = |words: &str| memmem::find(text, words.as_bytes()).is_some();
    let number = memmem::find(text, b"SSL alert number ")
        .and_then(|start| text.get(start + b"SSL alert number ".len()..))
        .and_then(super::entry::number);
    if let Some((alert, _)) = number {
        return u8::try_from(alert).ok().map(LibraryError::Alert);
    }
    // "sslv3 alert bad certificate", but "tlsv1 unrecognized name".
    let named = (0..=u8::MAX).find(|code| {
        let Some(name) = Alert(*code).name() else {
            return false;
        };
        let name = name.replace('_', " ");
        has(&format!("alert {name}")) || has(&format!("tlsv1 {name}"))
    });
    named.map(LibraryError::Alert).or_else(|| {
        let known = WORDS.iter().find(|(words, _)| has(words));
        known.map(|(_, error)| *error)
    })
}

const WORDS: [(&str, LibraryError); 13] = [
    ("wrong version number", LibraryError::Ssl(267)),
    ("unknown protocol", LibraryError::Ssl(252)),
    ("packet length too long", LibraryError::Ssl(198)),
    ("unexpected eof while reading", LibraryError::Ssl(294)),
    ("unsupported protocol", LibraryError::Ssl(258)),
    ("no protocols available", LibraryError::Ssl(191)),
    ("no ciphers available", LibraryError::Ssl(181)),
    (
        "unsafe legacy renegotiation disabled",
        LibraryError::Ssl(338),
    ),
    ("dh key too small", LibraryError::Ssl(394)),
    ("legacy sigalg disallowed", LibraryError::Ssl(333)),
    ("wrong signature type", LibraryError::Ssl(370)),
    ("certificate verify failed", LibraryError::Ssl(134)),
    ("internal error", LibraryError::Internal),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, wanted: LibraryError) {
        assert_eq!(read(text.as_bytes()), Some(wanted), "{text}");
    }

    /// The same alert in the words of every library since OpenSSL 1.0.2.
    #[test]
    fn an_alert_is_told_by_its_number() {
        for text in [
            "error:0A000410",
            "error:0A000410 ...)",
            "error:14077410:SSL routines:SSL23_GET_SERVER_HELLO:sslv3 alert handshake failure",
            "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40",
            "error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40",
            "error:0A000410:SSL routines::ssl/tls alert handshake failure:SSL alert number 40",
            "error:0A000410:SSL routines::tls alert handshake failure:SSL alert number 40",
            "error:10000410:SSL routines:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE",
            "error:1000009a:SSL routines:OPENSSL_internal:HANDSHAKE_FAILURE_ON_CLIENT_HELLO",
        ] {
            let text = format!("{text}:");
            reads(&text, LibraryError::Alert(40));
            let text = text.trim_end_matches(':');
            reads(text, LibraryError::Alert(40));
        }
        reads(
            "error:14094458:SSL routines:ssl3_read_bytes:x",
            LibraryError::Alert(112),
        );
        reads("error:0A00045C:SSL routines::x", LibraryError::Alert(116));
    }

    #[test]
    fn a_local_reason_is_one_of_openssl() {
        for (text, reason) in [
            (
                "error:140770FC:SSL routines:SSL23_GET_SERVER_HELLO:unknown protocol",
                252,
            ),
            (
                "error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
                267,
            ),
            ("error:0A00010B:SSL routines::wrong version number", 267),
            (
                "error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER",
                267,
            ),
            (
                "error:14082174:SSL routines:ssl3_check_cert_and_algorithm:dh key too small",
                372,
            ),
            ("error:0A00018A:SSL routines::dh key too small", 394),
            (
                "error:0A000126:SSL routines::unexpected eof while reading",
                294,
            ),
        ] {
            reads(text, LibraryError::Ssl(reason));
        }
    }

    #[test]
    fn errors_of_other_libraries() {
        let group = LibraryError::Other {
            library: 16,
            reason: 129,
        };
        reads(
            "error:100AE081:elliptic curve routines:EC_GROUP_new_by_curve_name:unknown group              error:1408D010:SSL routines:SSL3_GET_KEY_EXCHANGE:EC lib",
            group,
        );
        reads(
            "error:08000081:elliptic curve routines::unknown group",
            group,
        );
        reads(
            "error:0A0C0103:SSL routines::internal error",
            LibraryError::Internal,
        );
        reads(
            "error:14160044:SSL routines:x:internal error",
            LibraryError::Internal,
        );
        reads(
            "error:80000068:system library::Connection reset by peer",
            LibraryError::System(104),
        );
        let engine = LibraryError::Other {
            library: 128,
            reason: 113,
        };
        reads(
            "error:80066071:tpm2-tss-engine:get_auth:User interaction error",
            engine,
        );
    }

    #[test]
    fn the_first_error_decides_unless_one_is_an_alert() {
        reads(
            "error:0A0000C6:SSL routines::packet length too long error:0A000139:SSL routines::record layer failure",
            LibraryError::Ssl(198),
        );
        reads(
            "error:0A0000C6:SSL routines::x error:0A000410:SSL routines::y",
            LibraryError::Alert(40),
        );
    }

    #[test]
    fn what_is_no_error_is_none() {
        for text in [
            "",
            "error:",
            "error::",
            "error:xyz:a:b",
            "error:123456789:a:b:c",
            "error:0B000410:",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        reads(
            "error:FFFFFFFF:a:b:c",
            LibraryError::Other {
                library: 255,
                reason: 4095,
            },
        );
    }

    #[test]
    fn words_stand_in_where_the_number_was_left_out() {
        for (text, wanted) in [
            (
                "sslv3 alert bad certificate:SSL alert number 42)",
                LibraryError::Alert(42),
            ),
            (
                "(... sslv3 alert handshake failure ...)",
                LibraryError::Alert(40),
            ),
            ("tlsv1 unrecognized name", LibraryError::Alert(112)),
            (
                "SSL routines:ssl3_get_record:wrong version number)",
                LibraryError::Ssl(267),
            ),
            ("tlsv1 alert internal error", LibraryError::Alert(80)),
            ("internal error", LibraryError::Internal),
        ] {
            assert_eq!(read_words(text.as_bytes()), Some(wanted), "{text}");
        }
        assert_eq!(read_words(b"SSL alert number 300"), None);
        assert_eq!(read_words(b"no words of ours"), None);
    }
}
