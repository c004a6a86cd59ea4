//! ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2).

use super::{extension, is_whole, Reader, HEADER};
use crate::registry::{is_grease, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};

/// What a ClientHello offers. GREASE values and signalling suites are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The message was read to its end.
    pub complete: bool,
    /// legacy_version
    pub legacy_version: Option<ProtocolVersion>,
    /// supported_versions; empty when the extension is absent.
    pub supported_versions: Vec<ProtocolVersion>,
    /// cipher_suites
    pub ciphers: Vec<CipherSuite>,
    /// TLS_FALLBACK_SCSV was among the suites (RFC 7507).
    pub fallback: bool,
    /// supported_groups
    pub groups: Vec<NamedGroup>,
    /// Groups of key_share.
    pub key_shares: Vec<NamedGroup>,
    /// signature_algorithms
    pub signature_algorithms: Vec<SignatureScheme>,
    /// application_layer_protocol_negotiation, raw protocol names.
    pub alpn: Vec<Vec<u8>>,
    /// server_name, raw bytes of the first host_name; never a part of one.
    pub server_name: Option<Vec<u8>>,
    /// A ticket, a PSK or (without supported_versions) a session id was offered.
    pub session_offered: bool,
}

/// The raw bytes of server_name in a message with its handshake header, without reading anything else.
pub fn server_name(message: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(message);
    reader.take(HEADER + 2 + 32)?;
    reader.vector8()?;
    reader.vector16()?;
    reader.vector8()?;
    let mut rest = reader.vector16()?.reader();
    loop {
        let kind = rest.u16()?;
        let data = rest.vector16()?;
        if kind == extension::SERVER_NAME {
            return host_name(data.reader());
        }
    }
}

/// The first host_name of the extension (RFC 6066 section 3); never a part of one.
fn host_name(mut data: Reader<'_>) -> Option<&[u8]> {
    let mut names = data.vector16()?.reader();
    loop {
        let name_type = names.u8()?;
        let name = names.vector16()?;
        if name_type == 0 && name.complete {
            return Some(name.bytes);
        }
    }
}

impl ClientHello {
    /// Reads a message with its handshake header.
    pub fn read(message: &[u8]) -> Self {
        let mut hello = Self::default();
        hello.complete = hello.fill(message).is_some() && is_whole(message);
        hello
    }

    fn fill(&mut self, message: &[u8]) -> Option<()> {
        let mut reader = Reader::new(message);
        reader.take(HEADER)?;
        self.legacy_version = Some(ProtocolVersion(reader.u16()?));
        reader.take(32)?;
        let session_id = reader.vector8().filter(|vector| vector.complete)?;
        let suites = reader.vector16()?;
        self.ciphers.reserve(suites.bytes.len() / 2);
        for suite in suites.u16s().map(CipherSuite) {
            self.fallback |= suite == CipherSuite::FALLBACK;
            if !suite.is_signal() {
                self.ciphers.push(suite);
            }
        }
        reader
            .vector8()
            .filter(|vector| suites.complete && vector.complete)?;
        if reader.is_empty() {
            // A hello of SSL 3.0 or a bare TLS 1.0 one has no extensions. One that was cut here
            // may be of any version.
            self.session_offered = is_whole(message) && !session_id.bytes.is_empty();
            return Some(());
        }
        let extensions = reader.vector16()?;
        let mut rest = extensions.reader();
        while !rest.is_empty() {
            let kind = rest.u16()?;
            let data = rest.vector16()?;
            self.extension(kind, data.reader());
            data.complete.then_some(())?;
        }
        extensions.complete.then_some(())?;
        // TLS 1.3 fills the session id for middleboxes (RFC 8446 appendix D.4): it offers nothing.
        self.session_offered |= self.supported_versions.is_empty() && !session_id.bytes.is_empty();
        Some(())
    }

    /// A malformed extension leaves what was read of it.
    fn extension(&mut self, kind: u16, mut data: Reader<'_>) -> Option<()> {
        match kind {
            extension::SERVER_NAME if self.server_name.is_none() => {
                self.server_name = host_name(data).map(<[u8]>::to_vec);
            }
            extension::SUPPORTED_VERSIONS => self.supported_versions.extend(
                data.vector8()?
                    .u16s()
                    .filter(|value| !is_grease(*value))
                    .map(ProtocolVersion),
            ),
            extension::SUPPORTED_GROUPS => self.groups.extend(
                data.vector16()?
                    .u16s()
                    .filter(|value| !is_grease(*value))
                    .map(NamedGroup),
            ),
            extension::SIGNATURE_ALGORITHMS => self.signature_algorithms.extend(
                data.vector16()?
                    .u16s()
                    .filter(|value| !is_grease(*value))
                    .map(SignatureScheme),
            ),
            extension::KEY_SHARE => {
                let mut shares = data.vector16()?.reader();
                while !shares.is_empty() {
                    let group = shares.u16()?;
                    shares.vector16()?;
                    if !is_grease(group) {
                        self.key_shares.push(NamedGroup(group));
                    }
                }
            }
            extension::ALPN => {
                let mut protocols = data.vector16()?.reader();
                while !protocols.is_empty() {
                    let name = protocols.vector8()?;
                    // RFC 7301 section 3.1 forbids empty names.
                    if name.complete && !name.bytes.is_empty() {
                        self.alpn.push(name.bytes.to_vec());
                    }
                }
            }
            extension::SESSION_TICKET => self.session_offered |= !data.is_empty(),
            extension::PRE_SHARED_KEY => self.session_offered = true,
            _ => {}
        }
        Some(())
    }

    /// The highest version offered.
    pub fn max_version(&self) -> Option<ProtocolVersion> {
        self.supported_versions
            .iter()
            .copied()
            .max()
            .or(self.legacy_version)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bytes, CLIENT_HELLO, CLIENT_HELLO_12};
    use super::*;

    #[test]
    fn a_tls13_hello_is_read_to_its_end() {
        let hello = ClientHello::read(&bytes(CLIENT_HELLO));
        assert!(hello.complete);
        assert_eq!(hello.legacy_version, Some(ProtocolVersion::TLS1_2));
        assert_eq!(hello.supported_versions, [ProtocolVersion::TLS1_3]);
        assert_eq!(hello.max_version(), Some(ProtocolVersion::TLS1_3));
        assert_eq!(hello.server_name.as_deref(), Some(&b"api.example.com"[..]));
        assert_eq!(
            server_name(&bytes(CLIENT_HELLO)),
            hello.server_name.as_deref()
        );
        assert_eq!(hello.alpn, [b"h2"]);
        assert_eq!(hello.ciphers.first(), Some(&CipherSuite(0x1302)));
        assert_eq!(hello.key_shares, [NamedGroup(29)]);
        assert!(hello.groups.contains(&NamedGroup(23)));
        assert!(hello
            .signature_algorithms
            .contains(&SignatureScheme(0x0403)));
        assert!(
            !hello.session_offered,
            "the middlebox session id offers nothing"
        );
    }

    #[test]
    fn a_ticket_offers_a_session_and_signals_are_no_suites() {
        let hello = ClientHello::read(&bytes(CLIENT_HELLO_12));
        assert!(hello.complete && hello.session_offered);
        assert_eq!(hello.max_version(), Some(ProtocolVersion::TLS1_2));
        assert!(hello.ciphers.iter().all(|suite| !suite.is_signal()));
    }

    #[test]
    fn without_extensions_a_session_id_offers_a_session() {
        let mut message = vec![1, 0, 0, 44, 3, 1];
        message.extend([7; 32]);
        message.extend([1, 9, 0, 4, 0, 0x2f, 0x56, 0x00, 1, 0]);
        let hello = ClientHello::read(&message);
        assert!(hello.complete && hello.session_offered && hello.fallback);
        assert_eq!(hello.ciphers, [CipherSuite(0x2f)]);
        assert_eq!(hello.max_version(), Some(ProtocolVersion::TLS1));
    }

    #[test]
    fn a_name_that_was_cut_is_no_name() {
        let whole = bytes(CLIENT_HELLO);
        for length in 0..whole.len() {
            let hello = ClientHello::read(&whole[..length]);
            let name = hello.server_name.as_deref();
            assert!(matches!(name, None | Some(b"api.example.com")), "{length}");
            assert_eq!(server_name(&whole[..length]), name, "{length}");
            assert!(hello.alpn.iter().all(|name| name == b"h2"), "{length}");
        }
    }
}
