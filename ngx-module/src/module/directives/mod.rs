//! The directives, one a file: how nginx reads it, and what of it goes into [`crate::conf`].

pub(super) mod diag;
pub(super) mod log;
pub(super) mod status;
pub(super) mod zone;

use core::ffi::{c_char, CStr};

use ngx::ffi::ngx_conf_t;

use crate::conf::LevelConf;

/// NGX_CONF_ERROR.
pub(super) const ERROR: *mut c_char = usize::MAX as *mut c_char;

/// A directive makes no sense without a zone, which may stand behind it: the core module looks in the
/// end.
///
/// # Safety
/// nginx is reading this configuration.
unsafe fn require_zone(cf: *mut ngx_conf_t, directive: &'static CStr) {
    // SAFETY: the caller's promise; the cycle being built has loaded us.
    if let Some(main) = unsafe { LevelConf::main_of((*cf).cycle) } {
        main.needs_zone.set(Some(directive));
    }
}
