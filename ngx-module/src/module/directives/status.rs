//! `upstream_tls_status [json | prometheus | html]`

use core::ffi::{c_char, c_void};
use core::ptr;

use ngx::ffi::{
    ngx_command_t, ngx_conf_log_error, ngx_conf_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t,
    ngx_str_t, ngx_uint_t, NGX_CONF_NOARGS, NGX_CONF_TAKE1, NGX_LOG_EMERG,
};

use super::{require_zone, ERROR};
use crate::conf::{LevelConf, Report};
use crate::runtime::guard::guard;
use crate::upstream::core_index;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    ngx_command_t {
        name: ngx::ngx_string!("upstream_tls_status"),
        type_: (levels | NGX_CONF_NOARGS | NGX_CONF_TAKE1) as ngx_uint_t,
        set: Some(set),
        conf,
        offset: 0,
        post: ptr::null_mut(),
    }
}

/// Returns NGX_CONF_OK (NULL), a text that nginx completes to `"upstream_tls_status" directive <text>`, or
/// NGX_CONF_ERROR when the reason is logged already.
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx passes the configuration of the level, made by LevelConf::create, and one or two
    // arguments.
    let result = guard("upstream_tls_status", || unsafe {
        set_report(cf, &mut *conf.cast::<LevelConf>())
    });
    result.unwrap_or(ERROR)
}

unsafe fn set_report(cf: *mut ngx_conf_t, level: &mut LevelConf) -> *mut c_char {
    // SAFETY: as in `set`; within http the context holds http's own configurations.
    unsafe {
        if level.status.is_some() {
            return c"is duplicate".as_ptr().cast_mut();
        }
        let arguments = &*(*cf).args;
        let value = (arguments.nelts > 1).then(|| arguments.elts.cast::<ngx_str_t>().add(1));
        let report = match value.map(|value| (*value).as_bytes()) {
            None => Report::Any,
            Some(b"json") => Report::Json,
            Some(b"prometheus") => Report::Metrics,
            Some(b"html") => Report::Html,
            Some(_) => {
                let format = c"invalid value \"%V\" in \"upstream_tls_status\" directive";
                let level = NGX_LOG_EMERG as ngx_uint_t;
                let value = value.unwrap_or(ptr::null_mut());
                ngx_conf_log_error(level, cf, 0, format.as_ptr(), value);
                return ERROR;
            }
        };
        level.status = Some(report);
        require_zone(cf, c"upstream_tls_status");
        let context = (*cf).ctx.cast::<ngx_http_conf_ctx_t>();
        let Some(core) = core_index() else {
            return ERROR;
        };
        let location: *mut ngx_http_core_loc_conf_t = (*(*context).loc_conf.add(core)).cast();
        (*location).handler = Some(crate::status::handle);
        ptr::null_mut()
    }
}
