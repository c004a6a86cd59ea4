//! ProtocolVersion, under the names nginx.conf uses.

use std::borrow::Cow;
use std::fmt;

/// ProtocolVersion (RFC 8446 section 4.1.2). Ordered as the versions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolVersion(pub u16);

impl ProtocolVersion {
    /// SSL 3.0
    pub const SSL3: Self = Self(0x0300);
    /// TLS 1.0
    pub const TLS1: Self = Self(0x0301);
    /// TLS 1.1
    pub const TLS1_1: Self = Self(0x0302);
    /// TLS 1.2
    pub const TLS1_2: Self = Self(0x0303);
    /// TLS 1.3
    pub const TLS1_3: Self = Self(0x0304);

    /// Whether it is in use: TLS 1.0 to 1.3. SSL 3.0 is gone (RFC 7568), and above 1.3 there is none yet.
    pub fn exists(self) -> bool {
        (Self::TLS1..=Self::TLS1_3).contains(&self)
    }

    /// The parameter of `proxy_ssl_protocols`; `None` for an unknown version.
    pub fn config_name(self) -> Option<&'static str> {
        Some(match self {
            Self::SSL3 => "SSLv3",
            Self::TLS1 => "TLSv1",
            Self::TLS1_1 => "TLSv1.1",
            Self::TLS1_2 => "TLSv1.2",
            Self::TLS1_3 => "TLSv1.3",
            _ => return None,
        })
    }

    /// Its name in nginx.conf, or the number of an unknown version: what is shown.
    pub fn label(self) -> Cow<'static, str> {
        match self.config_name() {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("0x{:04x}", self.0)),
        }
    }

    /// The version number alone, as ECS `tls.version` has it; `None` for an unknown version.
    pub fn number(self) -> Option<&'static str> {
        Some(match self {
            Self::SSL3 => "3.0",
            Self::TLS1 => "1.0",
            Self::TLS1_1 => "1.1",
            Self::TLS1_2 => "1.2",
            Self::TLS1_3 => "1.3",
            _ => return None,
        })
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}
