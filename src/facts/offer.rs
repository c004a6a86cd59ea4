//! What was offered, what was chosen, what was asked for.

use super::parameters::Breadth;
use super::suites::Suites;
use crate::capture::{Bytes, Handshake};
use crate::registry::{Authentication, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::text::Foreign;
use crate::wire::{distinguished_name, CertificateRequest, ClientHello, ServerHello};

/// The ClientHello, read. After a HelloRetryRequest the first one: it shows the whole offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    hello: ClientHello,
    suites: Suites,
    /// Lowest first.
    versions: Vec<ProtocolVersion>,
    group_breadth: Breadth,
    signature_breadth: Breadth,
    alpn: Vec<Foreign>,
    /// Length of the message in bytes, header included.
    pub client_hello_bytes: u32,
}

impl Offered {
    pub(crate) fn of(handshake: &Handshake) -> Option<Self> {
        let first = handshake.client_hellos.first()?;
        let hello = ClientHello::read(&first.bytes.0);
        let alpn = hello.alpn.iter();
        let alpn = alpn.map(|name| String::from_utf8_lossy(name).into_owned().into());
        let mut versions = match hello.supported_versions.as_slice() {
            [] => hello.legacy_version.into_iter().collect(),
            known => known.to_vec(),
        };
        versions.sort_unstable();
        Some(Self {
            alpn: alpn.collect(),
            versions,
            group_breadth: Breadth::of_groups(&hello.groups),
            signature_breadth: Breadth::of_signatures(&hello.signature_algorithms),
            suites: Suites::of(&hello.ciphers),
            hello,
            client_hello_bytes: first.length,
        })
    }

    /// The hello was kept and read to its end: what it does not show was not offered.
    pub fn complete(&self) -> bool {
        self.hello.complete
    }

    /// Versions offered, lowest first. Without supported_versions only the highest is known.
    pub fn versions(&self) -> &[ProtocolVersion] {
        &self.versions
    }

    /// Versions of the supported_versions extension, lowest first: all that were offered. Empty without
    /// the extension.
    pub fn listed_versions(&self) -> &[ProtocolVersion] {
        match self.hello.supported_versions.is_empty() {
            true => &[],
            false => self.versions(),
        }
    }

    /// The highest version offered.
    pub fn max_version(&self) -> Option<ProtocolVersion> {
        self.hello.max_version()
    }

    /// Suites offered, in order of preference.
    pub fn ciphers(&self) -> &[CipherSuite] {
        &self.hello.ciphers
    }

    /// TLS_FALLBACK_SCSV was sent.
    pub fn fallback(&self) -> bool {
        self.hello.fallback
    }

    /// The suites of TLS 1.3 offered, in order of preference.
    pub fn tls13_suites(&self) -> Vec<CipherSuite> {
        let count = self.ciphers().len().saturating_sub(self.suites.count);
        let suites = self.ciphers().iter().copied();
        suites
            .filter(|suite| suite.is_tls13())
            .take(count)
            .collect()
    }

    /// TLS 1.3 was offered with fewer than two of the three suites that servers have. No default list
    /// of OpenSSL is like that.
    pub fn tls13_suites_narrow(&self) -> bool {
        const COMMON: [CipherSuite; 3] = [
            CipherSuite(0x1301),
            CipherSuite(0x1302),
            CipherSuite(0x1303),
        ];
        let common = COMMON.iter().filter(|suite| self.ciphers().contains(suite));
        self.max_version() >= Some(ProtocolVersion::TLS1_3) && common.count() < 2
    }

    /// Groups offered, in order of preference.
    pub fn groups(&self) -> &[NamedGroup] {
        &self.hello.groups
    }

    /// How complete the list of groups is.
    pub fn group_breadth(&self) -> Breadth {
        self.group_breadth
    }

    /// Signature algorithms offered.
    pub fn signature_algorithms(&self) -> &[SignatureScheme] {
        &self.hello.signature_algorithms
    }

    /// How complete the list of signature algorithms is.
    pub fn signature_breadth(&self) -> Breadth {
        self.signature_breadth
    }

    /// ALPN protocols offered.
    pub fn alpn(&self) -> &[Foreign] {
        &self.alpn
    }

    /// The server_name extension.
    pub fn server_name(&self) -> Option<Foreign> {
        self.hello
            .server_name
            .as_deref()
            .map(|name| String::from_utf8_lossy(name).into_owned().into())
    }

    /// An earlier session was offered for resumption.
    pub fn session_offered(&self) -> bool {
        self.hello.session_offered
    }

    /// A key share of a post-quantum group was sent.
    pub fn has_post_quantum_share(&self) -> bool {
        self.hello
            .key_shares
            .iter()
            .any(|group| group.is_post_quantum())
    }

    /// Suites of TLS 1.2 and below.
    pub fn tls12_suite_count(&self) -> usize {
        self.suites.count
    }

    /// Suites with ECDHE that are no AEAD, which is all that some upstreams of ten years ago have, were offered.
    pub fn has_ecdhe_cbc(&self) -> bool {
        self.suites.ecdhe_cbc
    }

    /// Suites with finite-field Diffie-Hellman were offered.
    pub fn has_dhe(&self) -> bool {
        self.suites.dhe
    }

    /// Suites with plain RSA key exchange were offered.
    pub fn has_plain_rsa(&self) -> bool {
        self.suites.rsa
    }

    /// Which of the two families that modern TLS 1.2 servers use are not offered at all, or offered
    /// with fewer than two suites or without an AEAD, through the list of suites alone. None for every
    /// default list of OpenSSL 1.1.1 and later.
    pub fn narrow_families(&self) -> impl Iterator<Item = &'static str> + '_ {
        let families = [
            ("ECDHE-RSA", Authentication::Rsa),
            ("ECDHE-ECDSA", Authentication::Ecdsa),
        ];
        families
            .into_iter()
            .filter(|_| self.offers_tls12())
            .filter(|(_, kind)| self.suites.is_narrow(*kind) && self.accepts_signatures(*kind))
            .map(|(name, _)| name)
    }

    /// TLS 1.2 or older was offered: TLS 1.3 alone needs none of its suites.
    fn offers_tls12(&self) -> bool {
        self.versions().first() < Some(&ProtocolVersion::TLS1_3)
    }

    /// One of them is narrow.
    pub fn has_narrow_family(&self) -> bool {
        self.narrow_families().next().is_some()
    }
}

/// What the peer chose, as far as it came: a HelloRetryRequest alone chooses, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Protocol version.
    pub version: Option<ProtocolVersion>,
    /// Cipher suite.
    pub cipher: Option<CipherSuite>,
    /// Group of the key exchange.
    pub group: Option<NamedGroup>,
    /// ALPN protocol.
    pub alpn: Option<Foreign>,
    /// The session was resumed; unknown until the handshake is done.
    pub resumed: Option<bool>,
    /// It asked for a second hello first.
    pub hello_retry: bool,
}

impl Chosen {
    pub(crate) fn of(handshake: &Handshake) -> Option<Self> {
        let retry = handshake.hello_retry_request.as_ref();
        let read = match handshake.server_hello.as_ref().or(retry) {
            Some(hello) => ServerHello::read(&hello.bytes.0),
            // The hello was not kept, but the library says what was chosen.
            None if handshake.version.is_some() && handshake.finished => ServerHello::default(),
            None => return None,
        };
        Some(Self {
            version: handshake.version.map(ProtocolVersion).or(read.version),
            cipher: handshake.cipher.map(CipherSuite).or(read.cipher),
            group: read.group.or(handshake.group.map(NamedGroup)),
            alpn: handshake.alpn.clone(),
            resumed: handshake.resumed,
            hello_retry: retry.is_some(),
        })
    }
}

/// The CA names of a CertificateRequest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorities<'a> {
    /// The first readable names: one more than a document shows, so that it can say that it cut.
    pub names: Vec<Foreign>,
    raw: Vec<&'a [u8]>,
    /// The list was read to its end.
    pub complete: bool,
}

/// A peer may list hundreds: all are compared, only these are kept as text.
const MAX_AUTHORITY_NAMES: usize = 9;

impl<'a> Authorities<'a> {
    pub(super) fn of(handshake: &'a Handshake, version: Option<ProtocolVersion>) -> Option<Self> {
        let message = handshake.certificate_request.as_ref()?;
        let tls13 = version >= Some(ProtocolVersion::TLS1_3);
        let request = CertificateRequest::read(&message.bytes.0, tls13);
        Some(Self {
            names: request
                .authorities
                .iter()
                .filter_map(|der| distinguished_name(der))
                .map(Foreign::from)
                .take(MAX_AUTHORITY_NAMES)
                .collect(),
            raw: request.authorities,
            complete: request.complete,
        })
    }

    /// How many are listed, as far as the list was kept.
    pub fn count(&self) -> usize {
        self.raw.len()
    }

    /// Whether this issuer is among the names; `None` when no names were listed (then any will do)
    /// or it may stand in the part of the list that was cut.
    pub fn lists(&self, issuer: &Bytes) -> Option<bool> {
        if self.raw.contains(&issuer.0.as_slice()) {
            return Some(true);
        }
        (self.complete && !self.raw.is_empty()).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Captured;

    fn captured(bytes: &[u8]) -> Captured {
        Captured {
            bytes: Bytes(bytes.to_vec()),
            length: u32::try_from(bytes.len()).unwrap(),
        }
    }

    #[test]
    fn nothing_is_chosen_before_a_hello_came() {
        let mut handshake = Handshake::default();
        assert_eq!(Chosen::of(&handshake), None);
        handshake.version = Some(0x0303);
        assert_eq!(Chosen::of(&handshake), None, "our own version, perhaps");
        handshake.finished = true;
        let chosen = Chosen::of(&handshake).unwrap();
        assert_eq!(chosen.version, Some(ProtocolVersion::TLS1_2));
        assert_eq!(chosen.cipher, None);
    }

    #[test]
    fn an_unreadable_hello_chooses_and_offers_nothing_known() {
        let handshake = Handshake {
            server_hello: Some(captured(&[2, 0, 0])),
            client_hellos: vec![captured(&[])],
            ..Handshake::default()
        };
        assert_eq!(Chosen::of(&handshake).unwrap().version, None);
        let offered = Offered::of(&handshake).unwrap();
        assert!(!offered.complete());
        assert_eq!(offered.versions(), []);
    }

    #[test]
    fn a_cut_list_of_authorities_denies_nothing() {
        let known = Bytes(vec![0x30, 0]);
        let other = Bytes(vec![0x30, 1]);
        let mut authorities = Authorities {
            raw: vec![&known.0],
            complete: true,
            ..Authorities::default()
        };
        assert_eq!(authorities.lists(&known), Some(true));
        assert_eq!(authorities.lists(&other), Some(false));
        authorities.complete = false;
        assert_eq!(authorities.lists(&known), Some(true));
        assert_eq!(authorities.lists(&other), None);
        authorities = Authorities {
            complete: true,
            ..Authorities::default()
        };
        assert_eq!(authorities.lists(&known), None, "any authority will do");
    }

    #[test]
    fn every_authority_is_compared_and_the_first_are_made_text() {
        // Names of more and more sets without an attribute.
        let names: Vec<Vec<u8>> = (0..12u8)
            .map(|number| [vec![0x30, 2 * number], [0x31, 0].repeat(number.into())].concat())
            .collect();
        let list: Vec<u8> = names
            .iter()
            .flat_map(|name| [&[0, name.len().to_le_bytes()[0]], &name[..]].concat())
            .collect();
        let length = list.len().to_be_bytes();
        let body = [&[1, 1, 0, 2, 4, 3], &length[6..], &list[..]].concat();
        let header = [13, 0, 0, body.len().to_le_bytes()[0]];
        let handshake = Handshake {
            certificate_request: Some(captured(&[&header, &body[..]].concat())),
            ..Handshake::default()
        };
        let authorities = Authorities::of(&handshake, None).unwrap();
        assert!(authorities.complete);
        assert_eq!(authorities.names.len(), MAX_AUTHORITY_NAMES);
        assert_eq!(authorities.count(), names.len());
        let last = Bytes(names.last().unwrap().clone());
        assert_eq!(authorities.lists(&last), Some(true));
    }
}
