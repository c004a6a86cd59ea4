//! What carries the handshake.

pub(super) mod client_hello_too_large;
pub(super) mod handshake_timeout;
pub(super) mod peer_closed;
pub(super) mod peer_reset;
pub(super) mod plaintext_upstream;
pub(super) mod session_resumption_rejected;
