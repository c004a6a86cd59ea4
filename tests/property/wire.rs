//! What must hold of every reader of the wire, whatever bytes it gets.

use tlsdiag::wire::{
    alternative_names, begins_http2, count_name_constraints, distinguished_name, first_data,
    is_authority, is_hello_retry_request, issuer_url, request_host, rsa_exponent_bits,
    CertificateRequest, ClientHello, ServerHello,
};

/// To begin with: a name, a subjectAltName, an authorityInfoAccess, a nameConstraints, an RSA key.
pub(crate) const DER: [&[u8]; 5] = [
    b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02ab",
    b"\x30\x0b\x82\x03a.b\x87\x04\x7f\x00\x00\x01",
    b"\x30\x15\x30\x13\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x07http://",
    b"\x30\x0a\xa0\x04\x30\x02\x82\x00\xa1\x02\x30\x00",
    b"\x30\x08\x02\x01\x7f\x02\x03\x01\x00\x01",
];

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
    assert!(alternative_names(bytes).count() <= bytes.len() / 2);
    assert!(count_name_constraints(bytes) <= bytes.len() / 2);
    assert!(issuer_url(bytes).is_none_or(|url| url.len() < bytes.len()));
    assert!(rsa_exponent_bits(bytes).is_none_or(|bits| bits < bytes.len() * 8));
    is_authority(bytes);
    begins_http2(bytes);
    assert!(first_data(bytes).len() <= bytes.len());
    let http2 = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes].concat();
    for request in [bytes, &http2] {
        assert!(request_host(request).is_none_or(|host| host.len() <= 255));
    }
}

/// A name is at most 8 attributes of 64 bytes and their labels.
pub(crate) fn name(der: &[u8]) {
    let name = distinguished_name(der).unwrap_or_default();
    assert!(name.len() <= 8 * 800, "{} bytes", name.len());
}
