//! Certificate revocation lists (RFC 5280 section 5), written in DER by hand: the `openssl` crate
//! reads them only.

use std::time::{SystemTime, UNIX_EPOCH};

use openssl::hash::MessageDigest;
use openssl::sign::Signer;

use super::{Authority, Identity, DAY};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;

/// `AlgorithmIdentifier` of ecdsa-with-SHA256; every authority has a key on P-256.
const ECDSA_WITH_SHA256: &[u8] = &[
    0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
];

impl Authority {
    /// A revocation list of this authority in PEM: good from yesterday until `to_day` from now.
    pub fn crl(&self, revoked: &[&Identity], to_day: i64) -> Vec<u8> {
        let from_day = to_day.min(0) - 1;
        let issuer = self.certificate.subject_name().to_der().expect("DER");
        let mut list = vec![
            element(INTEGER, &[1]),
            ECDSA_WITH_SHA256.to_vec(),
            issuer,
            time(from_day),
            time(to_day),
        ];
        if !revoked.is_empty() {
            let entries = revoked.iter().map(|identity| {
                let serial = identity.certificate.serial_number().to_bn();
                // `Authority::issue` makes serial numbers of 120 bits, the first of which is set.
                let serial = [vec![0], serial.expect("serial").to_vec()].concat();
                sequence(&[element(INTEGER, &serial), time(from_day)])
            });
            list.push(sequence(&entries.collect::<Vec<_>>()));
        }
        let list = sequence(&list);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("signer");
        let signature = signer.sign_oneshot_to_vec(&list).expect("sign");
        let signature = [vec![0], signature].concat();
        let whole = sequence(&[
            list,
            ECDSA_WITH_SHA256.to_vec(),
            element(BIT_STRING, &signature),
        ]);
        pem(&whole)
    }
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short list");
    let mut bytes = vec![tag];
    match length {
        0..=0x7f => bytes.extend(&length.to_be_bytes()[1..]),
        0x80..=0xff => bytes.extend([0x81, length.to_be_bytes()[1]]),
        _ => {
            bytes.push(0x82);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(content);
    bytes
}

/// `UTCTime` of a moment, in days from now.
fn time(offset: i64) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let seconds = i64::try_from(now.as_secs()).expect("seconds") + offset * DAY;
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let year = year % 100;
    let text = format!("{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    element(UTC_TIME, text.as_bytes())
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year + i64::from(month <= 2);
    (year, month, day)
}

fn pem(der: &[u8]) -> Vec<u8> {
    let text = openssl::base64::encode_block(der);
    let mut pem = String::from("-----BEGIN X509 CRL-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END X509 CRL-----\n");
    pem.into_bytes()
}

#[cfg(test)]
mod tests {
    use openssl::x509::{CrlStatus, X509Crl};

    use super::*;
    use crate::certs::Leaf;

    #[test]
    fn openssl_reads_it() {
        let root = Authority::root("Root");
        let (bad, good) = (
            root.issue(&Leaf::named("bad.test")),
            root.issue(&Leaf::named("good.test")),
        );
        let crl = X509Crl::from_pem(&root.crl(&[&bad], 7)).unwrap();
        assert!(crl.verify(&root.key).unwrap());
        let status = |identity: &Identity| {
            matches!(
                crl.get_by_cert(&identity.certificate),
                CrlStatus::Revoked(_)
            )
        };
        assert!(status(&bad) && !status(&good));
        assert!(crl.next_update().unwrap() > crate::certs::day(6));
        assert!(X509Crl::from_pem(&root.crl(&[], -2)).is_ok());
    }

    #[test]
    fn counts_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_780), (2026, 11, 23));
    }
}
