//! CertificateRequest (RFC 5246 section 7.4.4, RFC 8446 section 4.3.2): whose certificates the peer
//! wants to see.

use super::{extension, is_whole, Reader, HEADER};

/// Names kept; a server that trusts a whole public store lists hundreds.
const MAX_NAMES: usize = 256;

/// The certificate authorities a peer lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateRequest<'a> {
    /// The message was read to its end and every name was kept.
    pub complete: bool,
    /// DER-encoded distinguished names, at most 256.
    pub authorities: Vec<&'a [u8]>,
}

impl<'a> CertificateRequest<'a> {
    /// Reads a message with its handshake header, in the format of TLS 1.3 or of earlier versions.
    pub fn read(message: &'a [u8], tls13: bool) -> Self {
        let mut request = Self::default();
        let mut reader = Reader::new(message);
        let whole = is_whole(message);
        let done = match (reader.take(HEADER), tls13) {
            (None, _) => None,
            (_, true) => request.fill_tls13(reader),
            (_, false) => request.fill_tls12(reader, whole),
        };
        request.complete = done.is_some() && whole;
        request
    }

    fn fill_tls12(&mut self, mut reader: Reader<'a>, whole: bool) -> Option<()> {
        reader.vector8().filter(|vector| vector.complete)?;
        // TLS 1.1 has no signature algorithms here: then the list of names comes at once, and being
        // the last field it ends the message. Of a cut message that cannot be told.
        let mut old = reader;
        let names = match old.vector16() {
            Some(names) if whole && names.complete && old.is_empty() => names,
            _ => {
                reader.vector16().filter(|vector| vector.complete)?;
                reader.vector16()?
            }
        };
        self.names(names.reader())?;
        names.complete.then_some(())
    }

    fn fill_tls13(&mut self, mut reader: Reader<'a>) -> Option<()> {
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

    fn names(&mut self, mut names: Reader<'a>) -> Option<()> {
        while !names.is_empty() {
            let name = names.vector16().filter(|name| name.complete)?;
            if self.authorities.len() == MAX_NAMES {
                return None;
            }
            self.authorities.push(name.bytes);
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
            let message = bytes(hex);
            let request = CertificateRequest::read(&message, tls13);
            assert!(request.complete, "tls13: {tls13}");
            let names: Vec<_> = request
                .authorities
                .iter()
                .filter_map(|der| distinguished_name(der))
                .collect();
            assert_eq!(names, ["CN=Example Client CA,O=Example"]);
        }
    }

    /// A CertificateRequest of TLS 1.2 or, without signature algorithms, of TLS 1.1.
    fn request(algorithms: Option<&[u8]>, names: &[&[u8]]) -> Vec<u8> {
        let vector =
            |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let mut body = vec![1, 1];
        body.extend(algorithms.map(vector).unwrap_or_default());
        body.extend(vector(
            &names
                .iter()
                .flat_map(|name| vector(name))
                .collect::<Vec<_>>(),
        ));
        let [_, length @ ..] = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[13], &length[..], &body].concat()
    }

    #[test]
    fn the_format_of_tls11_is_told_by_its_end() {
        let name: &[u8] = &[0x30, 0];
        for message in [
            request(None, &[name]),
            request(Some(&[4, 3, 8, 4]), &[name]),
        ] {
            let read = CertificateRequest::read(&message, false);
            assert!(read.complete);
            assert_eq!(read.authorities, [name]);
        }
        // Cut right after the algorithms it must not look like the older format.
        let message = request(Some(&[0, 2, 8, 4]), &[name]);
        let read = CertificateRequest::read(&message[..message.len() - 6], false);
        assert_eq!(read, CertificateRequest::default());
    }

    #[test]
    fn names_beyond_the_bound_make_the_list_incomplete() {
        let name: &[u8] = &[0x30, 0];
        let all = request(Some(&[4, 3]), &[name; MAX_NAMES]);
        assert!(CertificateRequest::read(&all, false).complete);
        let more = request(Some(&[4, 3]), &[name; MAX_NAMES + 1]);
        let read = CertificateRequest::read(&more, false);
        assert!(!read.complete);
        assert_eq!(read.authorities.len(), MAX_NAMES);
    }
}
