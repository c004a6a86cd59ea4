//! What was observed on one upstream connection.
//!
//! A [`Recording`] is the contract between nginx and the core and the format of every fixture: one
//! bug report is one JSON file is one test. It holds observations, never conclusions; it is bounded, and
//! what the peer sent is untrusted. A [`Recorder`] collects the observations while the handshake runs.

mod alert;
mod bytes;
mod ending;
mod identity;
mod likeness;
mod noted;
mod recorder;
mod recording;

pub use bytes::Bytes;
pub use ending::{ending_of, Circumstances};
pub use identity::Identity;
pub use recorder::{ClientCertificateSent, HandshakeError, Kept, RecordedAlert, Recorder};
pub use recording::{
    AlertSeen, Captured, Certificate, CertificateCheck, ClientCertificate, Context, Direction,
    Ending, EndingKind, Environment, Handshake, History, MessageSeen, Module, Offer,
    OwnCertificate, Page, PeerCertificate, Recording, Response, Reused, Settings, Summary,
    VerifyError, FORMAT, MAX_BODY, MAX_CHAIN, MAX_MESSAGE, MAX_MESSAGES, MAX_NAMES,
};
