//! What a line says happened, by numbers.

use std::fmt;
use std::net::IpAddr;

use super::openssl::LibraryError;
use crate::registry::{Alert, X509Error};

/// What happened. Lines of one kind have the same causes in the same order, all else being equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The peer refused the handshake with this alert.
    Alert(u8),
    /// The same when nginx had finished its side (TLS 1.3).
    LateAlert(u8),
    /// What came is no TLS record.
    NotTls,
    /// The peer closed the connection in the handshake.
    Closed,
    /// It reset it.
    Reset,
    /// It did not answer in time.
    TimedOut,
    /// It closed after the handshake, before any response.
    LateClose,
    /// nginx's library gave up.
    Local(LibraryError),
    /// The chain was not accepted: `X509_V_ERR_*`.
    Verify(u16),
    /// The certificate is for other names than the one compared.
    NameMismatch(Compared),
    /// nginx cannot use its own client certificate.
    OwnCertificate,
    /// What came in answer to plain HTTP is no HTTP, on a port that is one of TLS.
    PlainToTls,
    /// What came on a connection of `grpc_pass` is HTTP/1.
    NotHttp2,
    /// Only our module's line is there.
    Reported,
    /// The upstream's own log says that it was this.
    UpstreamLog(&'static str),
}

/// What the name in the line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compared {
    /// A host's name.
    Host,
    /// One word: as a rule the name of an `upstream` block.
    Block,
    /// An address, which nginx compares as if it were a name.
    Address,
    /// The line does not show it.
    Unknown,
}

impl Compared {
    /// Looks at the name.
    pub(super) fn of(name: &[u8]) -> Self {
        let Ok(name) = std::str::from_utf8(name) else {
            return Self::Host;
        };
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        match bare {
            "" => Self::Unknown,
            _ if bare.parse::<IpAddr>().is_ok() => Self::Address,
            "localhost" => Self::Host,
            _ if !bare.contains('.') => Self::Block,
            _ => Self::Host,
        }
    }
}

impl Kind {
    /// What an error of the library in a handshake means.
    pub(super) fn of(error: LibraryError) -> Self {
        match error {
            LibraryError::Alert(alert) => Self::Alert(alert),
            // http request, https proxy request, packet length too long, unknown protocol, wrong version
            // number, bad record type.
            LibraryError::Ssl(155 | 156 | 198 | 252 | 267 | 443) => Self::NotTls,
            // unexpected eof while reading: nginx before 1.21.2 does not know that OpenSSL 3 says so.
            LibraryError::Ssl(294) => Self::Closed,
            LibraryError::System(errno) => Self::of_errno(errno).unwrap_or(Self::Local(error)),
            other => Self::Local(other),
        }
    }

    /// What the end of a connection means: the numbers of Linux, the BSDs and Windows.
    pub(super) fn of_errno(errno: u16) -> Option<Self> {
        match errno {
            // EPIPE, ECONNABORTED, ECONNRESET.
            32 | 53 | 54 | 103 | 104 | 10053 | 10054 => Some(Self::Reset),
            // ETIMEDOUT.
            60 | 110 | 10060 => Some(Self::TimedOut),
            _ => None,
        }
    }

    /// The name in JSON; a contract.
    pub fn name(self) -> String {
        match self {
            Self::Alert(alert) => format!("alert_{alert}"),
            Self::LateAlert(alert) => format!("late_alert_{alert}"),
            Self::NotTls => "not_tls".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Reset => "reset".to_owned(),
            Self::TimedOut => "timed_out".to_owned(),
            Self::LateClose => "late_close".to_owned(),
            Self::Local(LibraryError::Ssl(reason)) => format!("local_{reason}"),
            Self::Local(LibraryError::Other { library, reason }) => {
                format!("local_{library}_{reason}")
            }
            Self::Local(LibraryError::System(errno)) => format!("local_errno_{errno}"),
            Self::Local(_) => "local_internal".to_owned(),
            Self::Verify(code) => format!("verify_{code}"),
            Self::NameMismatch(_) => "name_mismatch".to_owned(),
            Self::OwnCertificate => "own_certificate".to_owned(),
            Self::PlainToTls => "plain_to_tls".to_owned(),
            Self::NotHttp2 => "not_http2".to_owned(),
            Self::Reported => "reported".to_owned(),
            Self::UpstreamLog(_) => "upstream_log".to_owned(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Alert(alert) => write!(f, "the upstream answered with alert {}({alert})", Alert(alert)),
            Self::LateAlert(alert) => write!(
                f,
                "the upstream sent alert {}({alert}) after the handshake",
                Alert(alert)
            ),
            Self::NotTls => f.write_str("what the upstream sent is not TLS"),
            Self::Closed => f.write_str("the upstream closed the connection in the handshake"),
            Self::Reset => f.write_str("the upstream reset the connection in the handshake"),
            Self::TimedOut => f.write_str("the upstream did not answer the handshake in time"),
            Self::LateClose => {
                f.write_str("the upstream closed the connection after the handshake, without a response")
            }
            Self::Local(LibraryError::Ssl(reason)) => {
                write!(f, "nginx's TLS library gave up (reason {reason})")
            }
            Self::Local(LibraryError::Other { library, reason }) => {
                write!(f, "nginx's TLS library gave up (library {library}, reason {reason})")
            }
            Self::Local(LibraryError::System(errno)) => {
                write!(f, "the handshake ended with system error {errno}")
            }
            Self::Local(_) => f.write_str("nginx's TLS library gave up (internal error)"),
            Self::Verify(code) => write!(
                f,
                "nginx did not accept the upstream's certificate: {}({code})",
                X509Error(i32::from(code))
            ),
            Self::NameMismatch(compared) => f.write_str(match compared {
                Compared::Block => {
                    "the upstream's certificate is not for the name nginx compares, one word without a dot"
                }
                Compared::Address => {
                    "the upstream's certificate is not for the name nginx compares, which is an address"
                }
                Compared::Host | Compared::Unknown => {
                    "the upstream's certificate is not for the name nginx compares"
                }
            }),
            Self::OwnCertificate => f.write_str("nginx cannot use its client certificate"),
            Self::PlainToTls => {
                f.write_str("nginx spoke plain HTTP to a port of TLS, and what came back is no HTTP")
            }
            Self::NotHttp2 => f.write_str("the upstream of grpc_pass answered in HTTP/1"),
            Self::Reported => f.write_str("a handshake with the upstream failed"),
            Self::UpstreamLog(_) => f.write_str("a line of the upstream's own log"),
        }
    }
}
