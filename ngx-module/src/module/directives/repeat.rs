//! `upstream_tls_repeat time | off`

use core::ffi::{c_char, c_void};

use ngx::ffi::{ngx_command_t, ngx_conf_t, ngx_flag_t, ngx_parse_time, ngx_str_t, NGX_CONF_TAKE1};

use super::{answer, directive, require_zone, Refused};
use crate::conf::{LevelConf, UNSET};
use crate::runtime::guard::guard;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    directive(
        ngx::ngx_string!("upstream_tls_repeat"),
        levels | NGX_CONF_TAKE1,
        conf,
        set,
    )
}

/// nginx's `set` of a directive.
///
/// # Safety
/// nginx passes the configuration it is reading, two arguments (NGX_CONF_TAKE1), and the level as
/// `LevelConf::create` made it.
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    answer(guard("upstream_tls_repeat", || unsafe {
        let level = &mut *conf.cast::<LevelConf>();
        let value = (*(*cf).args).elts.cast::<ngx_str_t>().add(1);
        if level.repeat_ms != UNSET {
            return Err(Refused::Because(c"is duplicate"));
        }
        level.repeat_ms = period_ms(&mut *value)?;
        if level.repeat_ms > 0 {
            require_zone(cf, "upstream_tls_repeat");
        }
        Ok(())
    }))
}

/// Milliseconds; 0 for `off`.
fn period_ms(value: &mut ngx_str_t) -> Result<ngx_flag_t, Refused> {
    if value.as_bytes() == b"off" {
        return Ok(0);
    }
    // SAFETY: reads the string, which lives as long as the configuration.
    match unsafe { ngx_parse_time(value, 0) } {
        time @ 1.. => Ok(time),
        _ => Err(Refused::Because(c"has an invalid value")),
    }
}
