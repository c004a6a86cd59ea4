//! CertificateRequest (RFC 5246 section 7.4.4, RFC 8446 section 4.3.2): whose certificates the peer
//! wants to see.

use super::{extension, is_whole, Reader, HEADER};

/// Names kept; a server that trusts a whole public store lists hundreds.
const MAX_NAMES: usize = 256;

/// The certificate authorities a peer lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRequest {
    /// The message was read to its end.
    pub complete: bool,
    /// DER-encoded distinguished names, at most 256.
    pub authorities: Vec<Vec<u8>>,
}

impl CertificateRequest {
    /// Reads a message with its handshake header, in the format of TLS 1.3 or of earlier versions.
    pub fn read(message: &[u8], tls13: bool) -> Self {
        let mut request = Self::default();
        let mut reader = Reader::new(message);
        let done = match (reader.take(HEADER), tls13) {
            (None, _) => None,
            (_, true) => request.fill_tls13(reader),
            (_, false) => request.fill_tls12(reader),
        };
        request.complete = done.is_some() && is_whole(message);
        request
    }

    fn fill_tls12(&mut self, mut reader: Reader<'_>) -> Option<()> {
        reader.vector8().filter(|vector| vector.complete)?;
        // TLS 1.1 has no signature algorithms here: then the list of names comes at once, and being
        // the last field it ends the message.
        let mut old = reader;
        let names = match old.vector16() {
            Some(names) if names.complete && old.is_empty() => names,
            _ => {
                reader.vector16().filter(|vector| vector.complete)?;
                reader.vector16()?
            }
        };
        self.names(names.reader())?;
        names.complete.then_some(())
    }

    fn fill_tls13(&mut self, mut reader: Reader<'_>) -> Option<()> {
        reader.vector8().filter(|vector| vector.complete)?;
        let extensions = reader.vector16()?;
        let mut rest = extensions.reader();
        while !rest.is_empty() {
            let kind = rest.u16()?;
            let data = rest.vector16()?;
            if kind == extension::CERTIFICATE_AUTHORITIES {
                self.names(data.reader().vector16()?.reader())?;
            }
            data.complete.then_some(())?;
        }
        extensions.complete.then_some(())
    }

    fn names(&mut self, mut names: Reader<'_>) -> Option<()> {
        while !names.is_empty() {
            let name = names.vector16().filter(|name| name.complete)?;
            if self.authorities.len() < MAX_NAMES {
                self.authorities.push(name.bytes.to_vec());
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::distinguished_name;
    use super::super::tests::{bytes, REQUEST_12, REQUEST_13};
    use super::*;

    #[test]
    fn both_formats_list_the_same_authority() {
        for (hex, tls13) in [(REQUEST_12, false), (REQUEST_13, true)] {
            let request = CertificateRequest::read(&bytes(hex), tls13);
            assert!(request.complete, "tls13: {tls13}");
            let names: Vec<_> = request
                .authorities
                .iter()
                .filter_map(|der| distinguished_name(der))
                .collect();
            assert_eq!(names, ["CN=Example Client CA,O=Example"]);
        }
    }
}
