//! The recording's shape. Field order is the order in which a reader wants to see it.

mod certificate;
mod connection;
mod handshake;
mod history;
mod response;

pub use certificate::{Certificate, CertificateCheck, VerifyError, MAX_CHAIN, MAX_NAMES};
pub use connection::{Context, Module, Settings};
pub use handshake::{
    AlertSeen, Captured, ClientCertificate, Direction, Handshake, MessageSeen, Reused, MAX_MESSAGE,
    MAX_MESSAGES,
};
pub use history::{History, Offer, OwnCertificate, PeerCertificate, Summary};
pub use response::{Page, Response, MAX_BODY};

use serde::{Deserialize, Serialize};

use crate::text::Foreign;

/// Version of the recording format; a reader refuses any other.
pub const FORMAT: u32 = 1;

/// Everything observed on one upstream connection that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The nginx and the TLS library that made the connection.
    pub environment: Environment,
    /// Whose connection it was. Decides nothing but the directive family.
    #[serde(default)]
    pub context: Context,
    /// What nginx was configured to do, as far as public structures tell.
    #[serde(default)]
    pub settings: Settings,
    /// What crossed the wire.
    #[serde(default)]
    pub handshake: Handshake,
    /// How it ended.
    pub ending: Ending,
    /// What the upstream answered in HTTP; only where it is what the diagnosis is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
    /// The peer's certificate chain and what a verification says; absent when no chain was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateCheck>,
    /// The last good handshake with this peer; absent where no zone counts and where none was good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<History>,
}

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// A sentence, when the text is no recording or one of another format.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let recording: Self =
            serde_json::from_str(text).map_err(|error| format!("not a recording: {error}"))?;
        if recording.format != FORMAT {
            return Err(format!(
                "recording format {} instead of {FORMAT}",
                recording.format
            ));
        }
        Ok(recording)
    }
}

/// Versions and clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// nginx's `nginx_version`: 1022001 is 1.22.1.
    pub nginx: u32,
    /// `OpenSSL_version_num()` of the running library: 0x1010117f is 1.1.1w, 0x300000d0 is 3.0.13.
    pub openssl: u64,
    /// Wall clock at the failure, milliseconds since the epoch, UTC.
    pub time_ms: i64,
    /// Process id of the worker.
    pub pid: u32,
}

/// How the attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndingKind {
    /// The library failed: an alert in or out, or a local error.
    Error,
    /// The peer closed the connection during the handshake.
    Eof,
    /// The connection was reset or broken during the handshake (`errno`).
    Reset,
    /// The handshake timer fired.
    Timeout,
    /// The handshake finished and nginx rejected the chain.
    ChainRejected,
    /// The handshake finished and nginx rejected the name.
    NameRejected,
    /// Our side finished, then a fatal alert came before any application data.
    LateAlert,
    /// Our side finished, then the peer closed or reset before any application data.
    LateClose,
    /// The handshake stands, and the upstream refused the request in HTTP: see [`Recording::response`].
    Refused,
}

/// The end of the attempt and the library's own words for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// What kind of end.
    pub kind: EndingKind,
    /// The packed OpenSSL error (`ERR_peek_error`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u64>,
    /// Library of that error (`ERR_GET_LIB`): 20 is SSL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<u32>,
    /// Reason of that error (`ERR_GET_REASON`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<u32>,
    /// `errno` at the failing call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errno: Option<i32>,
    /// `ERR_error_string` of the code. For display; never classified on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Foreign>,
}
