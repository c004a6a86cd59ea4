//! Groups and signature algorithms: what an offer lacks that upstreams rely on, and what this
//! library has to offer.

use super::{Facts, Offered};
use crate::registry::{Authentication, NamedGroup, ProtocolVersion, SignatureScheme};

/// What OpenSSL offers by default since 1.1.1, besides post-quantum and finite-field groups.
pub const DEFAULT_GROUPS: [NamedGroup; 5] = [
    NamedGroup::X25519,
    NamedGroup::P256,
    NamedGroup::P384,
    NamedGroup::P521,
    NamedGroup::X448,
];
/// Every default list has all of these. X448 is not among them: distributions leave it out.
const COMMON_GROUPS: [NamedGroup; 4] = [
    NamedGroup::X25519,
    NamedGroup::P256,
    NamedGroup::P384,
    NamedGroup::P521,
];

/// What certificates of today are used with: ECDSA on P-256, RSA in TLS 1.3 and before.
const COMMON_SIGNATURES: [u16; 3] = [0x0403, 0x0804, 0x0401];
/// What larger keys and stricter servers use. No default list of OpenSSL lacks any of these either.
const STRONGER_SIGNATURES: [u16; 8] = [
    0x0503, 0x0603, 0x0807, 0x0805, 0x0806, 0x0501, 0x0601, 0x0401,
];
/// RSA in any form, and ECDSA or EdDSA in any form, both without SHA-1 and SHA-224.
const RSA_SIGNATURES: [u16; 6] = [0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806];
const ECDSA_SIGNATURES: [u16; 5] = [0x0403, 0x0503, 0x0603, 0x0807, 0x0808];
/// SHA-1, which servers without a newer digest sign with in TLS 1.2.
const SHA1_SIGNATURES: [u16; 2] = [0x0201, 0x0203];

/// How complete a list is, by what default lists have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// As a default list, or not sent at all.
    Full,
    /// Something is missing that some servers rely on.
    Reduced,
    /// Something is missing that most servers rely on.
    Narrow,
}

impl Breadth {
    /// Of a list of groups. Without one nothing in the offer needs a group.
    pub(super) fn of_groups(groups: &[NamedGroup]) -> Self {
        let has = |group: &NamedGroup| groups.contains(group);
        match groups {
            [] => Self::Full,
            [_] => Self::Narrow,
            _ if !has(&NamedGroup::P256) => Self::Narrow,
            _ if !COMMON_GROUPS.iter().all(has) => Self::Reduced,
            _ => Self::Full,
        }
    }

    /// Of a list of signature algorithms; without one (TLS 1.1) none was chosen.
    pub(super) fn of_signatures(schemes: &[SignatureScheme]) -> Self {
        let has_one = |code: &u16| schemes.contains(&SignatureScheme(*code));
        let has = |list: &[u16]| list.iter().all(has_one);
        match schemes {
            [] => Self::Full,
            _ if !has(&COMMON_SIGNATURES) => Self::Narrow,
            _ if !has(&STRONGER_SIGNATURES) => Self::Reduced,
            _ => Self::Full,
        }
    }
}

impl Offered {
    /// What the versions offered lack of TLS 1.2 and 1.3, which every library nginx is used with has. A
    /// hello without a list of versions offers at most TLS 1.2, and TLS 1.2 itself if that is its highest.
    pub fn lacks_a_version(&self) -> bool {
        let listed = self.listed_versions();
        match self.max_version() {
            Some(ProtocolVersion::TLS1_3) => {
                !listed.is_empty() && !listed.contains(&ProtocolVersion::TLS1_2)
            }
            _ => true,
        }
    }

    /// Something on nginx's own side is narrower than what its library offers by default: a list, other
    /// than that of versions.
    pub fn has_narrow_list(&self) -> bool {
        self.group_breadth() > Breadth::Full
            || self.signature_breadth() > Breadth::Full
            || self.tls13_suites_narrow()
            || self.has_narrow_family()
    }

    /// No signature with SHA-1 was offered, and TLS 1.2, which had them, was.
    pub fn excludes_sha1(&self) -> bool {
        let tls12 = self.versions().first() <= Some(&ProtocolVersion::TLS1_2);
        let listed = !self.signature_algorithms().is_empty();
        tls12 && listed && !SHA1_SIGNATURES.iter().any(|one| self.has_signature(*one))
    }

    /// A server with such a certificate could sign for this offer. The library leaves out the
    /// suites of a kind that could not: then no list of suites is to blame.
    pub fn accepts_signatures(&self, kind: Authentication) -> bool {
        let wanted: &[u16] = match kind {
            Authentication::Rsa => &RSA_SIGNATURES,
            Authentication::Ecdsa => &ECDSA_SIGNATURES,
            Authentication::Any | Authentication::Other => return true,
        };
        self.signature_algorithms().is_empty() || wanted.iter().any(|one| self.has_signature(*one))
    }

    fn has_signature(&self, code: u16) -> bool {
        self.signature_algorithms().contains(&SignatureScheme(code))
    }
}

impl Facts<'_> {
    /// The running library takes this group in `Groups`: it offered it, or every build of its
    /// version has it. A group it does not know would keep nginx from starting.
    pub fn library_has(&self, group: NamedGroup) -> bool {
        let version = self.recording.environment.openssl;
        let listed = |offered: &Offered| offered.groups().contains(&group);
        self.offered.as_ref().is_some_and(listed)
            || match group.0 {
                23..=25 | 29 | 30 => true,
                256..=260 => version >> 28 >= 3,
                512..=514 | 4587..=4589 => version >= OPENSSL_3_5,
                _ => false,
            }
    }
}

/// The first version with ML-KEM.
const OPENSSL_3_5: u64 = 0x3050_0000;
