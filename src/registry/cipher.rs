//! Cipher suites: names, and which kind of server can use them.

use std::borrow::Cow;
use std::fmt;

use super::{is_grease, row, tables};

/// CipherSuite (RFC 8446 appendix B.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CipherSuite(pub u16);

/// How the keys are agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyExchange {
    /// The client encrypts to the server's RSA key.
    Rsa,
    /// Ephemeral finite-field Diffie-Hellman.
    Dhe,
    /// Ephemeral elliptic-curve Diffie-Hellman.
    Ecdhe,
    /// TLS 1.3: decided by other extensions.
    Any,
    /// PSK, SRP, fixed ECDH and others that nginx does not use; unknown values.
    Other,
}

/// What kind of certificate the server needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// RSA.
    Rsa,
    /// ECDSA or EdDSA.
    Ecdsa,
    /// TLS 1.3: decided by other extensions.
    Any,
    /// None, PSK, DSS and others; unknown values.
    Other,
}

/// What a suite takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// How the keys are agreed on.
    pub key_exchange: KeyExchange,
    /// What kind of certificate the server needs.
    pub authentication: Authentication,
    /// An AEAD (GCM, CCM, ChaCha20-Poly1305): the only suites that strict servers accept.
    pub is_aead: bool,
}

impl Kind {
    /// Of a suite of TLS 1.3: all are AEADs.
    const TLS13: Self = Self {
        key_exchange: KeyExchange::Any,
        authentication: Authentication::Any,
        is_aead: true,
    };
    /// Of a suite nobody knows.
    const UNKNOWN: Self = Self {
        key_exchange: KeyExchange::Other,
        authentication: Authentication::Other,
        is_aead: false,
    };

    /// See [`CipherSuite::is_tls13`].
    pub fn is_tls13(self) -> bool {
        self.key_exchange == KeyExchange::Any
    }
}

impl CipherSuite {
    /// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746)
    const EMPTY_RENEGOTIATION_INFO: Self = Self(0x00ff);
    /// TLS_FALLBACK_SCSV (RFC 7507)
    pub const FALLBACK: Self = Self(0x5600);

    /// IANA's name; `None` for an unknown value.
    pub fn name(self) -> Option<&'static str> {
        row(tables::CIPHERS, self.0, |row| row.0).map(|row| row.1)
    }

    /// IANA's name, or the number of an unknown value: what is shown.
    pub fn label(self) -> Cow<'static, str> {
        match self.name() {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(format!("0x{:04X}", self.0)),
        }
    }

    /// OpenSSL's name, as `proxy_ssl_ciphers` takes it (TLS 1.3: `Ciphersuites`); `None` for an
    /// unknown value and for a suite that OpenSSL 1.1.1 and later do not have.
    pub fn openssl_name(self) -> Option<&'static str> {
        let name = row(tables::CIPHERS, self.0, |row| row.0).map(|row| row.2);
        name.filter(|name| !name.is_empty())
    }

    /// What it takes, in one look-up. All of 0x13xx is TLS 1.3's, known or not.
    pub fn kind(self) -> Kind {
        match row(tables::CIPHERS, self.0, |row| row.0) {
            Some(row) => row.3,
            None if self.0 >> 8 == 0x13 => Kind::TLS13,
            None => Kind::UNKNOWN,
        }
    }

    /// How the keys are agreed on.
    pub fn key_exchange(self) -> KeyExchange {
        self.kind().key_exchange
    }

    /// A TLS 1.3 suite (RFC 8446 appendix B.4, and those registered since): no choice in
    /// `proxy_ssl_ciphers` touches it.
    pub fn is_tls13(self) -> bool {
        self.kind().is_tls13()
    }

    /// A signal, not a suite.
    pub fn is_signal(self) -> bool {
        self == Self::EMPTY_RENEGOTIATION_INFO || self == Self::FALLBACK || is_grease(self.0)
    }
}

impl fmt::Display for CipherSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_say_what_they_need() {
        let suite = CipherSuite(0xc02f);
        assert_eq!(suite.openssl_name(), Some("ECDHE-RSA-AES128-GCM-SHA256"));
        let kind = Kind {
            key_exchange: KeyExchange::Ecdhe,
            authentication: Authentication::Rsa,
            is_aead: true,
        };
        assert_eq!(suite.kind(), kind);
        assert!(CipherSuite(0x1301).is_tls13() && !suite.is_tls13());
        assert!(CipherSuite(0x00ff).is_signal() && CipherSuite(0x1a1a).is_signal());
        assert_eq!(CipherSuite(0xfefe).to_string(), "0xFEFE");
    }

    #[test]
    fn suites_outside_the_usual_block_are_told_apart() {
        for suite in [0x1304, 0x00c6, 0x13ff] {
            assert!(CipherSuite(suite).is_tls13(), "{suite:#x}");
        }
        let fixed = CipherSuite(0xc031);
        assert_eq!(fixed.to_string(), "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256");
        assert_eq!(fixed.key_exchange(), KeyExchange::Other, "not ephemeral");
        assert_eq!(fixed.openssl_name(), None);
        assert_eq!(CipherSuite(0xfefe).kind(), Kind::UNKNOWN);
        let old = CipherSuite(0xc013).kind();
        assert!(old.key_exchange == KeyExchange::Ecdhe && !old.is_aead);
    }
}
