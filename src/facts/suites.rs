//! What kinds of cipher suites of TLS 1.2 and below a list has, counted once.

use crate::registry::{Authentication, CipherSuite, KeyExchange, Kind};

/// Suites of one family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Family {
    suites: usize,
    /// One of them encrypts and authenticates in one.
    has_aead: bool,
}

impl Family {
    fn add(&mut self, kind: Kind) {
        self.suites += 1;
        self.has_aead |= kind.is_aead;
    }

    /// No default list of OpenSSL 1.1.1 and later has as few, or no AEAD among them.
    fn is_narrow(self) -> bool {
        const ENOUGH: usize = 2;
        self.suites < ENOUGH || !self.has_aead
    }
}

/// The kinds in a list of suites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Suites {
    ecdhe_rsa: Family,
    ecdhe_ecdsa: Family,
    /// ECDHE with a cipher that is no AEAD.
    pub(super) ecdhe_cbc: bool,
    /// Finite-field Diffie-Hellman.
    pub(super) dhe: bool,
    /// Plain RSA key exchange.
    pub(super) rsa: bool,
    /// All that TLS 1.2 and below can use.
    pub(super) count: usize,
}

impl Suites {
    pub(super) fn of(list: &[CipherSuite]) -> Self {
        let mut suites = Self::default();
        let kinds = list.iter().map(|suite| suite.kind());
        for kind in kinds.filter(|kind| !kind.is_tls13()) {
            suites.count += 1;
            match (kind.key_exchange, kind.authentication) {
                (KeyExchange::Ecdhe, Authentication::Rsa) => suites.ecdhe_rsa.add(kind),
                (KeyExchange::Ecdhe, Authentication::Ecdsa) => suites.ecdhe_ecdsa.add(kind),
                (KeyExchange::Dhe, _) => suites.dhe = true,
                (KeyExchange::Rsa, _) => suites.rsa = true,
                _ => {}
            }
            suites.ecdhe_cbc |= kind.key_exchange == KeyExchange::Ecdhe && !kind.is_aead;
        }
        suites
    }

    /// The family of ECDHE suites for such a certificate is narrow.
    pub(super) fn is_narrow(&self, certificate: Authentication) -> bool {
        match certificate {
            Authentication::Rsa => self.ecdhe_rsa.is_narrow(),
            Authentication::Ecdsa => self.ecdhe_ecdsa.is_narrow(),
            Authentication::Any | Authentication::Other => false,
        }
    }
}
