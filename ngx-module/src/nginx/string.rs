//! Bounded copies of nginx's strings.

use ngx::ffi::ngx_str_t;
use tlsdiag::text::{bounded, Foreign};

/// A bounded copy of an nginx string that a client or a variable may have filled; `None` when it is
/// empty.
pub(crate) fn to_foreign(string: &ngx_str_t) -> Option<Foreign> {
    to_text(string).map(Foreign::from)
}

/// A bounded copy of an nginx string; `None` when it is empty.
pub(crate) fn to_text(string: &ngx_str_t) -> Option<String> {
    bytes(string).map(bounded)
}

/// The string itself; `None` when it is empty.
pub(crate) fn bytes(string: &ngx_str_t) -> Option<&[u8]> {
    (!string.data.is_null())
        .then(|| string.as_bytes())
        .filter(|bytes| !bytes.is_empty())
}
