//! What the upstream answered in HTTP over a handshake that stands.

use serde::{Deserialize, Serialize};

use crate::capture::Bytes;
use crate::text::Foreign;

/// Bytes kept of an answer's beginning.
pub const MAX_BODY: usize = 128;

/// An answer that TLS may have caused.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Response {
    /// Its status; 0 where what came is no answer of HTTP/1.
    pub status: u16,
    /// The Host that nginx sent, as it stands in its request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_sent: Option<Foreign>,
    /// Its first bytes, at most [`MAX_BODY`]: of the body, or of what is no answer of HTTP/1.
    pub body: Bytes,
}
