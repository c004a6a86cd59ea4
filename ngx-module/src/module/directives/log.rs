//! `upstream_tls_log path | syslog:server=...[,...] | off`
//!
//! May stand several times on one level. Files go through `ngx_conf_open_file`: shared by name,
//! tested by `nginx -t`, reopened on USR1. Pipes and devices are opened by us.

use core::ffi::{c_char, c_void};

use ngx::ffi::{
    ngx_array_create, ngx_array_push, ngx_command_t, ngx_conf_t, ngx_pcalloc, ngx_str_t,
    ngx_syslog_peer_t, ngx_syslog_process_conf, NGX_CONF_TAKE1,
};

use super::{answer, directive, Refused};
use crate::conf::{LevelConf, UNSET};
use crate::nginx::log;
use crate::runtime::guard::guard;
use crate::sink::Sink;

/// The directive at the given levels; `conf` is the level's `NGX_*_CONF_OFFSET`.
pub(in crate::module) const fn command(levels: u32, conf: usize) -> ngx_command_t {
    directive(
        ngx::ngx_string!("upstream_tls_log"),
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
    answer(guard("upstream_tls_log", || unsafe {
        let value = (*(*cf).args).elts.cast::<ngx_str_t>().add(1);
        set_value(cf, &mut *conf.cast::<LevelConf>(), &*value)
    }))
}

/// # Safety
/// nginx is reading the configuration `cf`, and `value` is in its pool.
unsafe fn set_value(
    cf: *mut ngx_conf_t,
    level: &mut LevelConf,
    value: &ngx_str_t,
) -> Result<(), Refused> {
    let value_bytes = value.as_bytes();
    if level.logs_off != UNSET {
        return Err(Refused::Because(match value_bytes {
            b"off" => c"is duplicate",
            _ => c"cannot be combined with \"off\" on the same level",
        }));
    }
    // SAFETY: the caller's promise.
    let sink = unsafe {
        match value_bytes {
            b"off" if level.logs.is_null() => {
                level.logs_off = 1;
                return Ok(());
            }
            b"off" => {
                let why = c"\"off\" cannot be combined with a log on the same level";
                return Err(Refused::Because(why));
            }
            b"" => return Err(invalid(cf, value, "")),
            path if path.contains(&b'$') => {
                return Err(invalid(cf, value, ", variables are not supported"))
            }
            // What other directives mean by these words is not to be had here.
            word if word == b"on" || word == b"stderr" || word.starts_with(b"memory:") => {
                let why = ", a path, \"syslog:\" or \"off\" is expected";
                return Err(invalid(cf, value, why));
            }
            target if target.starts_with(b"syslog:") => syslog(cf),
            _ => Sink::path(cf, value),
        }
    };
    // SAFETY: the caller's promise.
    unsafe { add(cf, level, sink.ok_or(Refused::Logged)?) }
}

/// # Safety
/// nginx is reading the configuration `cf`, and what the level holds is in its pool.
unsafe fn add(cf: *mut ngx_conf_t, level: &mut LevelConf, sink: Sink) -> Result<(), Refused> {
    // SAFETY: the caller's promise; the array holds Sinks.
    unsafe {
        if level.logs.is_null() {
            level.logs = ngx_array_create((*cf).pool, 2, size_of::<Sink>());
        }
        let logs = level.logs.as_mut().ok_or(Refused::Logged)?;
        let known: &[Sink] = logs.as_slice();
        if known.iter().any(|one| one.is_same_file(&sink)) {
            return Err(Refused::Because(c"is duplicate"));
        }
        let slot = ngx_array_push(logs).cast::<Sink>();
        if slot.is_null() {
            return Err(Refused::Logged);
        }
        slot.write(sink);
    }
    Ok(())
}

/// `None` after logging why.
///
/// # Safety
/// nginx is reading the configuration `cf`, at this directive.
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

/// # Safety
/// nginx is reading the configuration `cf`.
unsafe fn invalid(cf: *mut ngx_conf_t, value: &ngx_str_t, why: &'static str) -> Refused {
    // SAFETY: the caller's promise.
    unsafe {
        log::refuse(
            cf,
            0,
            format_args!("invalid value \"{value}\" in \"upstream_tls_log\" directive{why}"),
        )
    };
    Refused::Logged
}
