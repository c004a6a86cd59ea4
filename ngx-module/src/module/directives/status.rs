//! `upstream_tls_status [json | prometheus | html]`

use core::ffi::{c_char, c_void};

use ngx::ffi::{
    ngx_command_t, ngx_conf_t, ngx_http_conf_ctx_t, ngx_http_core_loc_conf_t, ngx_str_t,
    NGX_CONF_NOARGS, NGX_CONF_TAKE1,
};

use super::{answer, directive, require_zone, Refused};
use crate::conf::{LevelConf, Report};
use crate::nginx::{log, modules};
use crate::runtime::guard::guard;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    directive(
        ngx::ngx_string!("upstream_tls_status"),
        levels | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
        conf,
        set,
    )
}

/// nginx's `set` of a directive.
///
/// # Safety
/// nginx passes the configuration it is reading, one or two arguments, and the level as
/// `LevelConf::create` made it.
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    answer(guard("upstream_tls_status", || unsafe {
        set_report(cf, &mut *conf.cast::<LevelConf>())
    }))
}

/// # Safety
/// nginx is reading the configuration `cf`, at this directive, within http.
unsafe fn set_report(cf: *mut ngx_conf_t, level: &mut LevelConf) -> Result<(), Refused> {
    if level.status.is_some() {
        return Err(Refused::Because(c"is duplicate"));
    }
    // SAFETY: the caller's promise; within http the context holds http's own configurations.
    unsafe {
        let arguments: &[ngx_str_t] = (*(*cf).args).as_slice();
        let value = arguments.get(1).map_or(&[][..], ngx_str_t::as_bytes);
        let report = match (arguments.len(), value) {
            (..=1, _) => Report::Any,
            (_, b"json") => Report::Json,
            (_, b"prometheus") => Report::Metrics,
            (_, b"html") => Report::Html,
            _ => {
                let value = value.escape_ascii();
                log::refuse(
                    cf,
                    0,
                    format_args!("invalid value \"{value}\" in \"upstream_tls_status\" directive"),
                );
                return Err(Refused::Logged);
            }
        };
        level.status = Some(report);
        require_zone(cf, "upstream_tls_status");
        let context = (*cf).ctx.cast::<ngx_http_conf_ctx_t>();
        let core = modules::http_core_index().ok_or(Refused::Logged)?;
        let location: *mut ngx_http_core_loc_conf_t = (*(*context).loc_conf.add(core)).cast();
        (*location).handler = Some(crate::status::handle);
    }
    Ok(())
}
