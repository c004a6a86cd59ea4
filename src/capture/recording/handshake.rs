//! What crossed the wire.

use serde::{Deserialize, Serialize};

use super::Certificate;
use crate::capture::Bytes;
use crate::text::Foreign;

/// Bytes kept of one handshake message; [`Captured::length`] keeps the true length.
pub const MAX_MESSAGE: usize = 16 * 1024;
/// Entries kept of [`Handshake::messages`].
pub const MAX_MESSAGES: usize = 32;

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// nginx sent it.
    Sent,
    /// The upstream sent it.
    Received,
}

/// One handshake message, cut at [`MAX_MESSAGE`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Captured {
    /// Message with its 4-byte handshake header.
    pub bytes: Bytes,
    /// True length, header included.
    pub length: u32,
}

/// A handshake message went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSeen {
    /// Who sent it.
    pub from: Direction,
    /// HandshakeType (RFC 8446 section 4).
    pub kind: u8,
}

/// An alert went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSeen {
    /// Who sent it.
    pub from: Direction,
    /// AlertLevel: 1 warning, 2 fatal.
    pub level: u8,
    /// AlertDescription (RFC 8446 section 6).
    pub code: u8,
    /// It came after our side had finished the handshake.
    #[serde(default)]
    pub after_finished: bool,
}

/// What outlives the request for which it was made, and keeps that request's identity towards the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reused {
    /// The session that this handshake offered.
    Session,
    /// The connection, which was kept alive.
    Connection,
}

/// What crossed the wire, in both directions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Handshake {
    /// ClientHellos sent: one, or two after a HelloRetryRequest.
    pub client_hellos: Vec<Captured>,
    /// HelloRetryRequest received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hello_retry_request: Option<Captured>,
    /// ServerHello received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_hello: Option<Captured>,
    /// CertificateRequest received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_request: Option<Captured>,
    /// The handshake messages in order, at most [`MAX_MESSAGES`].
    pub messages: Vec<MessageSeen>,
    /// Alerts in order, at most 4.
    pub alerts: Vec<AlertSeen>,
    /// First bytes received, at most 5: a record header, or the peer's own protocol.
    #[serde(rename = "opening")]
    pub first_bytes: Bytes,
    /// Bytes of records sent, headers included.
    pub bytes_sent: u64,
    /// Bytes of records received, headers included.
    pub bytes_received: u64,
    /// Our side finished the handshake.
    pub finished: bool,
    /// Negotiated protocol version (0x0303 is TLS 1.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
    /// Negotiated cipher suite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<u16>,
    /// Negotiated group (TLS `NamedGroup`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<u16>,
    /// Negotiated ALPN protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<Foreign>,
    /// An earlier session was resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<bool>,
    /// The server name that the session offered was made under (`SSL_SESSION_get0_hostname`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_name: Option<Foreign>,
    /// What was used again although it was made under another name or client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused: Option<Reused>,
    /// The client Certificate message we sent; absent when none was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<ClientCertificate>,
    /// First handshake byte to failure, nanoseconds.
    pub duration_ns: u64,
}

/// Our answer to a CertificateRequest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClientCertificate {
    /// The Certificate message carried no certificate.
    pub empty: bool,
    /// The certificate nginx holds for this context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
    /// Issuer name of that certificate, DER: what a CertificateRequest lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_name: Option<Bytes>,
}
