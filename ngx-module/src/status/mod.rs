//! The content handler of `upstream_tls_status`.
//!
//! nginx may have been built without http, so its functions are looked up: a request that asks for the
//! status proves that they are there.

mod body;
mod request;

use core::ffi::{c_void, CStr};
use core::mem::transmute;

use ngx::core::Status;
use ngx::ffi::{
    nginx_version, ngx_chain_t, ngx_http_request_t, ngx_int_t, ngx_list_push, ngx_str_t,
    ngx_table_elt_t, ngx_uint_t, OpenSSL_version, NGX_HTTP_GET, NGX_HTTP_HEAD,
    NGX_HTTP_INTERNAL_SERVER_ERROR, NGX_HTTP_NOT_ALLOWED, NGX_HTTP_OK,
    NGX_HTTP_SERVICE_UNAVAILABLE, OPENSSL_VERSION,
};
use tlsdiag::counters::{Build, Snapshot};
use tlsdiag::fixed::Text;
use tlsdiag::report::status::{write, Format, CONTENT_SECURITY_POLICY};

use crate::conf::{self, Report};
use crate::nginx::symbol;
use crate::runtime::guard::guard;
use crate::zone::now_ms;
use body::Body;

/// nginx's `ngx_http_handler_pt`.
///
/// # Safety
/// nginx hands over the request that it serves.
pub(crate) unsafe extern "C" fn handle(request: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: the caller's promise.
    let status = guard("status", || unsafe { answer(request) });
    status.unwrap_or(NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t)
}

/// What an answer is made with.
struct Http {
    discard_request_body: Handler,
    send_header: Handler,
    output_filter: Filter,
}

type Handler = unsafe extern "C" fn(*mut ngx_http_request_t) -> ngx_int_t;
type Filter = unsafe extern "C" fn(*mut ngx_http_request_t, *mut ngx_chain_t) -> ngx_int_t;

impl Http {
    fn look_up() -> Option<Self> {
        // SAFETY: nginx's functions of these names have these types in every supported version, and
        // Option<fn> has the layout of a nullable pointer.
        unsafe {
            let discard = symbol::lookup(c"ngx_http_discard_request_body");
            let send = symbol::lookup(c"ngx_http_send_header");
            let filter = symbol::lookup(c"ngx_http_output_filter");
            Some(Self {
                discard_request_body: transmute::<*mut c_void, Option<Handler>>(discard)?,
                send_header: transmute::<*mut c_void, Option<Handler>>(send)?,
                output_filter: transmute::<*mut c_void, Option<Filter>>(filter)?,
            })
        }
    }
}

/// # Safety
/// nginx serves the request.
unsafe fn answer(request: *mut ngx_http_request_t) -> ngx_int_t {
    const FAILED: ngx_int_t = NGX_HTTP_INTERNAL_SERVER_ERROR as ngx_int_t;
    // SAFETY: the caller's promise; everything the request is given lives in its pool.
    unsafe {
        if (*request).method & (NGX_HTTP_GET | NGX_HTTP_HEAD) as ngx_uint_t == 0 {
            return NGX_HTTP_NOT_ALLOWED as ngx_int_t;
        }
        let (Some(http), Some(report)) = (Http::look_up(), conf::status(&*request)) else {
            return FAILED;
        };
        let discarded = (http.discard_request_body)(request);
        if discarded != 0 {
            return discarded;
        }
        let snapshot = conf::with_zone(|zone| zone.table.snapshot(build(), zone.facts(), now_ms()));
        let Some(snapshot) = snapshot.flatten() else {
            return NGX_HTTP_SERVICE_UNAVAILABLE as ngx_int_t;
        };
        let format = format(request, report);
        let Some(body) = body(request, format, &snapshot) else {
            return FAILED;
        };
        if head(request, format, body.length()).is_none() {
            return FAILED;
        }
        // Not `header_only`: a request's bit-fields must not be read (`nginx/bit_fields.rs`).
        let is_head = (*request).method & NGX_HTTP_HEAD as ngx_uint_t != 0;
        let sent = (http.send_header)(request);
        if Status(sent) == Status::NGX_ERROR || sent > 0 || is_head {
            return sent;
        }
        (http.output_filter)(request, body.end((*request).main == request))
    }
}

/// What is asked for.
///
/// # Safety
/// The request is alive.
unsafe fn format(request: *mut ngx_http_request_t, report: Report) -> Format {
    // SAFETY: the caller's promise.
    let accept = || unsafe { request::accept(request) };
    match report {
        Report::Any => Format::preferred(&accept()),
        Report::Metrics => Format::preferred_metrics(&accept()),
        Report::Json => Format::Json,
        Report::Html => Format::Html,
    }
}

/// `None` without memory.
///
/// # Safety
/// The request is alive, and the body goes with it.
unsafe fn body(
    request: *mut ngx_http_request_t,
    format: Format,
    snapshot: &Snapshot,
) -> Option<Body> {
    // SAFETY: the caller's promise; the pool lives as long as its request.
    unsafe {
        let mut body = Body::new((*request).pool);
        write(format, snapshot, request::refresh(request), &mut body).ok()?;
        Some(body)
    }
}

fn build() -> Build {
    // SAFETY: constants of the running nginx and its library.
    let (nginx, openssl) = unsafe {
        let text = OpenSSL_version(OPENSSL_VERSION as core::ffi::c_int);
        (nginx_version, CStr::from_ptr(text))
    };
    let (major, minor, patch) = (nginx / 1_000_000, nginx / 1000 % 1000, nginx % 1000);
    Build {
        nginx: Text::from(format!("{major}.{minor}.{patch}").as_str()),
        openssl: Text::new(openssl.to_bytes()),
        generation: conf::generation(),
    }
}

/// Status and headers. The answer depends on Accept, so it varies by it, and the figures of a moment must
/// not be cached at all.
///
/// # Safety
/// The request is alive, and its header is not sent yet.
unsafe fn head(request: *mut ngx_http_request_t, format: Format, length: usize) -> Option<()> {
    let content_type = format.content_type();
    // What stands before the parameters: nginx adds its charset only to a type that ends there.
    let essence = content_type.split(';').next().unwrap_or(content_type);
    // SAFETY: the caller's promise; the texts are constants.
    unsafe {
        let out = &mut (*request).headers_out;
        out.status = NGX_HTTP_OK as ngx_uint_t;
        out.content_length_n = i64::try_from(length).ok()?;
        out.content_type = constant(content_type);
        out.content_type_len = essence.len();
        out.content_type_lowcase = core::ptr::null_mut();
        add(request, "Cache-Control", "no-store")?;
        add(request, "Vary", "Accept")?;
        add(request, "X-Content-Type-Options", "nosniff")?;
        if format == Format::Html {
            add(request, "Content-Security-Policy", CONTENT_SECURITY_POLICY)?;
        }
    }
    Some(())
}

/// Adds a header; `None` without memory.
///
/// # Safety
/// The request is alive, and its header is not sent yet.
unsafe fn add(
    request: *mut ngx_http_request_t,
    name: &'static str,
    value: &'static str,
) -> Option<()> {
    // SAFETY: the caller's promise; the list of headers holds elements of this type.
    unsafe {
        let list = core::ptr::addr_of_mut!((*request).headers_out.headers);
        let header: *mut ngx_table_elt_t = ngx_list_push(list).cast();
        header.as_mut()?;
        header.write(ngx_table_elt_t {
            hash: 1,
            key: constant(name),
            value: constant(value),
            ..core::mem::zeroed()
        });
    }
    Some(())
}

/// nginx never writes to the strings of an answer's head.
fn constant(text: &'static str) -> ngx_str_t {
    ngx_str_t {
        len: text.len(),
        data: text.as_ptr().cast_mut(),
    }
}
