//! Chains made to cost whoever verifies them, all within what a TLS library takes from a peer
//! (100 KiB, 10 certificates).

use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::bn::{BigNum, BigNumContext, BigNumRef, MsbOption};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Rsa, RsaPrivateKeyBuilder};
use openssl::x509::{X509Builder, X509Extension, X509};

use super::revocation::{element, sequence};
use super::{builder, extend_ca, sign_leaf, subject, Identity, Key, Leaf};

/// Context-specific tags: an excluded list of nameConstraints, and a dNSName.
const EXCLUDED: u8 = 0xa1;
const DNS_NAME: u8 = 0x82;

/// Ten certificates, nine of them with RSA keys of 3,072 bits whose public exponent is as long: a
/// signature of theirs takes a hundred times as long to check as one of a usual key.
pub fn long_exponents(name: &str) -> Identity {
    chain(&Leaf::named(name), 9, &long_exponent_key(), |_| {})
}

/// Ten certificates, nine of them with RSA keys of 4,096 bits: nothing is wrong with any of them.
pub fn long_keys(name: &str) -> Identity {
    let key = PKey::from_rsa(Rsa::generate(4096).expect("RSA key")).expect("RSA key");
    chain(&Leaf::named(name), 9, &key, |_| {})
}

/// A leaf of 2,500 names below eight authorities with 400 constraints each: eight million comparisons.
pub fn many_names(name: &str) -> Identity {
    let mut leaf = Leaf::named(name);
    leaf.dns
        .extend((1..2_500).map(|number| format!("n{number:04}.a")));
    let excluded: Vec<u8> = (0..400)
        .flat_map(|number| {
            let name = format!("x{number:03}.b");
            sequence(&[element(DNS_NAME, name.as_bytes())])
        })
        .collect();
    let constraints = sequence(&[element(EXCLUDED, &excluded)]);
    chain(&leaf, 8, &Key::Ec.make(), |builder| {
        let oid = Asn1Object::from_str("2.5.29.30").expect("nameConstraints");
        let value = Asn1OctetString::new_from_bytes(&constraints).expect("octets");
        let extension = X509Extension::new_from_der(&oid, true, &value).expect("extension");
        builder.append_extension(extension).expect("extension");
    })
}

/// The same chain but for a byte that no verification reads: of the last signature.
pub fn varied(identity: &Identity, by: u8) -> Identity {
    let mut varied = identity.clone();
    let last = varied.chain.last_mut().expect("a chain");
    let mut der = last.to_der().expect("DER");
    *der.last_mut().expect("a certificate") ^= by;
    *last = X509::from_der(&der).expect("a certificate");
    varied
}

/// A leaf below so many authorities, all with the same key, the topmost of which nobody knows.
fn chain(
    leaf: &Leaf,
    authorities: usize,
    key: &PKey<Private>,
    extend: impl Fn(&mut X509Builder),
) -> Identity {
    let name = |number: usize| subject(&format!("Hostile {number}"));
    let (certificate, leaf_key) = sign_leaf(leaf, &name(1), Some(key));
    let chain = (1..=authorities).map(|number| {
        let mut builder = builder(&name(number), &name(number + 1), key, -30, 1825);
        extend_ca(&mut builder);
        extend(&mut builder);
        builder.sign(key, MessageDigest::sha256()).expect("sign");
        builder.build()
    });
    Identity {
        certificate,
        key: leaf_key,
        chain: chain.collect(),
    }
}

fn long_exponent_key() -> PKey<Private> {
    let usual = Rsa::generate(3072).expect("RSA key");
    let (p, q) = (usual.p().expect("p"), usual.q().expect("q"));
    let one = BigNum::from_u32(1).expect("1");
    let mut context = BigNumContext::new().expect("context");
    let minus_one = |number: &BigNumRef| -> BigNum { number - &one };
    let (p1, q1) = (minus_one(p), minus_one(q));
    let phi = &p1 * &q1;
    let (exponent, secret) = loop {
        let mut exponent = BigNum::new().expect("number");
        exponent
            .rand(3071, MsbOption::ONE, true)
            .expect("random number");
        let mut secret = BigNum::new().expect("number");
        // Only what has no divisor in common with phi has an inverse.
        if secret.mod_inverse(&exponent, &phi, &mut context).is_ok() {
            break (exponent, secret);
        }
    };
    let rest = |by: &BigNumRef| &secret % by;
    let (dp, dq) = (rest(&p1), rest(&q1));
    let iqmp = usual.iqmp().expect("iqmp").to_owned().expect("copy");
    let copy = |number: &BigNumRef| number.to_owned().expect("copy");
    let key = RsaPrivateKeyBuilder::new(copy(usual.n()), exponent, secret)
        .and_then(|key| key.set_factors(copy(p), copy(q)))
        .and_then(|key| key.set_crt_params(dp, dq, iqmp))
        .expect("RSA key");
    PKey::from_rsa(key.build()).expect("RSA key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_they_say_and_a_peer_may_send_them() {
        let chains = [
            (long_exponents("a.test"), 10),
            (long_keys("a.test"), 10),
            (many_names("a.test"), 9),
        ];
        for (identity, length) in chains {
            let all = [vec![identity.certificate], identity.chain].concat();
            assert_eq!(all.len(), length);
            let bytes: usize = all.iter().map(|one| one.to_der().unwrap().len()).sum();
            assert!(bytes < 100 * 1024, "{bytes}");
            for (one, issuer) in all.iter().zip(all.iter().skip(1)) {
                assert!(one.verify(&issuer.public_key().unwrap()).unwrap());
            }
        }
    }

    #[test]
    fn a_variation_is_another_certificate_with_the_same_key() {
        let one = many_names("a.test");
        let other = varied(&one, 1);
        let (one, other) = (one.chain.last().unwrap(), other.chain.last().unwrap());
        assert_ne!(one.to_der().unwrap(), other.to_der().unwrap());
        assert_eq!(one.to_der().unwrap(), {
            let mut der = other.to_der().unwrap();
            *der.last_mut().unwrap() ^= 1;
            der
        });
    }
}
