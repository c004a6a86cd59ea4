//! Whether a private key belongs to a certificate: both say the same public key.
//!
//! Nothing is computed. RSA keys hold the modulus, EC and newer Ed25519 keys usually the public
//! point; of others, and of encrypted ones, nothing is known.

use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::der::{element, find, sequence, value, BIT_STRING, INTEGER, OCTET_STRING};
use crate::wire::Reader;

/// RFC 8017, `rsaEncryption`.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// `[1]`, constructed and primitive.
const EXPLICIT_1: u8 = 0xa1;
const IMPLICIT_1: u8 = 0x81;

/// What tells public keys apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum PublicKey {
    /// The modulus, without leading zeros.
    Rsa(Vec<u8>),
    /// The bits of the point.
    Point(Vec<u8>),
}

/// The key of a certificate.
pub(super) fn of_certificate(info: &SubjectPublicKeyInfoOwned) -> Option<PublicKey> {
    let bits = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA => {
            let mut key = sequence(&mut Reader::new(bits))?;
            modulus(&mut key)
        }
        _ => Some(PublicKey::Point(bits.to_vec())),
    }
}

/// The public half of a private key, by the label of its PEM block.
pub(super) fn public_half(label: &[u8], der: &[u8]) -> Option<PublicKey> {
    let mut key = sequence(&mut Reader::new(der))?;
    value(&mut key, INTEGER)?;
    match label {
        b"RSA PRIVATE KEY" => modulus(&mut key),
        b"EC PRIVATE KEY" => point(&mut key),
        b"PRIVATE KEY" => {
            let mut algorithm = sequence(&mut key)?;
            let oid = element(&mut algorithm)?.content;
            let inner = value(&mut key, OCTET_STRING)?;
            if oid == RSA.as_bytes() {
                return public_half(b"RSA PRIVATE KEY", inner);
            }
            // RFC 5958: the public key may stand behind the private one.
            let outer = find(&mut key, IMPLICIT_1).and_then(bits);
            outer.or_else(|| public_half(b"EC PRIVATE KEY", inner))
        }
        _ => None,
    }
}

/// RFC 8017, after the version where there is one.
fn modulus(key: &mut Reader<'_>) -> Option<PublicKey> {
    let number = value(key, INTEGER)?;
    let start = number.iter().position(|byte| *byte != 0)?;
    Some(PublicKey::Rsa(number.get(start..)?.to_vec()))
}

/// RFC 5915, after the version.
fn point(key: &mut Reader<'_>) -> Option<PublicKey> {
    value(key, OCTET_STRING)?;
    let tagged = find(key, EXPLICIT_1)?;
    bits(value(&mut Reader::new(tagged), BIT_STRING)?)
}

/// A bit string without unused bits.
fn bits(content: &[u8]) -> Option<PublicKey> {
    let bits = content.strip_prefix(&[0])?;
    Some(PublicKey::Point(bits.to_vec()))
}
