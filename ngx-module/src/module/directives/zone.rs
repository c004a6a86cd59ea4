//! `upstream_tls_zone zone=name:size [inactive=time]`: one in the whole configuration.

use core::ffi::{c_char, c_void};
use core::fmt::Arguments;
use core::ptr;

use ngx::ffi::{
    ngx_command_t, ngx_conf_t, ngx_pagesize, ngx_parse_size, ngx_parse_time, ngx_str_t,
    NGX_CONF_TAKE12,
};

use super::{answer, directive, Refused};
use crate::conf::LevelConf;
use crate::nginx::log;
use crate::runtime::guard::guard;
use crate::zone::{self, Settings};

/// A server that has been silent for a day gives its place to another.
const INACTIVE_MS: i64 = 86_400_000;

/// The directive at the given levels.
pub(in crate::module) const fn command(levels: u32) -> ngx_command_t {
    directive(
        ngx::ngx_string!("upstream_tls_zone"),
        levels | NGX_CONF_TAKE12,
        0,
        set,
    )
}

/// nginx's `set` of a directive.
///
/// # Safety
/// nginx passes the configuration it is reading, and two or three arguments (NGX_CONF_TAKE12).
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    _conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    answer(guard("upstream_tls_zone", || unsafe { set_zone(cf) }))
}

/// What the parameters say.
struct Parameters {
    name: *mut ngx_str_t,
    size: usize,
    inactive_ms: i64,
}

/// # Safety
/// nginx is reading the configuration `cf`, at this directive.
unsafe fn set_zone(cf: *mut ngx_conf_t) -> Result<(), Refused> {
    // SAFETY: the caller's promise; the main level's configuration was made by core::create_conf.
    unsafe {
        let main = LevelConf::main_of((*cf).cycle).ok_or(Refused::Logged)?;
        if !main.zone.get().is_null() {
            return Err(Refused::Because(c"is duplicate"));
        }
        let parameters = read(cf).ok_or(Refused::Logged)?;
        let settings = Settings {
            inactive_ms: parameters.inactive_ms,
        };
        let zone = zone::add(cf, parameters.name, parameters.size, settings);
        main.zone.set(zone);
        match zone.is_null() {
            true => Err(Refused::Logged),
            false => Ok(()),
        }
    }
}

/// `None` after logging what is wrong, in the words of nginx's limit_req_zone.
///
/// # Safety
/// nginx is reading the configuration `cf`, at this directive.
unsafe fn read(cf: *mut ngx_conf_t) -> Option<Parameters> {
    // SAFETY: the caller's promise. The pieces of an argument live as long as the argument.
    unsafe {
        let arguments = &*(*cf).args;
        let all =
            core::slice::from_raw_parts_mut(arguments.elts.cast::<ngx_str_t>(), arguments.nelts);
        let mut found = Parameters {
            name: ptr::null_mut(),
            size: 0,
            inactive_ms: INACTIVE_MS,
        };
        for argument in all.iter_mut().skip(1) {
            if argument.as_bytes().starts_with(b"zone=") {
                found.size = zone_size(cf, argument)?;
                found.name = argument;
            } else if argument.as_bytes().starts_with(b"inactive=") {
                let mut time = part(argument, b"inactive=".len(), argument.len);
                let time = ngx_parse_time(&mut time, 0);
                if time <= 0 {
                    return invalid(cf, format_args!("invalid inactive value \"{argument}\""));
                }
                found.inactive_ms = i64::try_from(time).unwrap_or(i64::MAX);
            } else {
                return invalid(cf, format_args!("invalid parameter \"{argument}\""));
            }
        }
        if found.name.is_null() {
            return invalid(
                cf,
                format_args!("\"upstream_tls_zone\" must have \"zone\" parameter"),
            );
        }
        Some(found)
    }
}

/// The size in `zone=name:size`; `argument` becomes the name.
///
/// # Safety
/// nginx is reading the configuration `cf`.
unsafe fn zone_size(cf: *mut ngx_conf_t, argument: &mut ngx_str_t) -> Option<usize> {
    let start = b"zone=".len();
    let bytes = argument.as_bytes();
    let colon = bytes.iter().position(|byte| *byte == b':');
    // SAFETY: the parts are within the argument; nginx sets ngx_pagesize once, when it starts.
    unsafe {
        let Some(colon) = colon.filter(|colon| *colon > start) else {
            return invalid(cf, format_args!("invalid zone size \"{argument}\""));
        };
        let mut size = part(argument, colon + 1, argument.len);
        let size = usize::try_from(ngx_parse_size(&mut size));
        let Ok(size) = size else {
            return invalid(cf, format_args!("invalid zone size \"{argument}\""));
        };
        if size < zone::MIN_SIZE * ngx_pagesize {
            return invalid(cf, format_args!("zone \"{argument}\" is too small"));
        }
        *argument = part(argument, start, colon);
        Some(size)
    }
}

/// A part of a string.
///
/// # Safety
/// The bounds lie within it.
unsafe fn part(text: &ngx_str_t, start: usize, end: usize) -> ngx_str_t {
    ngx_str_t {
        len: end.saturating_sub(start),
        // SAFETY: the caller's promise.
        data: unsafe { text.data.add(start) },
    }
}

/// # Safety
/// nginx is reading the configuration `cf`.
unsafe fn invalid<T>(cf: *mut ngx_conf_t, message: Arguments<'_>) -> Option<T> {
    // SAFETY: the caller's promise.
    unsafe { log::refuse(cf, 0, message) };
    None
}
