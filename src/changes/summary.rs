//! One handshake in a few hundred bytes.

use crate::capture::{Certificate, Handshake, Offer, OwnCertificate, PeerCertificate, Summary};
use crate::facts::{Chosen, Offered};
use crate::fixed::{Fingerprint, Text};
use crate::registry::ProtocolVersion;
use crate::text::Foreign;

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
    /// What is kept of it.
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
}

/// FNV-1a, 32 bit.
fn digest(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl OwnCertificate {
    /// What is kept of it.
    pub fn of(certificate: &Certificate) -> Self {
        Self {
            sha256: Fingerprint::from_hex(&certificate.sha256),
            not_after: certificate.not_after,
        }
    }
}

impl PeerCertificate {
    fn of(certificate: &Certificate) -> Self {
        let algorithm = certificate.key_algorithm.raw();
        let key = match &certificate.key_curve {
            Some(curve) => format!("{algorithm} {}", curve.raw()),
            None => format!("{algorithm} {}", certificate.key_bits),
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
