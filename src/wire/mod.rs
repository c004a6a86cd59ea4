//! Handshake messages, parts of certificates, and of HTTP, from bytes.
//!
//! A recording may be cut and a peer may send anything, so every reader returns what was readable
//! and says whether it reached the end (`complete`). Nothing here indexes or recurses, and what it
//! allocates is bounded by the length of the input.

mod authorities;
mod certificate;
mod client_hello;
mod der;
mod http2;
mod name;
mod reader;
mod request;
mod server_hello;

pub use authorities::CertificateRequest;
pub use certificate::{
    alternative_names, count_name_constraints, is_authority, issuer_url, rsa_exponent_bits,
    AlternativeName,
};
pub use client_hello::{server_name, ClientHello};
pub use http2::{begins_http2, first_data, inadequate_security};
pub use name::distinguished_name;
pub use reader::{Reader, Vector};
pub use request::{is_http2_request, request_host};
pub use server_hello::{is_hello_retry_request, ServerHello};

/// Extension types (RFC 8446 section 4.2).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const SUPPORTED_GROUPS: u16 = 10;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const PRE_SHARED_KEY: u16 = 41;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const CERTIFICATE_AUTHORITIES: u16 = 47;
    pub(super) const KEY_SHARE: u16 = 51;
}

/// Length of the handshake header: type and 24-bit length (RFC 8446 section 4).
const HEADER: usize = 4;

/// The message is as long as its header says.
fn is_whole(message: &[u8]) -> bool {
    let mut reader = Reader::new(message);
    let declared = reader.u8().and_then(|_| reader.u24());
    declared == Some(reader.rest().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A real TLS 1.3 ClientHello: `openssl s_client -connect 127.0.0.1:PORT -servername
    /// api.example.com -alpn h2 -tls1_3` (OpenSSL 3.0.19), captured with -msg.
    pub(super) const CLIENT_HELLO: &str = include_str!("testdata/client_hello_tls13.hex");
    /// The same with -tls1_2 and a session ticket offered (-sess_in).
    pub(super) const CLIENT_HELLO_12: &str = include_str!("testdata/client_hello_tls12.hex");
    /// The ServerHello that answered it.
    pub(super) const SERVER_HELLO: &str = include_str!("testdata/server_hello_tls13.hex");
    /// A CertificateRequest of TLS 1.2 and of TLS 1.3 (`openssl s_server -Verify 1 -CAfile ...`).
    pub(super) const REQUEST_12: &str = include_str!("testdata/certificate_request_tls12.hex");
    pub(super) const REQUEST_13: &str = include_str!("testdata/certificate_request_tls13.hex");

    pub(super) fn bytes(hex: &str) -> Vec<u8> {
        let quoted = format!("\"{}\"", hex.trim());
        serde_json::from_str::<crate::capture::Bytes>(&quoted)
            .unwrap()
            .0
    }

    fn read_all(message: &[u8]) -> bool {
        let client = ClientHello::read(message).complete;
        let server = ServerHello::read(message).complete;
        let old = CertificateRequest::read(message, false).complete;
        let new = CertificateRequest::read(message, true).complete;
        is_hello_retry_request(message);
        distinguished_name(message);
        client || server || old || new
    }

    #[test]
    fn every_message_cut_at_every_length_is_read_as_far_as_it_goes() {
        for hex in [
            CLIENT_HELLO,
            CLIENT_HELLO_12,
            SERVER_HELLO,
            REQUEST_12,
            REQUEST_13,
        ] {
            let message = bytes(hex);
            assert!(read_all(&message));
            for length in 0..message.len() {
                read_all(&message[..length]);
            }
        }
        let hello = bytes(CLIENT_HELLO);
        for length in 0..hello.len() {
            assert!(
                !ClientHello::read(&hello[..length]).complete,
                "cut at {length}"
            );
        }
        let request = bytes(REQUEST_12);
        for length in 0..request.len() {
            assert!(!CertificateRequest::read(&request[..length], false).complete);
        }
    }

    #[test]
    fn no_corruption_of_a_message_panics() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for hex in [
            CLIENT_HELLO,
            CLIENT_HELLO_12,
            SERVER_HELLO,
            REQUEST_12,
            REQUEST_13,
        ] {
            let message = bytes(hex);
            for _ in 0..3000 {
                let mut broken = message.clone();
                for _ in 0..=random() % 4 {
                    let at = usize::try_from(random() % broken.len() as u64).unwrap();
                    broken[at] = random().to_le_bytes()[0];
                }
                read_all(&broken);
            }
        }
    }
}
