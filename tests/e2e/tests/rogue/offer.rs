//! What a ClientHello offers, to compare two of them.

use openssl::ssl::{Ssl, SslContext, SslMethod};

/// The versions and suites of a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    versions: Vec<u16>,
    /// OpenSSL's names.
    suites: Vec<String>,
    /// Those whose key exchange is RSA: no forward secrecy.
    plain_rsa: Vec<String>,
}

const SUPPORTED_VERSIONS: u16 = 43;
const TLS12: u16 = 0x0303;

impl Offer {
    /// Reads the record of a ClientHello (RFC 8446 section 4.1.2).
    pub(crate) fn read(record: &[u8]) -> Offer {
        let u16_at = |at: usize| u16::from_be_bytes([record[at], record[at + 1]]);
        // Record header, handshake header, version, random; then the session id.
        let legacy = u16_at(9);
        let suites_at = 43 + 1 + usize::from(record[43]);
        let suites_end = suites_at + 2 + usize::from(u16_at(suites_at));
        let mut at = suites_end + 1 + usize::from(record[suites_end]) + 2;
        let mut versions = vec![legacy];
        while at + 4 <= record.len() {
            let (kind, length) = (u16_at(at), usize::from(u16_at(at + 2)));
            if kind == SUPPORTED_VERSIONS {
                let list = &record[at + 5..at + 4 + length];
                let pairs = list
                    .chunks(2)
                    .map(|two| u16::from_be_bytes([two[0], two[1]]));
                versions = pairs.collect();
            }
            at += 4 + length;
        }
        let ssl = SslContext::builder(SslMethod::tls()).unwrap().build();
        let ssl = Ssl::new(&ssl).unwrap();
        let lists = ssl.bytes_to_cipher_list(&record[suites_at + 2..suites_end], false);
        let suites = lists.unwrap().suites;
        let is_plain = |description: &str| description.contains("Kx=RSA ");
        let plain = suites.iter().filter(|suite| is_plain(&suite.description()));
        Offer {
            versions,
            plain_rsa: plain.map(|suite| suite.name().to_owned()).collect(),
            suites: suites.iter().map(|suite| suite.name().to_owned()).collect(),
        }
    }

    /// What this one offers that is worse than what `before` did: a version that RFC 8996 retired, plain
    /// RSA key exchange.
    pub(crate) fn weaker_than(&self, before: &Offer) -> Vec<String> {
        let is_old = |v: &&u16| **v < TLS12 && !before.versions.contains(v);
        let old = self.versions.iter().filter(is_old);
        let rsa = self.plain_rsa.iter().filter(|s| !before.suites.contains(s));
        old.map(|v| format!("{v:#06x}"))
            .chain(rsa.cloned())
            .collect()
    }

    /// Whether it offers something better, or leaves something bad out.
    pub(crate) fn is_stronger_than(&self, before: &Offer) -> bool {
        let better_version = self.versions.iter().max() > before.versions.iter().max();
        let is_new =
            |suite: &&String| !before.suites.contains(suite) && !self.plain_rsa.contains(suite);
        let fewer = before
            .plain_rsa
            .iter()
            .any(|suite| !self.suites.contains(suite));
        better_version || fewer || self.suites.iter().any(|suite| is_new(&suite))
    }
}
