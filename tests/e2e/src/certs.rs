//! A small PKI, made anew by every test.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509Builder, X509Name, X509};

const DAY: i64 = 86_400;

/// Kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Key {
    /// ECDSA over P-256, made in no time.
    #[default]
    Ec,
    /// RSA 2048, made once per process.
    Rsa,
}

impl Key {
    fn make(self) -> PKey<Private> {
        static RSA: OnceLock<PKey<Private>> = OnceLock::new();
        match self {
            Key::Ec => {
                let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
                PKey::from_ec_key(EcKey::generate(&group).expect("EC key")).expect("EC key")
            }
            Key::Rsa => {
                let make =
                    || PKey::from_rsa(Rsa::generate(2048).expect("RSA key")).expect("RSA key");
                RSA.get_or_init(make).clone()
            }
        }
    }
}

/// What a leaf says of itself.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Common name.
    pub common_name: String,
    /// DNS names of subjectAltName.
    pub dns: Vec<String>,
    /// IP addresses of subjectAltName.
    pub ips: Vec<IpAddr>,
    /// Start of validity, in days from now.
    pub from_day: i64,
    /// End of validity, in days from now.
    pub to_day: i64,
    /// Its key.
    pub key: Key,
    /// Extended key usage `clientAuth` only, where the default is `serverAuth` and `clientAuth`.
    pub client_only: bool,
}

impl Leaf {
    /// A valid leaf with one DNS name.
    pub fn named(name: &str) -> Leaf {
        Leaf {
            common_name: name.to_owned(),
            dns: vec![name.to_owned()],
            ips: Vec::new(),
            from_day: -1,
            to_day: 30,
            key: Key::Ec,
            client_only: false,
        }
    }

    /// The same with an RSA key.
    pub fn rsa(mut self) -> Leaf {
        self.key = Key::Rsa;
        self
    }

    /// The same with another validity, in days from now.
    pub fn valid(mut self, from_day: i64, to_day: i64) -> Leaf {
        (self.from_day, self.to_day) = (from_day, to_day);
        self
    }

    /// The same with an IP address besides its names.
    pub fn ip(mut self, ip: &str) -> Leaf {
        self.ips.push(ip.parse().expect("an IP address"));
        self
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
        let key = self.key.private_key_to_pem_pkcs8().expect("PEM");
        std::fs::write(&files.key, key).expect("cannot write a key");
        files
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
    usage.client_auth();
    if !leaf.client_only {
        usage.server_auth();
    }
    builder
        .append_extension(usage.build().expect("extension"))
        .expect("extension");
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
    builder
        .sign(signer.unwrap_or(&key), MessageDigest::sha256())
        .expect("sign");
    (builder.build(), key)
}

fn subject(common_name: &str) -> X509Name {
    let mut name = X509Name::builder().expect("name");
    name.append_entry_by_nid(Nid::COMMONNAME, common_name)
        .expect("common name");
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
