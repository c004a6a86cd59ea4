//! One handshake in a few hundred bytes: what is kept of the last good one, for comparison.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::capture::{Certificate, Handshake};
use crate::counters::Text;
use crate::facts::{Chosen, Offered};
use crate::registry::ProtocolVersion;
use crate::text::Foreign;

/// What both sides said in one handshake. A code point is 0 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    /// When it was last seen, milliseconds since the epoch.
    pub time_ms: i64,
    /// The configuration that made it: counts from 1, one more with each reload.
    pub generation: u32,
    /// Name of the `location` (http); empty in stream.
    pub location: Text<48>,
    /// server_name sent; empty for none, absent where no ClientHello was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_name: Option<Text<64>>,
    /// What nginx offered; absent where no ClientHello was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// The certificate that nginx would present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<OwnCertificate>,
    /// Version chosen.
    pub version: u16,
    /// Suite chosen.
    pub cipher: u16,
    /// Group of the key exchange.
    pub group: u16,
    /// Protocol chosen by ALPN; empty for none, absent before the handshake is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<Text<16>>,
    /// The peer's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PeerCertificate>,
}

/// Lists of a ClientHello. All but the versions can only be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Offer {
    /// Bit n is version 0x0300 + n.
    pub versions: u8,
    /// Digest of the suites.
    pub ciphers: u32,
    /// Digest of the groups.
    pub groups: u32,
    /// Digest of the signature algorithms.
    pub signature_algorithms: u32,
    /// Digest of the ALPN protocols.
    pub alpn: u32,
}

/// nginx's own certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCertificate {
    /// The first bytes of the SHA-256 of its DER.
    pub sha256: Fingerprint<8>,
    /// End of validity, seconds since the epoch.
    pub not_after: i64,
}

/// The peer's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerCertificate {
    /// SHA-256 of its DER.
    pub sha256: Fingerprint<32>,
    /// Serial number.
    pub serial: Fingerprint<20>,
    /// Issuer, RFC 2253 order.
    pub issuer: Text<96>,
    /// Start of validity, seconds since the epoch.
    pub not_before: i64,
    /// End of validity, seconds since the epoch.
    pub not_after: i64,
    /// Algorithm and size of the key: `RSA 2048`.
    pub key: Text<16>,
}

impl Summary {
    /// Of a handshake, good or failed. `certificate` is the peer's, `own` the one that nginx holds for
    /// this context.
    pub fn new(
        handshake: &Handshake,
        certificate: Option<&Certificate>,
        own: Option<&Certificate>,
    ) -> Self {
        let offered = Offered::of(handshake);
        let chosen = Chosen::of(handshake);
        let chosen = chosen.as_ref();
        Self {
            server_name: offered
                .as_ref()
                .filter(|offered| offered.complete())
                .map(|offered| text(offered.server_name().as_ref())),
            offer: offered.as_ref().map(Offer::of),
            client_certificate: own.map(OwnCertificate::of),
            version: chosen.and_then(|one| one.version).map_or(0, |one| one.0),
            cipher: chosen.and_then(|one| one.cipher).map_or(0, |one| one.0),
            group: chosen.and_then(|one| one.group).map_or(0, |one| one.0),
            alpn: handshake.finished.then(|| text(handshake.alpn.as_ref())),
            certificate: certificate.map(PeerCertificate::of),
            ..Self::default()
        }
    }
}

/// A name; empty for none.
fn text<const N: usize>(name: Option<&Foreign>) -> Text<N> {
    Text::from(name.map_or("", Foreign::raw))
}

impl Offer {
    fn of(offered: &Offered) -> Self {
        let bit = |version: &ProtocolVersion| match version.0.checked_sub(0x0300) {
            Some(minor @ 0..8) => 1 << minor,
            _ => 0,
        };
        Self {
            versions: offered
                .versions()
                .iter()
                .map(bit)
                .fold(0, |all, one: u8| all | one),
            ciphers: digest(offered.ciphers().iter().flat_map(|one| one.0.to_be_bytes())),
            groups: digest(offered.groups().iter().flat_map(|one| one.0.to_be_bytes())),
            signature_algorithms: digest(
                offered
                    .signature_algorithms()
                    .iter()
                    .flat_map(|one| one.0.to_be_bytes()),
            ),
            // A line feed is in no protocol's name.
            alpn: digest(
                offered
                    .alpn()
                    .iter()
                    .flat_map(|one| one.raw().bytes().chain([b'\n'])),
            ),
        }
    }

    /// The versions, lowest first.
    pub fn versions(&self) -> impl Iterator<Item = ProtocolVersion> + '_ {
        (0..8)
            .filter(|bit| self.versions >> bit & 1 == 1)
            .map(|bit| ProtocolVersion(0x0300 + bit))
    }
}

/// FNV-1a, 32 bit.
fn digest(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl OwnCertificate {
    fn of(certificate: &Certificate) -> Self {
        Self {
            sha256: Fingerprint::from_hex(&certificate.sha256),
            not_after: certificate.not_after,
        }
    }
}

impl PeerCertificate {
    fn of(certificate: &Certificate) -> Self {
        let key = match &certificate.key_curve {
            Some(curve) => format!("{} {curve}", certificate.key_algorithm),
            None => format!("{} {}", certificate.key_algorithm, certificate.key_bits),
        };
        Self {
            sha256: Fingerprint::from_hex(&certificate.sha256),
            serial: Fingerprint::from_hex(certificate.serial.raw()),
            issuer: Text::from(certificate.issuer.raw()),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: Text::from(key.as_str()),
        }
    }
}

/// Up to `N` bytes that are shown in upper-case hex; of more, the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> Fingerprint<N> {
    /// Takes bytes.
    pub fn new(raw: &[u8]) -> Self {
        let mut fingerprint = Self {
            length: raw.len().min(N),
            bytes: [0; N],
        };
        for (to, from) in fingerprint.bytes.iter_mut().zip(raw) {
            *to = *from;
        }
        fingerprint
    }

    /// Takes digits in pairs, up to the first that is none.
    pub fn from_hex(text: &str) -> Self {
        let mut fingerprint = Self::new(&[]);
        let pairs = text.as_bytes().chunks_exact(2);
        for (to, pair) in fingerprint.bytes.iter_mut().zip(pairs) {
            let digits = std::str::from_utf8(pair).unwrap_or_default();
            let Ok(byte) = u8::from_str_radix(digits, 16) else {
                break;
            };
            *to = byte;
            fingerprint.length += 1;
        }
        fingerprint
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Display for Fingerprint<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl<const N: usize> fmt::Debug for Fingerprint<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Fingerprint<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Fingerprint<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from_hex(&text))
    }
}
