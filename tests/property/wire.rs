//! What must hold of every reader of the wire, whatever bytes it gets.

use tlsdiag::wire::{
    distinguished_name, is_hello_retry_request, CertificateRequest, ClientHello, ServerHello,
};

/// Gives the bytes to every reader. What one makes of them is bounded by their length.
pub(crate) fn read(bytes: &[u8]) {
    let hello = ClientHello::read(bytes);
    assert!(hello.ciphers.len() <= bytes.len() / 2);
    assert!(hello.alpn.len() <= bytes.len() / 2);
    ServerHello::read(bytes);
    is_hello_retry_request(bytes);
    for tls13 in [false, true] {
        let request = CertificateRequest::read(bytes, tls13);
        assert!(request.authorities.len() <= 256);
        for authority in request.authorities {
            name(authority);
        }
    }
    name(bytes);
}

/// A name is at most 8 attributes of 64 bytes and their labels, in printable characters.
pub(crate) fn name(der: &[u8]) {
    let name = distinguished_name(der).unwrap_or_default();
    assert!(name.len() <= 8 * 800, "{} bytes", name.len());
}
