//! `upstream_tls_zone zone=name:size [inactive=time]`: one in the whole configuration.

use core::ffi::{c_char, c_void, CStr};
use core::ptr;

use ngx::ffi::{
    ngx_command_t, ngx_conf_log_error, ngx_conf_t, ngx_pagesize, ngx_parse_size, ngx_parse_time,
    ngx_str_t, ngx_uint_t, NGX_CONF_TAKE12, NGX_LOG_EMERG,
};

use super::ERROR;
use crate::conf::LevelConf;
use crate::runtime::guard::guard;
use crate::zone::{self, Settings};

/// A server that has been silent for a day gives its place to another.
const INACTIVE_MS: i64 = 86_400_000;

/// The directive at the given levels.
pub(in crate::module) const fn command(levels: u32) -> ngx_command_t {
    ngx_command_t {
        name: ngx::ngx_string!("upstream_tls_zone"),
        type_: (levels | NGX_CONF_TAKE12) as ngx_uint_t,
        set: Some(set),
        conf: 0,
        offset: 0,
        post: ptr::null_mut(),
    }
}

/// Returns NGX_CONF_OK (NULL), a text that nginx completes to `"upstream_tls_zone" directive <text>`, or
/// NGX_CONF_ERROR when the reason is logged already.
unsafe extern "C" fn set(
    cf: *mut ngx_conf_t,
    _command: *mut ngx_command_t,
    _conf: *mut c_void,
) -> *mut c_char {
    // SAFETY: nginx passes the configuration it is reading, and two or three arguments
    // (NGX_CONF_TAKE12).
    let result = guard("upstream_tls_zone", || unsafe { set_zone(cf) });
    result.unwrap_or(ERROR)
}

/// What the parameters say.
struct Parameters {
    name: *mut ngx_str_t,
    size: usize,
    inactive_ms: i64,
}

unsafe fn set_zone(cf: *mut ngx_conf_t) -> *mut c_char {
    // SAFETY: as in `set`; the main level's configuration was made by core::create_conf.
    unsafe {
        let Some(main) = LevelConf::main_of((*cf).cycle) else {
            return ERROR;
        };
        if !main.zone.get().is_null() {
            return c"is duplicate".as_ptr().cast_mut();
        }
        let Some(parameters) = read(cf) else {
            return ERROR;
        };
        let settings = Settings {
            inactive_ms: parameters.inactive_ms,
        };
        let zone = zone::add(cf, parameters.name, parameters.size, settings);
        main.zone.set(zone);
        match zone.is_null() {
            true => ERROR,
            false => ptr::null_mut(),
        }
    }
}

/// `None` once it is said what is wrong, in the words of nginx's limit_req_zone.
unsafe fn read(cf: *mut ngx_conf_t) -> Option<Parameters> {
    // SAFETY: as in `set`. The pieces of an argument live as long as the argument.
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
                    return invalid(cf, c"invalid inactive value \"%V\"", argument);
                }
                found.inactive_ms = i64::try_from(time).unwrap_or(i64::MAX);
            } else {
                return invalid(cf, c"invalid parameter \"%V\"", argument);
            }
        }
        if found.name.is_null() {
            let directive = all.as_mut_ptr();
            return invalid(cf, c"\"%V\" must have \"zone\" parameter", directive);
        }
        Some(found)
    }
}

/// The size in `zone=name:size`; `argument` becomes the name.
unsafe fn zone_size(cf: *mut ngx_conf_t, argument: &mut ngx_str_t) -> Option<usize> {
    let start = b"zone=".len();
    let bytes = argument.as_bytes();
    let colon = bytes.iter().position(|byte| *byte == b':');
    // SAFETY: the parts are within the argument; nginx sets ngx_pagesize once, when it starts.
    unsafe {
        let Some(colon) = colon.filter(|colon| *colon > start) else {
            return invalid(cf, c"invalid zone size \"%V\"", argument);
        };
        let mut size = part(argument, colon + 1, argument.len);
        let size = usize::try_from(ngx_parse_size(&mut size));
        let Ok(size) = size else {
            return invalid(cf, c"invalid zone size \"%V\"", argument);
        };
        if size < zone::MIN_SIZE * ngx_pagesize {
            return invalid(cf, c"zone \"%V\" is too small", argument);
        }
        *argument = part(argument, start, colon);
        Some(size)
    }
}

/// A part of a string. The bounds must lie within it.
unsafe fn part(text: &ngx_str_t, start: usize, end: usize) -> ngx_str_t {
    ngx_str_t {
        len: end.saturating_sub(start),
        // SAFETY: the caller's promise.
        data: unsafe { text.data.add(start) },
    }
}

unsafe fn invalid<T>(cf: *mut ngx_conf_t, format: &CStr, value: *mut ngx_str_t) -> Option<T> {
    // SAFETY: %V takes a pointer to ngx_str_t.
    unsafe {
        ngx_conf_log_error(NGX_LOG_EMERG as ngx_uint_t, cf, 0, format.as_ptr(), value);
    }
    None
}
