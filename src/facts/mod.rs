//! What a recording means in TLS terms. No rule reads a recording's bytes: it asks here.

mod name;
mod offer;
mod phase;
mod plaintext;

pub use name::{NameFacts, NameProblem};
pub use offer::{Authorities, Chosen, Offered};
pub use phase::Phase;
pub use plaintext::PlainProtocol;

use crate::capture::{AlertSeen, Recording};

/// Everything the rules may know.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The observations themselves.
    pub recording: &'a Recording,
    /// How far the handshake came.
    pub phase: Phase,
    /// What nginx offered (the last ClientHello; `None` when none was sent).
    pub offered: Option<Offered>,
    /// What the peer chose: ServerHello, or HelloRetryRequest, completed by the negotiated values.
    pub chosen: Option<Chosen>,
    /// The peer asked for a client certificate; the CA names it listed.
    pub certificate_request: Option<Authorities>,
    /// The deciding alert: the last fatal one received, else the last fatal one sent.
    pub alert: Option<AlertSeen>,
    /// The name sent, the name compared and what is odd about it.
    pub name: NameFacts,
    /// The peer's first bytes are no TLS record; what they look like.
    pub plaintext: Option<PlainProtocol>,
}

impl<'a> Facts<'a> {
    /// Reads a recording. Never fails: what cannot be read is absent.
    pub fn of(recording: &'a Recording) -> Self {
        todo!("{recording:?}")
    }
}
