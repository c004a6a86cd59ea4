//! The end of an SSL.
//!
//! OpenSSL calls this inside `SSL_free`, which nginx calls right after it logged its own error. The
//! SSL is only read for its ex_data, its context and its verify result: from OpenSSL 3.5 on nothing
//! else of it is alive here. nginx's connection, request and configuration are.

use core::ffi::{c_int, c_long, c_void};

use ngx::ffi::{SSL_get_SSL_CTX, SSL_get_verify_result, CRYPTO_EX_DATA, SSL};

use super::state::{ConnectionState, Watched};
use crate::nginx::cycle;
use crate::openssl::QueueMark;
use crate::outcome;
use crate::runtime::guard;
use crate::upstream::UpstreamConnection;

/// OpenSSL's `CRYPTO_EX_free` for our slot, inside `SSL_free`.
///
/// # Safety
/// OpenSSL passes the SSL that ends and what its slot holds.
pub(super) unsafe extern "C" fn ssl_freed(
    ssl: *mut c_void,
    slot: *mut c_void,
    _: *mut CRYPTO_EX_DATA,
    _: c_int,
    _: c_long,
    _: *mut c_void,
) {
    if slot.is_null() {
        return;
    }
    guard::guard("free", || {
        // SAFETY: the slot held a box of ours, and OpenSSL forgets the slot after this call.
        let mut watched = unsafe { Box::from_raw(slot.cast::<Watched>()) };
        if !cycle::is_loaded() {
            return;
        }
        let Watched {
            connection,
            observation,
            state,
            ..
        } = &mut *watched;
        let ssl: *mut SSL = ssl.cast();
        // SAFETY: the caller's promise; nginx frees the SSL before the connection it belongs to. Of the SSL
        // only ex_data, context and verify result are read, which every version keeps until after this call.
        unsafe {
            let Some(connection) = connection.as_ref() else {
                return;
            };
            let upstream = UpstreamConnection::of(connection);
            let (context, result) = (SSL_get_SSL_CTX(ssl), SSL_get_verify_result(ssl));
            match state {
                ConnectionState::Handshaking => {
                    outcome::close(observation, &upstream, context, result);
                }
                ConnectionState::Established(established) => {
                    if upstream.has_suspicious_answer() {
                        let _mark = QueueMark::set();
                        outcome::answered(
                            observation,
                            established,
                            &upstream,
                            None,
                            context,
                            result,
                        );
                    }
                }
            }
        }
    });
}
