//! What is asked for.

use ngx::ffi::{ngx_http_request_t, ngx_list_part_t, ngx_table_elt_t};

/// Bytes of an Accept header that are read.
const MAX_ACCEPT: usize = 4096;
/// Parts of the list of headers that are looked at.
const MAX_PARTS: usize = 64;

/// All Accept headers, as one. nginx has a place for them only when it is built with some other modules.
///
/// # Safety
/// The request is alive.
pub(super) unsafe fn accept(request: *mut ngx_http_request_t) -> String {
    let mut all = String::new();
    // SAFETY: the request's headers are a list of parts, each with so many elements; names and values
    // live as long as the request.
    unsafe {
        let mut part: *const ngx_list_part_t =
            core::ptr::addr_of!((*request).headers_in.headers.part);
        for _ in 0..MAX_PARTS {
            let Some(one) = part.as_ref() else { break };
            if one.elts.is_null() {
                break;
            }
            let headers =
                core::slice::from_raw_parts(one.elts.cast::<ngx_table_elt_t>(), one.nelts);
            for header in headers {
                if header.key.as_bytes().eq_ignore_ascii_case(b"accept") {
                    let value = header.value.as_bytes();
                    let value = value.get(..MAX_ACCEPT).unwrap_or(value);
                    all.push_str(&String::from_utf8_lossy(value));
                    all.push(',');
                }
            }
            part = one.next;
        }
    }
    all
}

/// `refresh=N` of the query.
///
/// # Safety
/// The request is alive.
pub(super) unsafe fn refresh(request: *mut ngx_http_request_t) -> Option<u32> {
    // SAFETY: the arguments live as long as the request.
    let arguments = unsafe {
        let arguments = &(*request).args;
        if arguments.data.is_null() {
            return None;
        }
        arguments.as_bytes()
    };
    let mut pairs = arguments.split(|byte| *byte == b'&');
    let value = pairs.find_map(|pair| pair.strip_prefix(b"refresh="))?;
    core::str::from_utf8(value).ok()?.parse().ok()
}
