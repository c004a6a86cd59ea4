//! The http module: the directives in `http`, `server` and `location`.

use core::ffi::{c_char, c_void};
use core::ptr;

use ngx::core::NGX_CONF_OK;
use ngx::ffi::{
    ngx_command_t, ngx_conf_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t, ngx_http_module_t,
    ngx_int_t, ngx_module_t, ngx_uint_t, NGX_HTTP_LOC_CONF, NGX_HTTP_LOC_CONF_OFFSET,
    NGX_HTTP_MAIN_CONF, NGX_HTTP_MODULE, NGX_HTTP_SRV_CONF,
};

use super::directives::{diag, log, repeat, status, zone};
use super::filters;
use crate::conf::LevelConf;
use crate::nginx::modules;
use crate::variables;

/// The module.
#[allow(non_upper_case_globals, reason = "the name is public: nginx prints it")]
pub(crate) static mut ngx_http_upstream_tls_diag_module: ngx_module_t = ngx_module_t {
    ctx: ptr::addr_of!(CONTEXT).cast_mut().cast(),
    commands: ptr::addr_of_mut!(COMMANDS).cast(),
    type_: NGX_HTTP_MODULE as ngx_uint_t,
    ..ngx_module_t::default()
};

static mut CONTEXT: ngx_http_module_t = ngx_http_module_t {
    preconfiguration: None,
    postconfiguration: Some(postconfiguration),
    create_main_conf: None,
    init_main_conf: None,
    create_srv_conf: None,
    merge_srv_conf: None,
    create_loc_conf: Some(create_loc_conf),
    merge_loc_conf: Some(merge_loc_conf),
};

static mut COMMANDS: [ngx_command_t; 6] = [
    diag::command(LEVELS, NGX_HTTP_LOC_CONF_OFFSET),
    log::command(LEVELS, NGX_HTTP_LOC_CONF_OFFSET),
    repeat::command(LEVELS, NGX_HTTP_LOC_CONF_OFFSET),
    status::command(
        NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF,
        NGX_HTTP_LOC_CONF_OFFSET,
    ),
    zone::command(NGX_HTTP_MAIN_CONF),
    ngx_command_t::empty(),
];

const LEVELS: u32 = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;

/// # Safety
/// nginx passes the configuration it has read.
unsafe extern "C" fn postconfiguration(cf: *mut ngx_conf_t) -> ngx_int_t {
    // SAFETY: nginx passes a valid configuration.
    unsafe {
        filters::install();
        super::add_variables(cf, variables::http::register)
    }
}

/// The module, for the list of our modules.
pub(super) fn module() -> *mut ngx_module_t {
    ptr::addr_of_mut!(ngx_http_upstream_tls_diag_module)
}

/// # Safety
/// nginx passes the configuration it is reading.
unsafe extern "C" fn create_loc_conf(cf: *mut ngx_conf_t) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { LevelConf::create_in(cf) }
}

/// # Safety
/// nginx passes two levels that `create_loc_conf` made.
unsafe extern "C" fn merge_loc_conf(
    cf: *mut ngx_conf_t,
    above: *mut c_void,
    level: *mut c_void,
) -> *mut c_char {
    // SAFETY: the caller's promise. http's own configuration of this level is in the same list, and merged
    // before ours.
    unsafe {
        let level = &mut *level.cast::<LevelConf>();
        level.inherit(&*above.cast::<LevelConf>());
        let context = (*cf).ctx.cast::<ngx_http_conf_ctx_t>();
        if let Some(core) = modules::http_core_index() {
            let own: *const ngx_http_core_loc_conf_t = (*(*context).loc_conf.add(core)).cast();
            level.error_log = (*own).error_log;
        }
    }
    NGX_CONF_OK
}
