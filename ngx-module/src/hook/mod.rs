//! Gets our callbacks onto every TLS context nginx makes, without a patch and without knowing its
//! private structures.
//!
//! OpenSSL calls an ex_data `new_func` inside every `SSL_CTX_new`: there the context is noted.
//! When the configuration is complete (`init_module`) each noted context gets our message callback
//! and our info callback. nginx has installed its own info callback by then; ours calls it. Both are
//! read from the context when a connection starts, so nothing has to be set on an SSL, whose type is
//! not known yet inside its own `new_func` from OpenSSL 3.2 on.

mod contexts;
mod free;
mod info;
mod message;
mod state;

pub(crate) use contexts::{are_noted, attach, forget};

/// Registers with OpenSSL, once per process. False when it has no ex_data index left.
pub(crate) fn register() -> bool {
    state::take_slots(
        Some(contexts::created),
        Some(contexts::freed),
        Some(free::ssl_freed),
    )
}
