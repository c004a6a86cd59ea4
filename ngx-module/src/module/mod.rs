//! What nginx calls: three modules and their directives.

pub(crate) mod core;
mod directives;
mod filters;
pub(crate) mod http;
#[cfg(ngx_feature = "stream")]
pub(crate) mod stream;

use ngx::core::Status;
use ngx::ffi::{ngx_conf_t, ngx_cycle_t, ngx_int_t};

use crate::conf::{self, LevelConf};
use crate::nginx::modules;
use crate::runtime::guard::guard;

/// What a postconfiguration does: `register` adds the variables and tells whether one is used.
/// Without memory for them the configuration is refused.
///
/// # Safety
/// nginx handed `cf` to a postconfiguration.
unsafe fn add_variables(
    cf: *mut ngx_conf_t,
    register: unsafe fn(*mut ngx_conf_t) -> Option<bool>,
) -> ngx_int_t {
    let added = guard("postconfiguration", || {
        // SAFETY: the caller's promise; the cycle being built has loaded us.
        unsafe {
            if register(cf)? {
                LevelConf::main_of((*cf).cycle)?.use_variables();
            }
        }
        Some(())
    });
    match added.flatten() {
        Some(()) => Status::NGX_OK.into(),
        None => Status::NGX_ERROR.into(),
    }
}

/// A configuration is complete and about to run.
///
/// # Safety
/// The cycle is complete and lists us.
unsafe fn complete(cycle: *mut ngx_cycle_t) {
    // SAFETY: the caller's promise.
    unsafe {
        modules::HTTP.claim_context_index(cycle);
        #[cfg(ngx_feature = "stream")]
        modules::STREAM.claim_context_index(cycle);
        conf::begin_generation(cycle);
    }
    crate::openssl::forget_verifications();
    crate::hook::attach();
    #[cfg(feature = "fault-injection")]
    crate::runtime::allocator::start();
}
