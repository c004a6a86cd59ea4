//! The directives, one a file: how nginx reads it, and what of it goes into [`crate::conf`].

pub(super) mod diag;
pub(super) mod log;
pub(super) mod repeat;
pub(super) mod status;
pub(super) mod zone;

use core::ffi::{c_char, c_void, CStr};
use core::ptr;

use ngx::core::{NGX_CONF_ERROR, NGX_CONF_OK};
use ngx::ffi::{ngx_command_t, ngx_conf_t, ngx_str_t, ngx_uint_t};

use crate::conf::LevelConf;

/// How nginx sets a directive: `ngx_command_t.set`.
type Set = unsafe extern "C" fn(*mut ngx_conf_t, *mut ngx_command_t, *mut c_void) -> *mut c_char;

/// A directive. `kind` is where it may stand and what it takes, `conf` its level's `NGX_*_CONF_OFFSET`.
const fn directive(name: ngx_str_t, kind: u32, conf: usize, set: Set) -> ngx_command_t {
    ngx_command_t {
        name,
        type_: kind as ngx_uint_t,
        set: Some(set),
        conf,
        offset: 0,
        post: ptr::null_mut(),
    }
}

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
