//! What is kept of a handshake: the core's recorder, references to the certificates, and which identity
//! (name and client certificate) nginx has shown.

use ngx::ffi::{SSL_session_reused, SSL};
use tlsdiag::capture::{ClientCertificateSent, Identity, Recorder};

use crate::openssl::identity::{self, OfferedSession};
use crate::openssl::{Chain, QueueMark, X509};

/// One watched connection.
pub(crate) struct Observation {
    pub(crate) recorder: Recorder,
    /// The certificate the peer presented.
    pub(crate) leaf: Option<X509>,
    /// All that it sent; kept when nginx is about to reject it.
    pub(crate) chain: Option<Chain>,
    /// The client certificate that was sent.
    pub(crate) own_certificate: Option<X509>,
    /// The session that was offered.
    pub(crate) session: OfferedSession,
    /// The identity that nginx has for this handshake; set when it is first needed.
    held: Option<Identity>,
    /// The identity under which the upstream knows nginx on this connection.
    pub(crate) identity: Identity,
}

impl Observation {
    pub(crate) fn new(started_ns: u64) -> Self {
        Self {
            recorder: Recorder::new(started_ns),
            leaf: None,
            chain: None,
            own_certificate: None,
            session: OfferedSession::default(),
            held: None,
            identity: Identity::default(),
        }
    }

    /// Our hello was sent. Notes the session it offers, which may have been made for another identity.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside its callbacks.
    pub(crate) unsafe fn offered(&mut self, ssl: *mut SSL) {
        // SAFETY: the caller's promise, and nothing is resumed before the peer's hello.
        unsafe {
            self.session = OfferedSession::of(ssl);
            if self.session.made_for.is_some() {
                self.held = Some(identity::held_by(ssl));
            }
        }
    }

    /// Our side is done. A resumed session keeps the certificate of the handshake in which it was made; a new
    /// one is marked before nginx stores it.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside its callbacks.
    pub(crate) unsafe fn identified(&mut self, ssl: *mut SSL, is_session_stored: bool) {
        // SAFETY: the caller's promise.
        unsafe {
            if SSL_session_reused(ssl) == 1 {
                self.identity = Identity {
                    name: self.held.and_then(|held| held.name),
                    certificate: self.session.made_for.and_then(|one| one.certificate),
                };
                return;
            }
            let held = *self.held.get_or_insert_with(|| identity::held_by(ssl));
            let was_asked = self.recorder.certificate_request.is_some();
            self.identity = Identity {
                certificate: held.certificate.filter(|_| was_asked),
                ..held
            };
            if is_session_stored {
                identity::mark_session(ssl, self.identity);
            }
        }
    }

    /// The identity that nginx has for this handshake.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside its callbacks.
    pub(crate) unsafe fn held(&self, ssl: *mut SSL) -> Identity {
        // SAFETY: the caller's promise. Of a session that was resumed it is the name that its peer confirmed.
        self.held
            .unwrap_or_else(|| unsafe { identity::held_by(ssl) })
    }

    /// The session offered was made with another name or certificate.
    pub(crate) fn offers_session_of_another(&self) -> bool {
        let both = self.session.made_for.zip(self.held);
        both.is_some_and(|(made_for, held)| made_for.differs_from(held))
    }

    /// Lets go of what only a failing handshake needs.
    pub(crate) fn shrink(&mut self) {
        self.recorder.server_hellos = [None, None];
        self.leaf = None;
        self.chain = None;
    }

    /// Keeps what only a live SSL can tell and only a failure needs: the certificates of both sides.
    ///
    /// # Safety
    /// `ssl` is alive: only from inside its callbacks.
    pub(crate) unsafe fn snapshot(&mut self, ssl: *const SSL) {
        // Before that it is the certificate of the session offered.
        let has_leaf = self.recorder.finished || self.recorder.certificate_came();
        let has_own = self.recorder.client_certificate == ClientCertificateSent::Certificate;
        if !has_leaf && !has_own {
            return;
        }
        let _mark = QueueMark::set();
        // SAFETY: the caller's promise.
        unsafe {
            if has_leaf && self.leaf.is_none() {
                self.leaf = X509::peer(ssl);
            }
            if has_own && self.own_certificate.is_none() {
                self.own_certificate = X509::own(ssl);
            }
        }
    }
}
