//! Which identity (name and client certificate) nginx would show if it connected for this request now.

use core::ffi::c_void;
use core::mem::transmute;
use core::ptr;
use std::net::Ipv4Addr;

use ngx::core::Status;
use ngx::ffi::{ngx_http_complex_value_t, ngx_http_request_t, ngx_int_t, ngx_str_t};
use tlsdiag::capture::Identity;

use super::http::Http;
use crate::nginx::symbol;
use crate::openssl::identity::certificate_of;

/// As far as the configuration tells.
pub(super) fn current(http: &Http<'_>) -> Identity {
    let Some(conf) = http.conf() else {
        return Identity::default();
    };
    Identity {
        name: match conf.ssl_server_name {
            1 => name(http),
            _ => Some(0),
        },
        certificate: certificate(http),
    }
}

/// The name that nginx would send (`ngx_http_upstream_ssl_name`): without a port, and never an address.
fn name(http: &Http<'_>) -> Option<u64> {
    let value = http.conf()?.ssl_name;
    // SAFETY: NULL, or a value of the configuration, which outlives the request that nginx serves.
    let name = unsafe {
        match value.as_ref() {
            None => http.upstream.ssl_name,
            Some(constant) if constant.lengths.is_null() => constant.value,
            Some(_) => evaluate(http.request, value)?,
        }
    };
    let name = name.as_bytes();
    if name.starts_with(b"[") {
        return Some(0);
    }
    let host = name.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_address = core::str::from_utf8(host).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok());
    Some(Identity::number_of(Some(host).filter(|_| !is_address)))
}

/// A value with variables in it, as nginx evaluates it for each new connection.
///
/// # Safety
/// Both are alive.
unsafe fn evaluate(
    request: &ngx_http_request_t,
    value: *mut ngx_http_complex_value_t,
) -> Option<ngx_str_t> {
    type Evaluate = unsafe extern "C" fn(
        *mut ngx_http_request_t,
        *mut ngx_http_complex_value_t,
        *mut ngx_str_t,
    ) -> ngx_int_t;
    let evaluate: *mut c_void = symbol::lookup(c"ngx_http_complex_value");
    let mut text = ngx_str_t::default();
    // SAFETY: nginx's own function, looked up in the nginx that called us; the value is the
    // configuration's, its text is made in the request's pool.
    unsafe {
        let evaluate = transmute::<*mut c_void, Option<Evaluate>>(evaluate)?;
        let status = evaluate(ptr::from_ref(request).cast_mut(), value, &mut text);
        Status(status).is_ok().then_some(text)
    }
}

/// The certificate of the location's own context. One whose file is named by variables is not known before
/// a connection is made.
fn certificate(http: &Http<'_>) -> Option<u64> {
    // SAFETY: NULL, or the location's own, whose context lives as long.
    let number = unsafe {
        let own = http.conf()?.ssl.as_ref().filter(|own| !own.ctx.is_null())?;
        certificate_of(own.ctx)
    };
    match number {
        0 if is_chosen_by_variables(http) => None,
        number => Some(number),
    }
}

#[cfg(upstream_certificates)]
fn is_chosen_by_variables(http: &Http<'_>) -> bool {
    // SAFETY: NULL, or a value of the configuration.
    let value = http
        .conf()
        .and_then(|conf| unsafe { conf.ssl_certificate.as_ref() });
    value.is_some_and(|value| !value.lengths.is_null())
}

/// nginx before 1.21.0 knows no such thing.
#[cfg(not(upstream_certificates))]
fn is_chosen_by_variables(_: &Http<'_>) -> bool {
    false
}
