//! The one part of the command line that speaks to OpenSSL: handshakes as nginx makes them.
//!
//! What the module knows of certificates, of verifying them and of the error queue is shared, not
//! written twice: those files name their bindings `super::ffi`, and each side has its own.

mod connection;
mod context;
mod failure;
mod ffi;
mod library;
mod memory;
mod pem;
mod request;
mod session;
mod watch;

#[path = "../../ngx-module/src/openssl/certificate.rs"]
#[allow(dead_code, reason = "the module asks more of it")]
mod certificate;
#[path = "../../ngx-module/src/openssl/check.rs"]
mod check;
#[path = "../../ngx-module/src/openssl/error.rs"]
#[allow(dead_code, reason = "the module asks more of it")]
mod error;
#[path = "../../ngx-module/src/openssl/recording.rs"]
mod recording;
#[path = "../../ngx-module/src/openssl/verify.rs"]
mod verify;
#[path = "../../ngx-module/src/openssl/x509.rs"]
#[allow(dead_code, reason = "the module asks more of it")]
mod x509;

use std::panic::{catch_unwind, AssertUnwindSafe};

pub(crate) use connection::Peer;
pub(crate) use library::{start, version};
use x509::{Chain, X509};

/// Runs the body of a callback of OpenSSL's: no panic may cross into C. `None` after one.
fn guard<R>(_: &'static str, body: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(body)).ok()
}
