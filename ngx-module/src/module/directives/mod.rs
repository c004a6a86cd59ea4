//! The directives, one a file: how nginx reads it, and what of it goes into [`crate::conf`].

pub(super) mod diag;
pub(super) mod log;
pub(super) mod repeat;
pub(super) mod status;
pub(super) mod zone;

use core::ffi::{c_char, CStr};

use ngx::core::{NGX_CONF_ERROR, NGX_CONF_OK};
use ngx::ffi::ngx_conf_t;

use crate::conf::LevelConf;

/// Why a directive, or a whole configuration, is refused.
pub(super) enum Refused {
    /// For this reason, which nginx completes to `"upstream_tls_log" directive <text>`.
    Because(&'static CStr),
    /// For a reason that is logged already.
    Logged,
}

/// The answer for nginx: NGX_CONF_OK, a text, or NGX_CONF_ERROR. A callback that panicked
/// has no result.
pub(super) fn answer(result: Option<Result<(), Refused>>) -> *mut c_char {
    match result {
        Some(Ok(())) => NGX_CONF_OK,
        Some(Err(Refused::Because(text))) => text.as_ptr().cast_mut(),
        Some(Err(Refused::Logged)) | None => NGX_CONF_ERROR,
    }
}

/// A directive needs a zone. That may be configured further down, so the core module checks it in
/// `init_conf`.
///
/// # Safety
/// nginx is reading this configuration.
unsafe fn require_zone(cf: *mut ngx_conf_t, directive: &'static str) {
    // SAFETY: the caller's promise; the cycle being built has loaded us.
    if let Some(main) = unsafe { LevelConf::main_of((*cf).cycle) } {
        main.needs_zone.set(Some(directive));
    }
}
