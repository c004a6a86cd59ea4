//! What hangs on an SSL while its handshake runs: the core's recorder, and our own references to the
//! certificates, which a failure needs and only OpenSSL can read.

use tlsdiag::capture::Recorder;

use crate::openssl::{Chain, X509};
use crate::variables::Negotiated;

/// What the slot of an SSL holds.
#[allow(
    clippy::large_enum_variant,
    reason = "nearly always Running, for which one allocation is better than two"
)]
pub(crate) enum Watched {
    /// Its handshake, or what may still come of it.
    Running(Note),
    /// It carries data, and variables ask what was agreed on.
    Used(Negotiated),
}

/// One watched connection.
pub(crate) struct Note {
    pub(crate) recorder: Recorder,
    /// The certificate the peer presented.
    pub(crate) leaf: Option<X509>,
    /// All that it sent; kept when nginx is about to reject it.
    pub(crate) chain: Option<Chain>,
    /// The client certificate that was sent.
    pub(crate) own_certificate: Option<X509>,
}

impl Note {
    pub(crate) fn new(started_ns: u64) -> Self {
        Self {
            recorder: Recorder::new(started_ns),
            leaf: None,
            chain: None,
            own_certificate: None,
        }
    }
}
