//! What a zone remembers of a peer: its last good handshake, and what is compared with it.

use serde::{Deserialize, Serialize};

use crate::fixed::{Fingerprint, Text};
use crate::registry::ProtocolVersion;

/// The last good handshake with the same peer, and what is known of this one only by nginx.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// That handshake.
    pub last_good: Summary,
    /// The configuration that made this one; see [`Summary::generation`].
    pub generation: u32,
    /// The certificate that nginx would present in this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<OwnCertificate>,
    /// Minutes that local time is ahead of UTC: error.log has local time.
    #[serde(default)]
    pub utc_offset_min: i32,
}

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

impl Offer {
    /// The versions, lowest first.
    pub fn versions(&self) -> impl Iterator<Item = ProtocolVersion> + '_ {
        (0..8)
            .filter(|bit| self.versions >> bit & 1 == 1)
            .map(|bit| ProtocolVersion(0x0300 + bit))
    }
}
