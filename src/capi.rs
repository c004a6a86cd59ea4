//! The C ABI of the analysis core: recording in, diagnosis out. `include/tlsdiag.h` is its contract.
//!
//! Conventions: results are `int` and frozen; out-parameters are written only on success; a string
//! handed out belongs to the caller, who gives it back to [`tlsdiag_string_free`]; nothing is kept
//! between calls, so every function may be called from any thread. The nginx module does not use
//! this: it is Rust and calls the core directly.

use core::ffi::{c_char, c_int};
use std::ffi::CString;
use std::panic::catch_unwind;

use crate::facts::Facts;
use crate::{diagnose, report, Diagnosis, Recording};

/// It worked; the out-parameters are written.
pub const TLSDIAG_OK: c_int = 0;
/// A pointer that must not be NULL was.
pub const TLSDIAG_NULL_POINTER: c_int = 1;
/// The recording is not UTF-8.
pub const TLSDIAG_INVALID_UTF8: c_int = 2;
/// The text is no recording, or one of another format.
pub const TLSDIAG_INVALID_RECORDING: c_int = 3;
/// A fault inside the library.
pub const TLSDIAG_INTERNAL: c_int = 4;

/// Writes the JSON document of a recording.
///
/// # Safety
/// `recording` is NULL or points to `length` readable bytes; `document` and `document_length` are
/// NULL or writable.
#[no_mangle]
pub unsafe extern "C" fn tlsdiag_document(
    recording: *const c_char,
    length: usize,
    document: *mut *mut c_char,
    document_length: *mut usize,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        answer(
            recording,
            length,
            document,
            document_length,
            report::document,
        )
    }
}

/// Writes the error.log line of a recording.
///
/// # Safety
/// As for [`tlsdiag_document`].
#[no_mangle]
pub unsafe extern "C" fn tlsdiag_line(
    recording: *const c_char,
    length: usize,
    line: *mut *mut c_char,
    line_length: *mut usize,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { answer(recording, length, line, line_length, report::line) }
}

/// Frees a string of this library. NULL is allowed.
///
/// # Safety
/// `string` is NULL or was handed out by this library and not freed yet.
#[no_mangle]
pub unsafe extern "C" fn tlsdiag_string_free(string: *mut c_char) {
    if !string.is_null() {
        // SAFETY: made by CString::into_raw in `answer`, by the caller's promise.
        drop(unsafe { CString::from_raw(string) });
    }
}

/// The library's version, for example "0.2.0". Static: not to be freed.
#[no_mangle]
pub extern "C" fn tlsdiag_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Writes a string of ours to `out`, and its length.
///
/// # Safety
/// `recording` points to `length` readable bytes, `out` and `out_length` can be written to; each may be NULL.
unsafe fn answer(
    recording: *const c_char,
    length: usize,
    out: *mut *mut c_char,
    out_length: *mut usize,
    write: fn(&Diagnosis, &Facts<'_>) -> String,
) -> c_int {
    if recording.is_null() || out.is_null() || out_length.is_null() {
        return TLSDIAG_NULL_POINTER;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(recording.cast::<u8>(), length) };
    let answered = catch_unwind(|| {
        let text = core::str::from_utf8(bytes).map_err(|_| TLSDIAG_INVALID_UTF8)?;
        let recording = Recording::from_json(text).map_err(|_| TLSDIAG_INVALID_RECORDING)?;
        let facts = Facts::of(&recording);
        let text = write(&diagnose(&facts), &facts);
        CString::new(text).map_err(|_| TLSDIAG_INTERNAL)
    });
    match answered {
        Ok(Ok(text)) => {
            // SAFETY: checked above; the caller promises that it is writable.
            unsafe { *out_length = text.as_bytes().len() };
            // SAFETY: checked above; the caller promises that it is writable.
            unsafe { *out = text.into_raw() };
            TLSDIAG_OK
        }
        Ok(Err(result)) => result,
        Err(_) => TLSDIAG_INTERNAL,
    }
}
