//! `$upstream_tls_*`: what the TLS attempts of a request or session came to, for access logs.
//!
//! Values are joined as in `$upstream_addr`: commas between the peers of one pass, colons between passes, a
//! dash where an attempt has none. Nothing is collected while the configuration uses no such variable.

mod attempt;
pub(crate) mod http;
#[cfg(ngx_feature = "stream")]
pub(crate) mod stream;

use std::borrow::Cow;

use ngx::ffi::{ngx_pool_t, ngx_str_t, ngx_variable_value_t};
use tlsdiag::capture::{Kept, RecordedAlert, Recorder};
use tlsdiag::wire::{server_name, ServerHello};
use tlsdiag::Diagnosis;

use crate::nginx::string;

pub(crate) use attempt::publish;

/// The variables; a handler gets its place in this list.
const NAMES: [&str; COUNT] = [
    "upstream_tls_diagnosis",
    "upstream_tls_alert",
    "upstream_tls_fix",
    "upstream_tls_protocol",
    "upstream_tls_cipher",
    "upstream_tls_curve",
    "upstream_tls_server_name",
    "upstream_tls_session_reused",
];
const COUNT: usize = 8;

/// Bytes of one value of one attempt.
const MAX_VALUE: usize = 256;

/// The running configuration uses one of them.
pub(crate) fn are_used() -> bool {
    crate::conf::uses_variables()
}

/// One is read although nginx.conf does not name it (a script reads variables by name). From now on values
/// are collected.
fn use_them() {
    crate::conf::use_variables();
}

/// What a handshake agreed on; of one that failed, the name that was sent. Lives as long as the
/// connection, so it holds no memory of its own that could be the reserve's.
#[derive(Clone, Copy)]
pub(crate) struct Negotiated {
    version: u16,
    cipher: u16,
    group: u16,
    resumed: Option<bool>,
    /// Where the name sent stands in our first hello, and its length.
    server_name: (usize, usize),
}

impl Negotiated {
    pub(crate) fn of(recorder: &Recorder) -> Self {
        let last = recorder.server_hellos.iter().flatten().next_back();
        let group = |hello: &Kept| ServerHello::read(&hello.bytes).group.map(|group| group.0);
        let hello = first_hello(recorder);
        let name = server_name(hello).unwrap_or_default();
        Self {
            version: recorder.version,
            cipher: recorder.cipher,
            group: match (recorder.finished, recorder.group) {
                (false, _) => 0,
                (true, 0) => last.and_then(group).unwrap_or(0),
                (true, seen) => seen,
            },
            resumed: recorder.finished.then_some(recorder.resumed),
            server_name: (
                (name.as_ptr() as usize).saturating_sub(hello.as_ptr() as usize),
                name.len(),
            ),
        }
    }

    /// The name sent, in the recording that this was made of.
    fn server_name<'r>(&self, recorder: &'r Recorder) -> &'r [u8] {
        let (start, length) = self.server_name;
        let rest = first_hello(recorder).get(start..).unwrap_or_default();
        rest.get(..length).unwrap_or_default()
    }
}

fn first_hello(recorder: &Recorder) -> &[u8] {
    let first = recorder.client_hellos.iter().flatten().next();
    first.map_or(&[], |hello| &hello.bytes)
}

/// What an attempt came to.
pub(crate) struct Values<'v> {
    pub(crate) negotiated: Negotiated,
    /// What `negotiated` was made of.
    pub(crate) recorder: &'v Recorder,
    pub(crate) failure: Option<(&'v Diagnosis, Option<RecordedAlert>)>,
}

/// A text as nginx's variable value: as it is where it lives long enough, else in memory of the pool.
///
/// # Safety
/// The pool is the request's or session's, and what is borrowed lives as long as it.
unsafe fn set(
    value: &mut ngx_variable_value_t,
    pool: *mut ngx_pool_t,
    text: Cow<'_, str>,
) -> Option<()> {
    let text = match text {
        Cow::Borrowed(text) => (text.as_ptr(), text.len()),
        Cow::Owned(text) => {
            // SAFETY: the caller's promise.
            let copy = unsafe { string::copy(pool, text.as_bytes()) }?;
            (copy.data.cast_const(), copy.len)
        }
    };
    string::set_value(value, text.0, text.1)
}

/// Whether one of these names is ours: something in the configuration uses it.
fn is_ours(name: &ngx_str_t) -> bool {
    let is = |one: &&str| one.as_bytes() == name.as_bytes();
    NAMES.iter().any(is)
}
