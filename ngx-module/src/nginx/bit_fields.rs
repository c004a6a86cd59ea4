//! Bit-fields of nginx's structures that are read or set, and why that is right.
//!
//! bindgen counts them from the first one on, the C compiler from the last multiple of four bytes before it.
//! Where the first one begins at no such multiple, the two differ after the first field that would cross
//! one, as in `ngx_http_request_t` of nginx 1.31: there a bit-field must not be touched.

use core::mem::offset_of;

#[cfg(ngx_feature = "stream")]
use ngx::ffi::ngx_stream_upstream_t;
use ngx::ffi::{ngx_buf_t, ngx_event_t, ngx_http_upstream_t, ngx_variable_value_t};

/// Stops the build for an nginx in which bindgen would have them elsewhere.
macro_rules! begin_where_both_count {
    ($($structure:ty),+) => {
        $(const _: () = assert!(
            offset_of!($structure, _bitfield_1) % 4 == 0,
            concat!("the bit-fields of ", stringify!($structure), " are not where bindgen takes them to be")
        );)+
    };
}

begin_where_both_count!(
    ngx_buf_t,
    ngx_event_t,
    ngx_http_upstream_t,
    ngx_variable_value_t
);
#[cfg(ngx_feature = "stream")]
begin_where_both_count!(ngx_stream_upstream_t);
