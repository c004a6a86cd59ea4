//! What changed since the last good handshake with the same peer.
//!
//! A failure that began at 10:02 has a cause that began at 10:02. Both sides are compared: what the
//! peer presents and chooses, and what nginx offers. Only what both handshakes show is compared, so one
//! that ended early shows few changes.

mod summary;

use crate::capture::Summary;
use crate::facts::Facts;
use crate::fixed::{Fingerprint, Text};

macro_rules! changes {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// One thing that changed. The order is the one in which a reader wants them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Change {
            $($(#[$doc])* $name,)+
        }

        impl Change {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in reports and metrics; a contract.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

changes! {
    /// The last good handshake was another location's: the rest may come from that.
    Location = "location",
    /// The peer's certificate is the same, and its validity has ended since.
    CertificateExpired = "certificate_expired",
    /// nginx's certificate is the same, and its validity has ended since.
    ClientCertificateExpired = "client_certificate_expired",
    /// Issuer of the peer's certificate.
    Issuer = "issuer",
    /// The peer's certificate.
    Certificate = "certificate",
    /// Algorithm or size of the peer's key.
    CertificateKey = "certificate_key",
    /// The name that nginx sends (SNI).
    ServerName = "server_name",
    /// The certificate that nginx presents.
    ClientCertificate = "client_certificate",
    /// The versions that nginx offers.
    OfferedVersions = "offered_versions",
    /// The suites that nginx offers.
    OfferedCiphers = "offered_ciphers",
    /// The groups that nginx offers.
    OfferedGroups = "offered_groups",
    /// The signature algorithms that nginx offers.
    OfferedSignatureAlgorithms = "offered_signature_algorithms",
    /// The application protocols that nginx offers.
    OfferedAlpn = "offered_alpn",
    /// The version chosen.
    Version = "version",
    /// The suite chosen. Another version has other suites: then only the version is named.
    Cipher = "cipher",
    /// The group of the key exchange.
    Group = "group",
    /// The application protocol chosen.
    Alpn = "alpn",
    /// nginx has read its configuration again.
    Configuration = "configuration",
}

impl Summary {
    /// What tells nginx's own certificate from another.
    fn own(&self) -> Option<Fingerprint<8>> {
        self.client_certificate.map(|own| own.sha256)
    }
}

impl Change {
    fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes(u32);

impl Changes {
    /// What differs in `now` from the handshake `good` before it.
    pub fn between(good: &Summary, now: &Summary) -> Self {
        let mut changes = Self::default();
        let mut note = |change: Change, differs: bool| {
            if differs {
                changes.0 |= change.bit();
            }
        };
        note(Change::Location, good.location != now.location);
        note(Change::Configuration, both(good.generation, now.generation));
        note(
            Change::ServerName,
            differ(&good.server_name, &now.server_name),
        );
        offers(&mut note, good, now);
        note(Change::ClientCertificate, good.own() != now.own());
        note(Change::Version, both(good.version, now.version));
        let version = good.version == now.version || now.version == 0;
        note(Change::Cipher, version && both(good.cipher, now.cipher));
        note(Change::Group, both(good.group, now.group));
        note(Change::Alpn, differ(&good.alpn, &now.alpn));
        if let (Some(old), Some(new)) = (&good.certificate, &now.certificate) {
            note(Change::Certificate, old.sha256 != new.sha256);
            note(Change::Issuer, old.issuer != new.issuer);
            note(Change::CertificateKey, old.key != new.key);
            let same = old.sha256 == new.sha256;
            note(
                Change::CertificateExpired,
                same && ended_between(new.not_after, good, now),
            );
        }
        if let Some(own) = now.client_certificate.filter(|_| good.own() == now.own()) {
            note(
                Change::ClientCertificateExpired,
                ended_between(own.not_after, good, now),
            );
        }
        changes
    }

    /// The set as bits, in the order of [`Change::ALL`].
    pub fn bits(self) -> u32 {
        self.0
    }

    /// The set of these bits; unknown ones are dropped.
    pub fn from_bits(bits: u32) -> Self {
        let known = Change::ALL.iter().fold(0, |all, one| all | one.bit());
        Self(bits & known)
    }

    /// Nothing changed.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this changed.
    pub fn contains(self, change: Change) -> bool {
        self.0 & change.bit() != 0
    }

    /// What changed, in order.
    pub fn iter(self) -> impl Iterator<Item = Change> {
        let all = Change::ALL.iter().copied();
        all.filter(move |one| self.contains(*one))
    }
}

fn offers(note: &mut impl FnMut(Change, bool), good: &Summary, now: &Summary) {
    if let (Some(old), Some(new)) = (&good.offer, &now.offer) {
        note(Change::OfferedVersions, old.versions != new.versions);
        note(Change::OfferedCiphers, old.ciphers != new.ciphers);
        note(Change::OfferedGroups, old.groups != new.groups);
        note(
            Change::OfferedSignatureAlgorithms,
            old.signature_algorithms != new.signature_algorithms,
        );
        note(Change::OfferedAlpn, old.alpn != new.alpn);
    }
}

/// The last good handshake with the peer of a failed one, and the failed one beside it; `None` where no
/// good one is known.
pub fn since_last_good(facts: &Facts<'_>) -> Option<(Summary, Summary)> {
    let recording = facts.recording;
    let history = recording.history.as_ref()?;
    let check = recording.certificate.as_ref();
    let leaf = check.and_then(|check| check.chain.first());
    let now = Summary {
        time_ms: recording.environment.time_ms,
        generation: history.generation,
        location: Text::from(recording.context.location.as_deref().unwrap_or_default()),
        client_certificate: history.client_certificate,
        ..Summary::new(&recording.handshake, leaf, None)
    };
    Some((history.last_good, now))
}

/// Both known, and not the same.
fn differ<T: PartialEq>(old: &Option<T>, new: &Option<T>) -> bool {
    matches!((old, new), (Some(old), Some(new)) if old != new)
}

/// The same of code points, which are 0 where unknown.
fn both<T: PartialEq + Default>(old: T, new: T) -> bool {
    old != new && old != T::default() && new != T::default()
}

fn ended_between(not_after: i64, good: &Summary, now: &Summary) -> bool {
    let not_after = not_after.saturating_mul(1000);
    good.time_ms <= not_after && not_after < now.time_ms
}

#[cfg(test)]
mod tests;
