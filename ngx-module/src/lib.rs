//! The nginx side of tlsdiag: one shared object, three `ngx_module_t`s.
//!
//! It is thin on purpose. [`hook`] watches the upstream handshake through OpenSSL's callbacks,
//! [`upstream`] says whose connection it was, [`outcome`] turns what was observed into the core's
//! `Recording`, and [`sink`]s write what the core answers. [`zone`] keeps what all workers have counted,
//! [`status`] serves it. [`module`] holds the directives, [`conf`] what they say, [`variables`] are
//! `$upstream_tls_*`. All judgement is in the core.
//!
//! Nothing here may harm a request: every callback runs inside [`runtime::guard`], and whatever goes
//! wrong drops the recording and nothing else. [`runtime::allocator`] keeps a lack of memory from ending
//! the worker.
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "one SAFETY comment covers reading several fields of one C structure"
)]

mod conf;
mod hook;
mod module;
mod nginx;
mod openssl;
mod outcome;
mod runtime;
mod sink;
mod status;
mod upstream;
mod variables;
mod zone;

use core::ffi::c_char;
use core::ptr;

use ngx::ffi::ngx_module_t;

/// A list of pointers that nginx reads through its symbol.
#[repr(transparent)]
pub struct Exported<T>(T);

// SAFETY: nginx reads these on its main thread only and never writes through them.
unsafe impl<T> Sync for Exported<T> {}

/// The modules of this shared object (`ngx_load_module` looks the symbol up).
#[no_mangle]
#[allow(non_upper_case_globals, reason = "nginx fixes the name")]
pub static ngx_modules: Exported<[*const ngx_module_t; MODULES + 1]> = Exported([
    ptr::addr_of!(module::core::ngx_upstream_tls_diag_module),
    ptr::addr_of!(module::http::ngx_http_upstream_tls_diag_module),
    #[cfg(ngx_feature = "stream")]
    ptr::addr_of!(module::stream::ngx_stream_upstream_tls_diag_module),
    ptr::null(),
]);

/// Their names, in the same order.
#[no_mangle]
#[allow(non_upper_case_globals, reason = "nginx fixes the name")]
pub static ngx_module_names: Exported<[*const c_char; MODULES + 1]> = Exported([
    c"ngx_upstream_tls_diag_module".as_ptr(),
    c"ngx_http_upstream_tls_diag_module".as_ptr(),
    #[cfg(ngx_feature = "stream")]
    c"ngx_stream_upstream_tls_diag_module".as_ptr(),
    ptr::null(),
]);

/// Empty: our modules may stand anywhere in nginx's order.
#[no_mangle]
#[allow(non_upper_case_globals, reason = "nginx fixes the name")]
pub static ngx_module_order: Exported<[*const c_char; 1]> = Exported([ptr::null()]);

const MODULES: usize = if cfg!(ngx_feature = "stream") { 3 } else { 2 };
