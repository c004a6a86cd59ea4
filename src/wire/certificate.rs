//! Extensions and keys of a certificate, in DER (RFC 5280 section 4.2).
//!
//! libcrypto decodes a whole extension, with an allocation or three for every element, and a peer may
//! send thousands of names of which a report shows a few. These readers stop at what was asked for.

use super::der::{any, element, elements, BOOLEAN, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use super::Reader;

/// `GeneralName`'s tags.
const DNS_NAME: u8 = 0x82;
const URI: u8 = 0x86;
const IP_ADDRESS: u8 = 0x87;
/// id-ad-caIssuers, 1.3.6.1.5.5.7.48.2.
const CA_ISSUERS: [u8; 8] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
/// Entries of authorityInfoAccess looked at.
const MAX_ACCESS: usize = 16;

/// One name of a subjectAltName.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlternativeName<'a> {
    /// dNSName, as it was sent.
    Dns(&'a [u8]),
    /// iPAddress: 4 or 16 bytes, if it is one.
    Ip(&'a [u8]),
    /// Any other.
    Other,
}

/// The names of a subjectAltName (section 4.2.1.6), as far as they can be read.
pub fn alternative_names(extension: &[u8]) -> impl Iterator<Item = AlternativeName<'_>> {
    let names = element(&mut Reader::new(extension), SEQUENCE).unwrap_or_default();
    elements(names).map(|(tag, contents)| match tag {
        DNS_NAME => AlternativeName::Dns(contents),
        IP_ADDRESS => AlternativeName::Ip(contents),
        _ => AlternativeName::Other,
    })
}

/// How many subtrees a nameConstraints lists, permitted and excluded (section 4.2.1.10).
pub fn count_name_constraints(extension: &[u8]) -> usize {
    let lists = element(&mut Reader::new(extension), SEQUENCE).unwrap_or_default();
    elements(lists)
        .map(|(_, subtrees)| elements(subtrees).count())
        .sum()
}

/// Where the issuer's certificate can be fetched: the first caIssuers URL of an authorityInfoAccess
/// (section 4.2.2.1).
pub fn issuer_url(extension: &[u8]) -> Option<&[u8]> {
    let list = element(&mut Reader::new(extension), SEQUENCE)?;
    elements(list).take(MAX_ACCESS).find_map(|(_, access)| {
        let mut reader = Reader::new(access);
        let method = element(&mut reader, OBJECT_IDENTIFIER)?;
        let (tag, location) = any(&mut reader)?;
        (method == CA_ISSUERS && tag == URI).then_some(location)
    })
}

/// basicConstraints says that the certificate is an authority's (section 4.2.1.9).
pub fn is_authority(extension: &[u8]) -> bool {
    let constraints = element(&mut Reader::new(extension), SEQUENCE).unwrap_or_default();
    matches!(
        element(&mut Reader::new(constraints), BOOLEAN),
        Some([1..=255])
    )
}

/// Bits of the public exponent of an RSA key (`RSAPublicKey`, RFC 8017 appendix A.1.1), to whole
/// bytes; `None` when it is no RSA key.
pub fn rsa_exponent_bits(key: &[u8]) -> Option<usize> {
    let mut numbers = Reader::new(element(&mut Reader::new(key), SEQUENCE)?);
    element(&mut numbers, INTEGER)?;
    let exponent = element(&mut numbers, INTEGER)?;
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
    Some((exponent.len() - zeros) * 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// subjectAltName: DNS:a, IP:10.0.0.1, email:b, DNS:cd.
    const NAMES: [u8; 18] = [
        0x30, 16, 0x82, 1, b'a', 0x87, 4, 10, 0, 0, 1, 0x81, 1, b'b', 0x82, 2, b'c', b'd',
    ];

    #[test]
    fn names_come_in_order_and_stop_where_they_cannot_be_read() {
        use AlternativeName::{Dns, Ip, Other};
        let names: Vec<_> = alternative_names(&NAMES).collect();
        assert_eq!(names, [Dns(b"a"), Ip(&[10, 0, 0, 1]), Other, Dns(b"cd")]);
        let mut broken = NAMES;
        broken[12] = 9;
        let names: Vec<_> = alternative_names(&broken).collect();
        assert_eq!(names, [Dns(b"a"), Ip(&[10, 0, 0, 1])]);
        assert_eq!(alternative_names(&NAMES[..10]).count(), 0);
        assert_eq!(alternative_names(&[]).count(), 0);
    }

    #[test]
    fn constraints_of_both_kinds_count() {
        // permitted: DNS:a, DNS:b; excluded: DNS:c.
        let subtree = |name| [0x30, 3, 0x82, 1, name];
        let lists = [
            &[0xa0, 10][..],
            &subtree(b'a'),
            &subtree(b'b'),
            &[0xa1, 5],
            &subtree(b'c'),
        ]
        .concat();
        assert_eq!(
            count_name_constraints(&[&[0x30, 19], &lists[..]].concat()),
            3
        );
        assert_eq!(count_name_constraints(&[0x30, 0]), 0);
        assert_eq!(count_name_constraints(&[]), 0);
    }

    #[test]
    fn an_issuer_has_a_url_only_if_one_says_so() {
        let access = |last: u8, tag: u8| {
            let mut entry = vec![0x30, 13, 6, 8];
            entry.extend(&CA_ISSUERS[..7]);
            entry.extend([last, tag, 1, b'u']);
            entry
        };
        let list = |entries: &[Vec<u8>]| {
            let entries = entries.concat();
            let length = u8::try_from(entries.len()).unwrap();
            [&[0x30, 0x81, length], &entries[..]].concat()
        };
        let (ocsp, by_name, url) = (access(1, URI), access(2, DNS_NAME), access(2, URI));
        let found = list(&[ocsp.clone(), by_name.clone(), url.clone()]);
        assert_eq!(issuer_url(&found), Some(&b"u"[..]));
        assert_eq!(issuer_url(&list(&[ocsp.clone(), by_name])), None);
        let mut many = vec![ocsp; MAX_ACCESS];
        many.push(url);
        assert_eq!(issuer_url(&list(&many)), None, "behind too many others");
        assert_eq!(issuer_url(&[]), None);
    }

    #[test]
    fn only_true_makes_an_authority() {
        assert!(is_authority(&[0x30, 3, 1, 1, 0xff]));
        assert!(is_authority(&[0x30, 6, 1, 1, 0xff, 2, 1, 0]));
        assert!(!is_authority(&[0x30, 3, 1, 1, 0]));
        assert!(!is_authority(&[0x30, 0]));
        assert!(!is_authority(&[0x30, 3, 2, 1, 1]));
        assert!(!is_authority(&[]));
    }

    #[test]
    fn an_exponent_is_measured_without_its_sign_byte() {
        let key = |exponent: &[u8]| {
            let length = exponent.len().to_le_bytes()[0];
            [&[0x30, 5 + length, 2, 1, 7, 2, length], exponent].concat()
        };
        assert_eq!(rsa_exponent_bits(&key(&[1, 0, 1])), Some(24));
        assert_eq!(rsa_exponent_bits(&key(&[0, 0xff, 0, 0, 1])), Some(32));
        assert_eq!(rsa_exponent_bits(&key(&[1, 0, 0, 0, 1])), Some(40));
        assert_eq!(rsa_exponent_bits(&[4, 1, 1]), None);
    }
}
