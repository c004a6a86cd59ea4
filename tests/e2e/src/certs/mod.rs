//! A small PKI, made anew by every test.

pub mod hostile;
mod leaf;
mod revocation;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509Builder, X509Extension, X509Name, X509};

pub use leaf::{Leaf, Usage};

const DAY: i64 = 86_400;

/// Kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Key {
    /// ECDSA over P-256, made in no time.
    #[default]
    Ec,
    /// RSA 2048, made once per process.
    Rsa,
    /// RSA 1024, made once per process: too short for OpenSSL's security level 2.
    ShortRsa,
}

impl Key {
    fn make(self) -> PKey<Private> {
        static RSA: OnceLock<PKey<Private>> = OnceLock::new();
        static SHORT_RSA: OnceLock<PKey<Private>> = OnceLock::new();
        let rsa = |bits| PKey::from_rsa(Rsa::generate(bits).expect("RSA key")).expect("RSA key");
        match self {
            Key::Ec => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
                PKey::from_ec_key(EcKey::generate(&group).expect("EC key")).expect("EC key")
            }
            Key::Rsa => RSA.get_or_init(|| rsa(2048)).clone(),
            Key::ShortRsa => SHORT_RSA.get_or_init(|| rsa(1024)).clone(),
        }
    }
}

/// A certificate authority.
#[derive(Clone)]
pub struct Authority {
    certificate: X509,
    key: PKey<Private>,
    /// Intermediates from this one upwards; empty for a root.
    intermediates: Vec<X509>,
}

impl Authority {
    /// A self-signed root.
    pub fn root(name: &str) -> Authority {
        let key = Key::Ec.make();
        let subject = subject(name);
        let mut builder = builder(&subject, &subject, &key, -30, 3650);
        extend_ca(&mut builder);
        builder.sign(&key, MessageDigest::sha256()).expect("sign");
        Authority {
            certificate: builder.build(),
            key,
            intermediates: Vec::new(),
        }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str) -> Authority {
        let key = Key::Ec.make();
        let issuer = self.certificate.subject_name();
        let mut builder = builder(&subject(name), issuer, &key, -30, 1825);
        extend_ca(&mut builder);
        builder
            .sign(&self.key, MessageDigest::sha256())
            .expect("sign");
        let certificate = builder.build();
        let mut intermediates = vec![certificate.clone()];
        intermediates.extend(self.intermediates.iter().cloned());
        Authority {
            certificate,
            key,
            intermediates,
        }
    }

    /// A leaf signed by this authority, with the intermediates it needs.
    pub fn issue(&self, leaf: &Leaf) -> Identity {
        let issuer = self
            .certificate
            .subject_name()
            .to_owned()
            .expect("copy a name");
        let (certificate, key) = sign_leaf(leaf, &issuer, Some(&self.key));
        Identity {
            certificate,
            key,
            chain: self.intermediates.clone(),
        }
    }

    /// Its certificate.
    pub fn certificate(&self) -> &X509 {
        &self.certificate
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().expect("PEM")
    }

    /// Writes its certificate as `<name>.pem`.
    pub fn write(&self, directory: &Path, name: &str) -> PathBuf {
        let path = directory.join(format!("{name}.pem"));
        std::fs::write(&path, self.pem()).expect("cannot write a certificate");
        path
    }
}

/// A leaf, its key and the intermediates sent with it.
#[derive(Clone)]
pub struct Identity {
    /// The leaf.
    pub certificate: X509,
    /// Its key.
    pub key: PKey<Private>,
    /// What is sent after the leaf.
    pub chain: Vec<X509>,
}

/// Where an identity was written.
#[derive(Debug, Clone)]
pub struct IdentityFiles {
    /// The leaf and its intermediates, PEM.
    pub chain: PathBuf,
    /// The key, PKCS #8 PEM.
    pub key: PathBuf,
}

impl IdentityFiles {
    /// The directives with which nginx presents it to an upstream.
    pub fn present(&self) -> String {
        let (chain, key) = (self.chain.display(), self.key.display());
        format!("proxy_ssl_certificate {chain}; proxy_ssl_certificate_key {key};\n")
    }

    /// The directives with which nginx serves it to clients.
    pub fn serve(&self) -> String {
        let (chain, key) = (self.chain.display(), self.key.display());
        format!("ssl_certificate {chain}; ssl_certificate_key {key};\n")
    }
}

impl Identity {
    /// A self-signed leaf.
    pub fn self_signed(leaf: &Leaf) -> Identity {
        let (certificate, key) = sign_leaf(leaf, &subject(&leaf.common_name), None);
        Identity {
            certificate,
            key,
            chain: Vec::new(),
        }
    }

    /// The same identity that forgets its intermediates.
    pub fn without_chain(mut self) -> Identity {
        self.chain.clear();
        self
    }

    /// Leaf and intermediates in PEM.
    pub fn chain_pem(&self) -> Vec<u8> {
        let mut pem = self.certificate.to_pem().expect("PEM");
        for certificate in &self.chain {
            pem.extend(certificate.to_pem().expect("PEM"));
        }
        pem
    }

    /// Writes `<name>.pem` and `<name>.key`.
    pub fn write(&self, directory: &Path, name: &str) -> IdentityFiles {
        let files = IdentityFiles {
            chain: directory.join(format!("{name}.pem")),
            key: directory.join(format!("{name}.key")),
        };
        std::fs::write(&files.chain, self.chain_pem()).expect("cannot write a certificate");
        std::fs::write(&files.key, self.key_pem()).expect("cannot write a key");
        files
    }

    /// The key in PEM, PKCS #8.
    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().expect("PEM")
    }
}

fn sign_leaf(
    leaf: &Leaf,
    issuer: &X509Name,
    signer: Option<&PKey<Private>>,
) -> (X509, PKey<Private>) {
    let key = leaf.key.make();
    let mut builder = builder(
        &subject(&leaf.common_name),
        issuer,
        &key,
        leaf.from_day,
        leaf.to_day,
    );
    let mut usage = ExtendedKeyUsage::new();
    if leaf.usage != Usage::Server {
        usage.client_auth();
    }
    if leaf.usage != Usage::Client {
        usage.server_auth();
    }
    builder
        .append_extension(usage.build().expect("extension"))
        .expect("extension");
    if leaf.critical_extension {
        builder
            .append_extension(unknown_critical_extension())
            .expect("extension");
    }
    if let Some(url) = &leaf.issuer_url {
        builder
            .append_extension(authority_info_access(url))
            .expect("extension");
    }
    if !leaf.dns.is_empty() || !leaf.ips.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for name in &leaf.dns {
            names.dns(name);
        }
        for ip in &leaf.ips {
            names.ip(&ip.to_string());
        }
        let names = names
            .build(&builder.x509v3_context(None, None))
            .expect("extension");
        builder.append_extension(names).expect("extension");
    }
    let digest = if leaf.sha1 {
        MessageDigest::sha1()
    } else {
        MessageDigest::sha256()
    };
    builder.sign(signer.unwrap_or(&key), digest).expect("sign");
    (builder.build(), key)
}

/// An extension that nobody knows and everybody must.
fn unknown_critical_extension() -> X509Extension {
    let oid = Asn1Object::from_str("1.3.6.1.4.1.32473.1").expect("an object identifier");
    let value = Asn1OctetString::new_from_bytes(&[5, 0]).expect("octets");
    X509Extension::new_from_der(&oid, true, &value).expect("extension")
}

/// caIssuers at this address (RFC 5280 section 4.2.2.1), whatever bytes it has.
fn authority_info_access(url: &str) -> X509Extension {
    const CA_ISSUERS: [u8; 10] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
    let element = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).expect("a short address");
        assert!(length < 0x80, "a short address");
        [&[tag, length], content].concat()
    };
    let location = element(0x86, url.as_bytes());
    let description = element(0x30, &[&CA_ISSUERS, location.as_slice()].concat());
    let oid = Asn1Object::from_str("authorityInfoAccess").expect("an object identifier");
    let value = Asn1OctetString::new_from_bytes(&element(0x30, &description)).expect("octets");
    X509Extension::new_from_der(&oid, false, &value).expect("extension")
}

/// No name at all when the common name is empty.
fn subject(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().expect("name");
    if !common_name.is_empty() {
        name.append_entry_by_nid(Nid::COMMONNAME, common_name)
            .expect("common name");
    }
    name.build()
}

fn builder(
    subject: &X509Name,
    issuer: &openssl::x509::X509NameRef,
    key: &PKey<Private>,
    from_day: i64,
    to_day: i64,
) -> X509Builder {
    let mut builder = X509Builder::new().expect("certificate");
    builder.set_version(2).expect("version 3");
    let mut serial = BigNum::new().expect("serial");
    serial.rand(120, MsbOption::ONE, false).expect("serial");
    let serial = serial.to_asn1_integer().expect("serial");
    builder.set_serial_number(&serial).expect("serial");
    builder.set_subject_name(subject).expect("subject");
    builder.set_issuer_name(issuer).expect("issuer");
    builder.set_pubkey(key).expect("public key");
    builder.set_not_before(&day(from_day)).expect("notBefore");
    builder.set_not_after(&day(to_day)).expect("notAfter");
    builder
}

fn extend_ca(builder: &mut X509Builder) {
    let constraints = BasicConstraints::new()
        .critical()
        .ca()
        .build()
        .expect("extension");
    builder.append_extension(constraints).expect("extension");
    let usage = KeyUsage::new()
        .critical()
        .key_cert_sign()
        .crl_sign()
        .build()
        .expect("extension");
    builder.append_extension(usage).expect("extension");
}

fn day(offset: i64) -> Asn1Time {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let now = i64::try_from(now.as_secs()).expect("seconds");
    Asn1Time::from_unix(now + offset * DAY).expect("a date")
}
