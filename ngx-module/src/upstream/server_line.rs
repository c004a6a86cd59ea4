//! The `server` line of an `upstream {}` block that led to the peer tried.
//!
//! A balancer names its peers by the addresses to which the lines were resolved when the configuration was
//! read, and does not keep which line it was. So the line is looked up by the address.

use ngx::ffi::{ngx_addr_t, ngx_array_t, ngx_str_t, ngx_uint_t};

use crate::nginx::string;

/// Lines, and addresses of one, that are looked at.
const MAX_LINES: usize = 1024;
const MAX_ADDRESSES: usize = 64;

/// A line as http and stream keep it.
pub(super) struct Line {
    /// As it stands in nginx.conf, without its parameters.
    pub(super) name: ngx_str_t,
    /// What it was resolved to.
    pub(super) addresses: *const ngx_addr_t,
    pub(super) count: ngx_uint_t,
}

/// The line that led to the peer with this address; `None` where lines of different names share it. In a
/// block of one line it can be no other, even if that is resolved again at run time.
///
/// # Safety
/// `lines` is NULL or an array of `T`, and it, `peer` and what `read` finds are alive.
pub(super) unsafe fn of_peer<T>(
    lines: *const ngx_array_t,
    peer: &ngx_str_t,
    read: impl Fn(&T) -> Line,
) -> Option<String> {
    // SAFETY: the caller's promise.
    let lines: &[T] = unsafe { lines.as_ref()?.as_slice() };
    let mut found: Option<ngx_str_t> = None;
    for line in lines.iter().take(MAX_LINES).map(read) {
        // SAFETY: the caller's promise: what `read` finds is alive.
        if lines.len() > 1 && !unsafe { leads_to(&line, peer) } {
            continue;
        }
        match found {
            None => found = Some(line.name),
            Some(first) if first.as_bytes() == line.name.as_bytes() => {}
            Some(_) => return None,
        }
    }
    string::to_text(&found?)
}

/// # Safety
/// The line's addresses are alive.
unsafe fn leads_to(line: &Line, peer: &ngx_str_t) -> bool {
    if line.addresses.is_null() {
        return false;
    }
    // SAFETY: the caller's promise.
    let addresses = unsafe { core::slice::from_raw_parts(line.addresses, line.count) };
    let mut some = addresses.iter().take(MAX_ADDRESSES);
    some.any(|one| one.name.as_bytes() == peer.as_bytes())
}
