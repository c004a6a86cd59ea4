//! The core module: it is what `load_module` wakes up, before any TLS context exists.

use core::ffi::{c_char, c_void};
use core::ptr;

use ngx::ffi::{
    ngx_command_t, ngx_core_module_t, ngx_cycle_t, ngx_int_t, ngx_log_error_core, ngx_module_t,
    ngx_uint_t, OpenSSL_version_num, NGX_CORE_MODULE, NGX_DIRECT_CONF, NGX_LOG_EMERG,
    NGX_MAIN_CONF, NGX_OK, OPENSSL_VERSION_NUMBER,
};

use super::directives::{diag, log, zone, ERROR};
use crate::conf::LevelConf;
use crate::hook;
use crate::nginx::{cycle, modules};
use crate::runtime::guard;

/// The module; `load_module` calls its `create_conf` at once.
#[allow(non_upper_case_globals, reason = "the name is public: nginx prints it")]
pub(crate) static mut ngx_upstream_tls_diag_module: ngx_module_t = ngx_module_t {
    ctx: ptr::addr_of!(CONTEXT).cast_mut().cast(),
    commands: ptr::addr_of_mut!(COMMANDS).cast(),
    type_: NGX_CORE_MODULE as ngx_uint_t,
    init_module: Some(init_module),
    ..ngx_module_t::default()
};

static mut CONTEXT: ngx_core_module_t = ngx_core_module_t {
    name: ngx::ngx_string!("upstream_tls_diag"),
    create_conf: Some(create_conf),
    init_conf: Some(init_conf),
};

static mut COMMANDS: [ngx_command_t; 4] = [
    diag::command(LEVELS, 0),
    log::command(LEVELS, 0),
    zone::command(LEVELS),
    ngx_command_t::empty(),
];

const LEVELS: u32 = NGX_MAIN_CONF | NGX_DIRECT_CONF;

/// Enters the modules of this shared object.
fn enter_modules() {
    // SAFETY: the structures are this shared object's own.
    unsafe {
        modules::CORE.enter(ptr::addr_of_mut!(ngx_upstream_tls_diag_module));
        modules::HTTP.enter(super::http::module());
        #[cfg(ngx_feature = "stream")]
        modules::STREAM.enter(super::stream::module());
    }
}

unsafe extern "C" fn create_conf(cycle: *mut ngx_cycle_t) -> *mut c_void {
    guard::silence_panics();
    enter_modules();
    let created = guard::guard("create_conf", || {
        // SAFETY: nginx hands over the cycle it is building.
        unsafe {
            let log = (*cycle).log;
            let running = OpenSSL_version_num();
            if running >> 28 != u64::from(OPENSSL_VERSION_NUMBER) >> 28 {
                ngx_log_error_core(
                    NGX_LOG_EMERG as ngx_uint_t,
                    log,
                    0,
                    c"module \"ngx_upstream_tls_diag_module\" was built for OpenSSL %uL.x and cannot run with OpenSSL %uL.x".as_ptr(),
                    u64::from(OPENSSL_VERSION_NUMBER) >> 28,
                    running >> 28,
                );
                return ptr::null_mut();
            }
            if !hook::register() || !cycle::enter(cycle) {
                ngx_log_error_core(
                    NGX_LOG_EMERG as ngx_uint_t,
                    log,
                    0,
                    c"module \"ngx_upstream_tls_diag_module\" cannot hook OpenSSL: out of memory"
                        .as_ptr(),
                );
                return ptr::null_mut();
            }
            if !hook::are_noted() {
                ngx_log_error_core(
                    NGX_LOG_EMERG as ngx_uint_t,
                    log,
                    0,
                    c"module \"ngx_upstream_tls_diag_module\" cannot watch this TLS library: it does not call ex_data functions"
                        .as_ptr(),
                );
                return ptr::null_mut();
            }
            hook::forget();
            LevelConf::create((*cycle).pool)
        }
    });
    created.unwrap_or(ptr::null_mut())
}

/// The whole configuration is read.
unsafe extern "C" fn init_conf(cycle: *mut ngx_cycle_t, conf: *mut c_void) -> *mut c_char {
    // SAFETY: nginx passes what create_conf returned, and a cycle with a log; %s takes a
    // NUL-terminated string.
    unsafe {
        let main = &*conf.cast::<LevelConf>();
        let Some(directive) = main.needs_zone.get() else {
            return ptr::null_mut();
        };
        if !main.zone.get().is_null() {
            return ptr::null_mut();
        }
        ngx_log_error_core(
            NGX_LOG_EMERG as ngx_uint_t,
            (*cycle).log,
            0,
            c"\"%s\" needs \"upstream_tls_zone\"".as_ptr(),
            directive.as_ptr(),
        );
    }
    ERROR
}

/// Never refuses: on a reload nginx treats that as fatal. After a fault the module does nothing.
unsafe extern "C" fn init_module(cycle: *mut ngx_cycle_t) -> ngx_int_t {
    // SAFETY: nginx passes the cycle it has just built.
    guard::guard("init_module", || unsafe { super::complete(cycle) });
    NGX_OK as ngx_int_t
}
