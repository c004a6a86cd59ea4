//! The response filters. They come first in nginx's chains: a diagnosis that the header filter makes is in
//! `$upstream_tls_diagnosis` before any other filter runs. The body filter looks at bodies that arrive
//! after their header.

use core::ffi::{c_void, CStr};
use core::mem::transmute;
use core::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use ngx::core::Status;
use ngx::ffi::{ngx_chain_t, ngx_http_request_t, ngx_http_upstream_t, ngx_int_t};
use tlsdiag::capture::Response;

use crate::hook;
use crate::nginx::buffer::between;
use crate::nginx::{cycle, symbol};
use crate::runtime::guard::guard;

type HeaderFilter = unsafe extern "C" fn(*mut ngx_http_request_t) -> ngx_int_t;
type BodyFilter = unsafe extern "C" fn(*mut ngx_http_request_t, *mut ngx_chain_t) -> ngx_int_t;

/// The filters that were first before ours.
static NEXT_HEADER: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static NEXT_BODY: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Puts the filters in front. nginx makes the chains anew for every configuration it reads.
///
/// # Safety
/// Called in a postconfiguration.
pub(crate) unsafe fn install() {
    // SAFETY: the caller's promise; each filter has the type of its chain.
    unsafe {
        put_first(
            c"ngx_http_top_header_filter",
            header as *mut c_void,
            &NEXT_HEADER,
        );
        put_first(c"ngx_http_top_body_filter", body as *mut c_void, &NEXT_BODY);
    }
}

/// # Safety
/// `top` names a variable of nginx's that holds a filter of the type of `ours`, or nothing.
unsafe fn put_first(top: &CStr, ours: *mut c_void, next: &AtomicPtr<c_void>) {
    let top: *mut *mut c_void = symbol::lookup(top).cast();
    // SAFETY: nginx's own variable, where this nginx has it, written on its only thread. A function pointer
    // is as wide as any other.
    if let Some(top) = unsafe { top.as_mut() }.filter(|top| **top != ours) {
        next.store(*top, Ordering::Relaxed);
        *top = ours;
    }
}

/// # Safety
/// nginx passes the request whose header it is about to send.
unsafe extern "C" fn header(request: *mut ngx_http_request_t) -> ngx_int_t {
    // SAFETY: the caller's promise; the next filter takes what ours took.
    unsafe {
        if let Some(upstream) = answered(request, Response::may_be_about_tls) {
            look(upstream, None);
        }
        let next = NEXT_HEADER.load(Ordering::Relaxed);
        match transmute::<*mut c_void, Option<HeaderFilter>>(next) {
            Some(next) => next(request),
            None => Status::NGX_ERROR.into(),
        }
    }
}

/// # Safety
/// nginx passes the request and a part of its body, which is alive until the filters return.
unsafe extern "C" fn body(request: *mut ngx_http_request_t, chain: *mut ngx_chain_t) -> ngx_int_t {
    // SAFETY: the caller's promise; the next filter takes what ours took.
    unsafe {
        if let Some(upstream) = answered(request, Response::has_a_telling_body) {
            let buffer = chain.as_ref().and_then(|chain| chain.buf.as_ref());
            let bytes = buffer.map_or(&[][..], |buffer| between(buffer.pos, buffer.last));
            if !bytes.is_empty() {
                look(upstream, Some(bytes));
            }
        }
        let next = NEXT_BODY.load(Ordering::Relaxed);
        match transmute::<*mut c_void, Option<BodyFilter>>(next) {
            Some(next) => next(request, chain),
            None => Status::NGX_ERROR.into(),
        }
    }
}

/// The upstream of an answer with such a status, while its connection is there.
///
/// # Safety
/// The request is alive for as long as the result is used.
unsafe fn answered<'a>(
    request: *mut ngx_http_request_t,
    has_status: fn(u16) -> bool,
) -> Option<&'a ngx_http_upstream_t> {
    // SAFETY: the caller's promise; the upstream lives as long as its request.
    let upstream = unsafe { (*request).upstream.as_ref() }?;
    let is_suspicious = u16::try_from(upstream.headers_in.status_n).is_ok_and(has_status);
    let is_there = is_suspicious && !upstream.peer.connection.is_null();
    is_there.then_some(upstream)
}

/// # Safety
/// The upstream is a live request's.
unsafe fn look(upstream: &ngx_http_upstream_t, body: Option<&[u8]>) {
    guard("response", || {
        if cycle::is_loaded() {
            // SAFETY: the caller's promise; nginx takes the pointer away when it closes the connection.
            unsafe {
                if let Some(connection) = upstream.peer.connection.as_ref() {
                    hook::answered(connection, body);
                }
            }
        }
    });
}
