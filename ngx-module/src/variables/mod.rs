//! `$upstream_tls_*`: what the TLS attempts of a request or session came to, for access logs.
//!
//! Values are joined as in `$upstream_addr`: commas between the peers of one pass, colons between passes, a
//! dash where an attempt has none. Nothing is collected while the configuration uses no such variable.

mod attempt;
pub(crate) mod http;
#[cfg(ngx_feature = "stream")]
pub(crate) mod stream;

use ngx::ffi::{ngx_connection_t, ngx_str_t, ngx_variable_value_t};
use tlsdiag::capture::{Kept, RecordedAlert, Recorder};
use tlsdiag::registry::{CipherSuite, NamedGroup, ProtocolVersion};
use tlsdiag::wire::{ClientHello, ServerHello};
use tlsdiag::Diagnosis;

use crate::runtime::allocator::with_reserve;
use crate::upstream::UpstreamConnection;

pub(crate) use attempt::record;

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

/// What a handshake agreed on; of a failed one, the name that was sent. It lives as long as the connection,
/// so it allocates nothing, which might come from the reserve.
pub(crate) struct Negotiated {
    version: u16,
    cipher: u16,
    group: u16,
    resumed: Option<bool>,
    server_name: [u8; MAX_NAME],
    server_name_length: usize,
    /// `c->requests` when the values were last published: each request on a kept connection gets its own.
    published_at: Option<usize>,
}

/// Longest name of DNS.
const MAX_NAME: usize = 255;

impl Negotiated {
    pub(crate) fn of(recorder: &Recorder) -> Self {
        let first = recorder.client_hellos.iter().flatten().next();
        let last = recorder.server_hellos.iter().flatten().next_back();
        let name = |hello: &Kept| ClientHello::read(&hello.bytes).server_name;
        let group = |hello: &Kept| ServerHello::read(&hello.bytes).group.map(|group| group.0);
        let mut negotiated = Self {
            version: recorder.version,
            cipher: recorder.cipher,
            group: match (recorder.finished, recorder.group) {
                (false, _) => 0,
                (true, 0) => last.and_then(group).unwrap_or(0),
                (true, seen) => seen,
            },
            resumed: recorder.finished.then_some(recorder.resumed),
            server_name: [0; MAX_NAME],
            server_name_length: 0,
            published_at: None,
        };
        let name = first.and_then(name).unwrap_or_default();
        for (to, from) in negotiated.server_name.iter_mut().zip(name.iter()) {
            *to = *from;
        }
        negotiated.server_name_length = name.len().min(MAX_NAME);
        negotiated
    }

    /// Publishes the values for the request or session that uses the connection, once for each.
    ///
    /// # Safety
    /// NULL, or a live connection.
    pub(crate) unsafe fn publish_for(&mut self, connection: *const ngx_connection_t) {
        // SAFETY: the caller's promise.
        let Some(connection) = (unsafe { connection.as_ref() }) else {
            return;
        };
        if self.published_at == Some(connection.requests) {
            return;
        }
        self.published_at = Some(connection.requests);
        with_reserve(|| {
            // SAFETY: the caller's promise.
            let upstream = unsafe { UpstreamConnection::of(connection) };
            record(&upstream, &values(self, None))
        });
    }

    fn server_name(&self) -> String {
        let name = self.server_name.get(..self.server_name_length);
        tlsdiag::text::bounded(name.unwrap_or_default())
    }
}

/// The values of one attempt, in the order of [`NAMES`]; empty for none.
pub(crate) fn values(
    negotiated: &Negotiated,
    failure: Option<(&Diagnosis, Option<RecordedAlert>)>,
) -> [String; COUNT] {
    let diagnosis = failure.map(|(diagnosis, _)| diagnosis);
    let alert = failure.and_then(|(_, alert)| alert);
    let code = |value: u16| (value != 0).then_some(value);
    let values = [
        diagnosis.map(|one| one.name.to_owned()),
        alert.map(|one| format!("{}:{}", if one.sent { "out" } else { "in" }, one.code)),
        diagnosis.map(|one| one.finding.remedy.fix.join(" ")),
        code(negotiated.version).map(|version| ProtocolVersion(version).to_string()),
        code(negotiated.cipher).map(|cipher| CipherSuite(cipher).to_string()),
        code(negotiated.group).map(|group| NamedGroup(group).to_string()),
        Some(negotiated.server_name()),
        negotiated
            .resumed
            .map(|resumed| if resumed { "r" } else { "." }.to_owned()),
    ];
    values.map(Option::unwrap_or_default)
}

/// Joins the values of all attempts. `peers` tells for every state whether it is an attempt or the
/// border between two passes (`ngx_http_upstream_addr_variable`).
fn join(peers: &[bool], value: impl Fn(usize) -> String) -> String {
    let mut joined = String::new();
    let mut separator = "";
    for (index, is_attempt) in peers.iter().enumerate() {
        if !is_attempt {
            separator = " : ";
            continue;
        }
        joined.push_str(separator);
        let value = value(index);
        joined.push_str(if value.is_empty() { "-" } else { &value });
        separator = ", ";
    }
    joined
}

/// A text as nginx's variable value, in memory of the pool.
///
/// # Safety
/// The pool is alive, and `value` is not looked at after it.
unsafe fn set(
    value: &mut ngx_variable_value_t,
    pool: *mut ngx::ffi::ngx_pool_t,
    text: &str,
) -> Option<()> {
    // SAFETY: the caller's promise; the copy is as long as the text.
    unsafe {
        let copy = ngx::ffi::ngx_pnalloc(pool, text.len()).cast::<u8>();
        if copy.is_null() {
            return None;
        }
        core::ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
        value.set_len(u32::try_from(text.len()).ok()?);
        value.set_valid(1);
        value.set_no_cacheable(0);
        value.set_not_found(0);
        value.data = copy;
    }
    Some(())
}

/// Whether one of these names is ours: something in the configuration uses it.
fn is_ours(name: &ngx_str_t) -> bool {
    let is = |one: &&str| one.as_bytes() == name.as_bytes();
    NAMES.iter().any(is)
}
