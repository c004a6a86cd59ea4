//! `upstream_tls_log path | syslog:server=...[,...] | off`
//!
//! May stand several times on one level. Files go through `ngx_conf_open_file`: shared by name,
//! tested by `nginx -t`, reopened on USR1. Pipes and devices are opened by us.

use core::ffi::{c_char, c_void};
use core::ptr;

use ngx::ffi::{
    ngx_array_create, ngx_array_push, ngx_command_t, ngx_conf_log_error, ngx_conf_t, ngx_pcalloc,
    ngx_str_t, ngx_syslog_peer_t, ngx_syslog_process_conf, ngx_uint_t, NGX_CONF_TAKE1,
    NGX_LOG_EMERG,
};

use super::ERROR;
use crate::conf::{LevelConf, UNSET};
use crate::runtime::guard::guard;
use crate::sink::Sink;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    ngx_command_t {
        name: ngx::ngx_string!("upstream_tls_log"),
        type_: (levels | NGX_CONF_TAKE1) as ngx_uint_t,
        set: Some(set),
        conf,
        offset: 0,
        post: ptr::null_mut(),
    }
}

/// Returns NGX_CONF_OK (NULL), a text that nginx completes to `"upstream_tls_log" directive <text>`,
/// or NGX_CONF_ERROR when the reason is logged already.
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx passes the configuration of the level, made by LevelConf::create, and two
    // arguments (NGX_CONF_TAKE1).
    let result = guard("upstream_tls_log", || unsafe {
        let value = (*(*cf).args).elts.cast::<ngx_str_t>().add(1);
        set_value(cf, &mut *conf.cast::<LevelConf>(), value)
    });
    result.unwrap_or(ERROR)
}

unsafe fn set_value(
    cf: *mut ngx_conf_t,
    conf: &mut LevelConf,
    value: *mut ngx_str_t,
) -> *mut c_char {
    // SAFETY: as in `set`.
    unsafe {
        if conf.logs_off != UNSET {
            let text = if (*value).as_bytes() == b"off" {
                c"is duplicate"
            } else {
                c"cannot be combined with \"off\" on the same level"
            };
            return text.as_ptr().cast_mut();
        }
        let sink = match (*value).as_bytes() {
            b"off" if conf.logs.is_null() => {
                conf.logs_off = 1;
                return ptr::null_mut();
            }
            b"off" => {
                return c"\"off\" cannot be combined with a log on the same level"
                    .as_ptr()
                    .cast_mut()
            }
            b"" => return invalid(cf, value, c""),
            path if path.contains(&b'$') => {
                return invalid(cf, value, c", variables are not supported")
            }
            // What other directives mean by these words is not to be had here.
            word if word == b"on" || word == b"stderr" || word.starts_with(b"memory:") => {
                let why = c", a path, \"syslog:\" or \"off\" is expected";
                return invalid(cf, value, why);
            }
            target if target.starts_with(b"syslog:") => syslog(cf),
            _ => Sink::path(cf, &*value),
        };
        let Some(sink) = sink else { return ERROR };
        if conf.logs.is_null() {
            conf.logs = ngx_array_create((*cf).pool, 2, size_of::<Sink>());
        }
        let Some(logs) = conf.logs.as_mut() else {
            return ERROR;
        };
        let known = core::slice::from_raw_parts(logs.elts.cast::<Sink>(), logs.nelts);
        if known.iter().any(|one| one.is_same_file(&sink)) {
            return c"is duplicate".as_ptr().cast_mut();
        }
        let slot = ngx_array_push(logs).cast::<Sink>();
        if slot.is_null() {
            return ERROR;
        }
        slot.write(sink);
        ptr::null_mut()
    }
}

unsafe fn syslog(cf: *mut ngx_conf_t) -> Option<Sink> {
    // SAFETY: the peer is zeroed as ngx_syslog_process_conf expects; that function reads the
    // directive's first argument itself and logs what is wrong with it.
    unsafe {
        let peer: *mut ngx_syslog_peer_t =
            ngx_pcalloc((*cf).pool, size_of::<ngx_syslog_peer_t>()).cast();
        if peer.is_null() || !ngx_syslog_process_conf(cf, peer).is_null() {
            return None;
        }
        Sink::syslog(peer)
    }
}

unsafe fn invalid(
    cf: *mut ngx_conf_t,
    value: *mut ngx_str_t,
    why: &'static core::ffi::CStr,
) -> *mut c_char {
    // SAFETY: %V takes a pointer to ngx_str_t, %s a NUL-terminated string.
    unsafe {
        ngx_conf_log_error(
            NGX_LOG_EMERG as ngx_uint_t,
            cf,
            0,
            c"invalid value \"%V\" in \"upstream_tls_log\" directive%s".as_ptr(),
            value,
            why.as_ptr(),
        );
    }
    ERROR
}
