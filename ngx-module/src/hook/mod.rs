//! Gets our callbacks onto every TLS context nginx makes, without a patch and without knowing its
//! private structures.
//!
//! OpenSSL calls an ex_data `new_func` inside every `SSL_CTX_new`: there the context is put on a list.
//! When the configuration is complete (`init_module`) each context on it gets our message callback
//! and our info callback. nginx has installed its own info callback by then; ours calls it. Both are
//! read from the context when a connection starts, so nothing has to be set on an SSL, whose type is
//! not known yet inside its own `new_func` from OpenSSL 3.2 on.

mod contexts;
mod free;
mod info;
mod message;
mod state;

use core::fmt;

use ngx::ffi::{ngx_connection_t, SSL_get_SSL_CTX, SSL_get_verify_result};

use crate::openssl::{identity, QueueMark, X509};
use crate::outcome;
use crate::upstream::UpstreamConnection;

pub(crate) use contexts::{attach, clear_pending};

/// Registers with OpenSSL, once per process.
///
/// # Errors
/// When this OpenSSL, or a library that passes for it, cannot be watched.
pub(crate) fn register() -> Result<(), RegistrationError> {
    let has_slots = state::take_slots(
        Some(contexts::created),
        Some(contexts::freed),
        Some(free::ssl_freed),
    ) && identity::register();
    if !has_slots {
        return Err(RegistrationError::NoIndex);
    }
    match contexts::library_calls_us() {
        true => Ok(()),
        false => Err(RegistrationError::NeverCalled),
    }
}

/// Why OpenSSL cannot be watched.
pub(crate) enum RegistrationError {
    /// It has no ex_data index left to give.
    NoIndex,
    /// It takes ex_data functions and never calls them.
    NeverCalled,
}

impl fmt::Display for RegistrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoIndex => "cannot hook OpenSSL: it has no ex_data index left",
            Self::NeverCalled => {
                "cannot watch this TLS library: it does not call ex_data functions"
            }
        })
    }
}

/// Looks at an answer that nginx passes on, by its header or by the beginning of its body.
///
/// # Safety
/// nginx's connection, alive, and on nginx's thread.
pub(crate) unsafe fn answered(connection: &ngx_connection_t, body: Option<&[u8]>) {
    // SAFETY: the caller's promise: the SSL lives as long as its connection, and no callback of ours runs.
    unsafe {
        let Some(own) = connection.ssl.as_ref() else {
            return;
        };
        let ssl = own.connection;
        let Some((observation, established)) = state::established(ssl) else {
            return;
        };
        let _mark = QueueMark::set();
        observation.leaf = X509::peer(ssl);
        let upstream = UpstreamConnection::of(connection);
        let (context, result) = (SSL_get_SSL_CTX(ssl), SSL_get_verify_result(ssl));
        outcome::answered(observation, established, &upstream, body, context, result);
        observation.leaf = None;
    }
}
