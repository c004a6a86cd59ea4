//! What is kept of a handshake while it runs: the core's recorder, and our own references to the
//! certificates, which a failure needs and only OpenSSL can read.

use ngx::ffi::SSL;
use tlsdiag::capture::{Presented, Recorder};

use crate::openssl::{Chain, QueueMark, X509};

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

    /// Keeps what only a live SSL can tell and only a failure needs: the certificates of both sides.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside its callbacks.
    pub(crate) unsafe fn snapshot(&mut self, ssl: *const SSL) {
        let _mark = QueueMark::set();
        // SAFETY: the caller's promise.
        unsafe {
            // Before that it is the certificate of the session offered.
            if self.leaf.is_none() && (self.recorder.finished || self.recorder.certificate_came()) {
                self.leaf = X509::peer(ssl);
            }
            if self.recorder.presented == Presented::Certificate && self.own_certificate.is_none() {
                self.own_certificate = X509::own(ssl);
            }
        }
    }
}
