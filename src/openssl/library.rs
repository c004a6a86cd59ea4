//! The library itself: its start, its version, its errors.

use core::ffi::{c_int, CStr};
use std::sync::Once;

use super::ffi;

/// OPENSSL_INIT_LOAD_CONFIG.
const LOAD_CONFIG: u64 = 0x40;
/// nginx 1.25.2: the first that reads its own section of openssl.cnf, where there is one.
const OWN_SECTION: u32 = 1_025_002;

/// Starts the library as nginx does (`ngx_ssl_init`): with the system's openssl.cnf. Once a process.
pub(crate) fn start(nginx: u32) {
    static ONCE: Once = Once::new();
    // SAFETY: the settings are ours until they are freed; nothing of the library was called before.
    ONCE.call_once(|| unsafe {
        let settings = ffi::OPENSSL_INIT_new();
        if !settings.is_null() && nginx >= OWN_SECTION {
            ffi::OPENSSL_INIT_set_config_appname(settings, c"nginx".as_ptr());
        }
        ffi::OPENSSL_init_ssl(LOAD_CONFIG, settings);
        ffi::OPENSSL_INIT_free(settings);
        // It may leave errors while it succeeds.
        ffi::ERR_clear_error();
    });
}

/// `OpenSSL_version_num()` of the library in use.
pub(crate) fn version_number() -> u64 {
    // SAFETY: reads a constant.
    unsafe { ffi::OpenSSL_version_num() }
}

/// `3.0.19`, `1.1.1w`: the version in the library's own words.
pub(crate) fn version() -> String {
    const OPENSSL_VERSION: c_int = 0;
    // SAFETY: a static text, or NULL for a number it does not know.
    let text = unsafe {
        let text = ffi::OpenSSL_version(OPENSSL_VERSION);
        match text.is_null() {
            true => return String::new(),
            false => CStr::from_ptr(text).to_string_lossy(),
        }
    };
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// The latest error in words, and an empty queue.
pub(super) fn take_error() -> String {
    // SAFETY: this thread's queue; the buffer is writable for its length and gets a NUL.
    unsafe {
        let code = ffi::ERR_peek_last_error();
        ffi::ERR_clear_error();
        if code == 0 {
            return "no reason given".to_owned();
        }
        let text = ffi::ERR_reason_error_string(code);
        if text.is_null() {
            return format!("error {code:08X}");
        }
        CStr::from_ptr(text).to_string_lossy().into_owned()
    }
}
