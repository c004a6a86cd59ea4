//! How one connection went.

use crate::capture::Recording;
use crate::registry::{CipherSuite, ProtocolVersion};

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// nginx would send its request now.
    Works(Established),
    /// The handshake failed, or nginx would reject what it brought.
    Fails(Box<Failure>),
    /// No connection came about; why.
    Unreachable(String),
    /// nginx would not start, or not connect, with these settings; why.
    Refused(String),
}

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Established {
    /// The version.
    pub version: ProtocolVersion,
    /// The suite.
    pub cipher: CipherSuite,
    /// Status of the answer, where a request was sent.
    pub status: Option<u16>,
}

/// A failure as the module would record it, and what could be found out of it without another
/// connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What was observed.
    pub recording: Recording,
    /// The file with the authorities this system trusts, where the rejected chain leads to one of them.
    pub trusted_by_system: Option<String>,
    /// Nothing but the date is wrong with the rejected chain.
    pub only_the_time: bool,
}
