//! OpenSSL through the running nginx: owned references, certificates as facts, re-verification.
//!
//! Every symbol resolves from the nginx process; libssl is never linked. Functions that only some
//! supported versions have are not used.

mod certificate;
mod check;
mod error;
mod ex_data;
mod ffi;
pub(crate) mod identity;
mod memory;
mod recording;
mod verify;
mod x509;

pub(crate) use check::{check, unverified};
pub(crate) use error::{handshake_error, ErrorCode, QueueMark};
pub(crate) use ex_data::{Slot, CLASS_SSL, CLASS_SSL_CTX};
pub(crate) use memory::forget_verifications;
pub(crate) use recording::{client_certificate, ending, with_context};
pub(crate) use x509::{Borrowed, Chain, X509};

use crate::runtime::guard::guard;
