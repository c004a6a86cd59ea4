//! ServerHello and HelloRetryRequest (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3).

use super::{extension, is_whole, Reader, HEADER};
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion};

/// The random that turns a ServerHello into a HelloRetryRequest (RFC 8446 section 4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Whether a message of type 2, with its handshake header, is a HelloRetryRequest.
pub fn is_hello_retry_request(message: &[u8]) -> bool {
    message.get(HEADER + 2..HEADER + 34) == Some(&HELLO_RETRY_REQUEST[..])
}

/// What the peer chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// The message was read to its end.
    pub complete: bool,
    /// supported_versions, else legacy_version.
    pub version: Option<ProtocolVersion>,
    /// cipher_suite
    pub cipher: Option<CipherSuite>,
    /// Group of key_share (of a HelloRetryRequest: the group asked for).
    pub group: Option<NamedGroup>,
}

impl ServerHello {
    /// Reads a message with its handshake header.
    pub fn read(message: &[u8]) -> Self {
        let mut hello = Self::default();
        hello.complete = hello.fill(message).is_some() && is_whole(message);
        hello
    }

    fn fill(&mut self, message: &[u8]) -> Option<()> {
        let mut reader = Reader::new(message);
        reader.take(HEADER)?;
        self.version = Some(ProtocolVersion(reader.u16()?));
        reader.take(32)?;
        reader.vector8().filter(|vector| vector.complete)?;
        self.cipher = Some(CipherSuite(reader.u16()?));
        reader.u8()?;
        if reader.is_empty() {
            return Some(());
        }
        let extensions = reader.vector16()?;
        let mut rest = extensions.reader();
        while !rest.is_empty() {
            let kind = rest.u16()?;
            let data = rest.vector16()?;
            match kind {
                extension::SUPPORTED_VERSIONS => {
                    self.version = data.reader().u16().map(ProtocolVersion).or(self.version);
                }
                extension::KEY_SHARE => self.group = data.reader().u16().map(NamedGroup),
                _ => {}
            }
            data.complete.then_some(())?;
        }
        extensions.complete.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{bytes, SERVER_HELLO};
    use super::*;

    #[test]
    fn a_tls13_server_hello_says_version_suite_and_group() {
        let hello = ServerHello::read(&bytes(SERVER_HELLO));
        assert!(hello.complete);
        assert_eq!(hello.version, Some(ProtocolVersion::TLS1_3));
        assert_eq!(hello.cipher, Some(CipherSuite(0x1302)));
        assert_eq!(hello.group, Some(NamedGroup(29)));
    }

    #[test]
    fn a_retry_is_told_by_its_random() {
        let mut message = bytes(SERVER_HELLO);
        assert!(!is_hello_retry_request(&message));
        message.splice(6..38, HELLO_RETRY_REQUEST);
        assert!(is_hello_retry_request(&message));
        assert!(!is_hello_retry_request(&message[..37]));
    }
}
