//! What certificates, lists and keys say, as far as a check asks.
//!
//! Nothing is verified here: nginx and the upstream do that. A file is what OpenSSL's readers make
//! of it: PEM blocks with anything around them. What cannot be read makes the file incomplete, and
//! a check that needs the whole of it stays silent.

mod der;
mod key;
mod pem;

use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::time::Time;

pub(super) use key::PublicKey;

use crate::wire::Reader;

/// `id-kp-clientAuth` and `anyExtendedKeyUsage` (RFC 5280 section 4.2.1.12).
const CLIENT_USES: [ObjectIdentifier; 2] = [
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2"),
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),
];

/// What is in a file of PEM blocks.
#[derive(Debug, Default)]
pub(super) struct PemFile {
    /// In the order of the file.
    pub(super) certificates: Vec<Certificate>,
    pub(super) crls: Vec<Crl>,
    /// The public half of the first private key, where the key says it.
    pub(super) key: Option<PublicKey>,
    /// Something in it could not be read.
    pub(super) is_incomplete: bool,
}

impl PemFile {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut file = Self::default();
        for block in pem::blocks(bytes) {
            let Some(der) = block.der else {
                file.is_incomplete = true;
                continue;
            };
            match block.label {
                b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => {
                    match Certificate::parse(&der) {
                        Some(certificate) => file.certificates.push(certificate),
                        None => file.is_incomplete = true,
                    }
                }
                b"X509 CRL" => match Crl::parse(&der) {
                    Some(crl) => file.crls.push(crl),
                    None => file.is_incomplete = true,
                },
                label => file.key = file.key.or_else(|| key::public_half(label, &der)),
            }
        }
        file
    }

    /// Those that issued a certificate, by name and key identifier.
    pub(super) fn issuers_of<'f>(
        &'f self,
        certificate: &'f Certificate,
    ) -> impl Iterator<Item = &'f Certificate> {
        let issued = |one: &&Certificate| one.issued(certificate);
        self.certificates.iter().filter(issued)
    }
}

/// A certificate.
#[derive(Debug)]
pub(super) struct Certificate {
    /// For people.
    pub(super) subject_text: String,
    subject: Canonical,
    issuer: Canonical,
    subject_key: Option<Vec<u8>>,
    issuer_key: Option<Vec<u8>>,
    /// Seconds since 1970.
    pub(super) not_after: i64,
    /// Says that it may issue others.
    pub(super) is_authority: bool,
    /// It may be a client's; so may one that says nothing of its use.
    pub(super) is_for_clients: bool,
    pub(super) key: Option<PublicKey>,
}

impl Certificate {
    fn parse(der: &[u8]) -> Option<Self> {
        let (certificate, _) = CertificateInner::<Raw>::from_der_partial(der).ok()?;
        let tbs = certificate.tbs_certificate();
        let constraints = tbs.get_extension::<BasicConstraints>().ok()?;
        let uses = tbs.get_extension::<ExtendedKeyUsage>().ok()?;
        let subject_key = tbs.get_extension::<SubjectKeyIdentifier>().ok()?;
        let issuer_key = tbs.get_extension::<AuthorityKeyIdentifier>().ok()?;
        let is_for_clients = uses.is_none_or(|(_, uses)| {
            let ExtendedKeyUsage(uses) = uses;
            uses.iter().any(|one| CLIENT_USES.contains(one))
        });
        Some(Self {
            subject_text: tbs.subject().to_string(),
            subject: Canonical::of(tbs.subject()),
            issuer: Canonical::of(tbs.issuer()),
            subject_key: subject_key.map(|(_, id)| id.0.as_bytes().to_vec()),
            issuer_key: issuer_key.and_then(|(_, id)| Some(id.key_identifier?.as_bytes().to_vec())),
            not_after: seconds(&tbs.validity().not_after),
            is_authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
            is_for_clients,
            key: key::of_certificate(tbs.subject_public_key_info()),
        })
    }

    /// Issued by itself: a root, or a certificate without an authority.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Issued that certificate, by name and, where both say one, key identifier.
    pub(super) fn issued(&self, other: &Certificate) -> bool {
        let same_key = match (&self.subject_key, &other.issuer_key) {
            (Some(own), Some(wanted)) => own == wanted,
            _ => true,
        };
        self.subject == other.issuer && same_key
    }
}

/// A certificate revocation list.
#[derive(Debug)]
pub(super) struct Crl {
    issuer: Canonical,
    /// Seconds since 1970.
    pub(super) next_update: Option<i64>,
}

impl Crl {
    /// RFC 5280 section 5.1, version 1 too, which `openssl ca -gencrl` writes.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut list = der::sequence(&mut Reader::new(bytes))?;
        let mut elements = der::sequence(&mut list)?;
        let mut signature = der::element(&mut elements)?;
        if signature.tag == der::INTEGER {
            signature = der::element(&mut elements)?;
        }
        let issuer = der::element(&mut elements)?;
        let this_update = der::element(&mut elements)?;
        let next_update = der::element(&mut elements);
        let is_sequence = signature.tag == der::SEQUENCE;
        Time::from_der(this_update.whole)
            .ok()
            .filter(|_| is_sequence)?;
        Some(Self {
            issuer: Canonical::of(&Name::from_der(issuer.whole).ok()?),
            next_update: next_update
                .and_then(|time| Some(seconds(&Time::from_der(time.whole).ok()?))),
        })
    }

    /// Is that authority's.
    pub(super) fn is_of(&self, authority: &Certificate) -> bool {
        self.issuer == authority.subject
    }
}

fn seconds(time: &Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

/// A distinguished name for comparing, as OpenSSL's `X509_NAME_cmp` takes it: the kind of string, case
/// and how many spaces there are make no difference.
#[derive(Debug, PartialEq, Eq)]
struct Canonical(Vec<u8>);

impl Canonical {
    fn of(name: &Name) -> Self {
        let mut canonical = Vec::new();
        for attribute in name.iter() {
            canonical.extend_from_slice(attribute.oid.as_bytes());
            canonical.push(0);
            let value = attribute.value.value().to_ascii_lowercase();
            let words = value
                .split(u8::is_ascii_whitespace)
                .filter(|word| !word.is_empty());
            canonical.extend(words.collect::<Vec<_>>().join(&b' '));
            canonical.push(0);
        }
        Self(canonical)
    }
}
