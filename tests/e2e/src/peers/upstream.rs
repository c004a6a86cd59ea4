//! What an upstream is like. The same description starts the same cause on any stack.

use super::{apache, external, gnutls, haproxy, nginx_peer, openssl_peer, Peer};
use crate::certs::{Authority, Identity};

/// RFC 2409's group of 1024 bits.
pub(super) const DH_1024: &[u8] = b"-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
";

/// A TLS implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stack {
    /// The system's libssl, in a thread of this process.
    OpenSsl,
    /// `gnutls-serv`.
    GnuTls,
    /// Go's crypto/tls.
    Go,
    /// Java's JSSE.
    Java,
    /// Node's tls module.
    Node,
    /// Python's ssl module.
    Python,
    /// Another nginx, stock, in front of nothing.
    Nginx,
    /// HAProxy.
    HaProxy,
    /// Apache httpd with mod_ssl.
    Apache,
}

/// A protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.0; on OpenSSL only at security level 0.
    Tls10,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

impl Version {
    /// All of them between two.
    pub(super) fn between(min: Version, max: Version) -> impl Iterator<Item = Version> {
        let all = [Version::Tls10, Version::Tls12, Version::Tls13];
        all.into_iter().filter(move |v| min <= *v && *v <= max)
    }

    /// nginx's name, and mod_ssl's.
    pub(super) fn nginx(self) -> &'static str {
        match self {
            Version::Tls10 => "TLSv1",
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        }
    }
}

/// A TLS 1.2 cipher suite that a peer can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    EcdheRsaChacha20,
    /// TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    EcdheRsaAes256,
    /// TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, which TLS 1.0 knows too.
    EcdheRsaAes128Sha,
    /// TLS_RSA_WITH_AES_128_CBC_SHA, which TLS 1.0 knows too.
    RsaAes128Sha,
    /// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    EcdheRsaAes128,
    /// TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
    DheRsaAes128,
    /// TLS_DHE_RSA_WITH_AES_128_CBC_SHA, which TLS 1.0 knows too.
    DheRsaAes128Sha,
}

/// A group for key exchange that a peer can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// x25519; not Python, which takes curves of certificates only.
    X25519,
    /// secp256r1
    P256,
    /// secp384r1
    P384,
    /// secp521r1
    P521,
}

/// A signature algorithm that a peer with an RSA key can be limited to; not Go, Python, and HAProxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// rsa_pkcs1_sha512, in TLS 1.2 only.
    RsaSha512,
    /// rsa_pss_rsae_sha512
    RsaPssSha512,
}

/// How a peer treats the name in the ClientHello.
#[derive(Clone, Default)]
pub enum Sni {
    /// It does not look at it.
    #[default]
    Ignored,
    /// It serves this name only and refuses every other, also none, in its stack's own way.
    Only(String),
    /// It has a certificate for this name only: no other name, no certificate to begin with.
    CertificateFor(String),
    /// It has its certificate for this name, and another one for every other name and for none.
    OrDefault(String, Box<Identity>),
}

/// Client certificates.
#[derive(Clone, Default)]
pub enum ClientAuth {
    /// Not asked for.
    #[default]
    None,
    /// Demanded, issued by this authority.
    Required(Authority),
}

/// What is wrong inside a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// It was given no certificate.
    NoCertificate,
    /// It fails while it looks for its certificate.
    LookupFails,
    /// It answers every ClientHello with access_denied(49).
    Denies,
    /// It closes right after the handshake; OpenSSL only.
    DiesAfterHandshake,
    /// It expects the PROXY protocol before TLS.
    ProxyProtocol,
    /// It speaks HTTP and no TLS.
    Plain,
    /// It speaks HTTP/2 and nothing else, whatever was agreed on; Go and Node.
    Http2Only,
    /// It answers 421 where the Host is not one of its certificate's; Go only.
    Misdirects,
    /// It speaks HTTP/2 and closes on whoever has not chosen it; Go only.
    ClosesWithoutAlpn,
}

/// What an upstream is like.
#[derive(Clone)]
pub struct Upstream {
    /// Implementation.
    pub stack: Stack,
    /// Its certificate, key and chain.
    pub identity: Identity,
    /// Lowest version it speaks.
    pub min: Version,
    /// Highest version it speaks.
    pub max: Version,
    /// The only suites below TLS 1.3 it takes, in its order; empty for its stack's own list.
    pub suites: Vec<Suite>,
    /// The only group it takes.
    pub group: Option<Group>,
    /// The only algorithm it signs with.
    pub signature: Option<Signature>,
    /// Its group for finite-field Diffie-Hellman has 1024 bits.
    pub small_dh: bool,
    /// Takes what a security level above 0 refuses, its own certificate for instance.
    pub weak: bool,
    /// The only application protocol it takes.
    pub alpn: Option<&'static str>,
    /// Client certificates.
    pub client_auth: ClientAuth,
    /// A revocation list for client certificates, PEM.
    pub client_crl: Option<Vec<u8>>,
    /// Server names.
    pub sni: Sni,
    /// Speaks HTTP/2; nginx and Go only.
    pub http2: bool,
    /// What is wrong inside.
    pub defect: Option<Defect>,
    /// Does not know RFC 5746; GnuTLS only.
    pub no_secure_renegotiation: bool,
}

impl Upstream {
    /// A peer with which nothing is wrong.
    pub fn new(stack: Stack, identity: Identity) -> Upstream {
        Upstream {
            stack,
            identity,
            min: Version::Tls12,
            max: Version::Tls13,
            suites: Vec::new(),
            group: None,
            signature: None,
            small_dh: false,
            weak: false,
            alpn: None,
            client_auth: ClientAuth::None,
            client_crl: None,
            sni: Sni::Ignored,
            http2: false,
            defect: None,
            no_secure_renegotiation: false,
        }
    }

    /// The same with another certificate.
    pub fn identity(mut self, identity: Identity) -> Upstream {
        self.identity = identity;
        self
    }

    /// The same, limited to these versions.
    pub fn versions(mut self, min: Version, max: Version) -> Upstream {
        (self.min, self.max) = (min, max);
        self
    }

    /// The same, limited to one suite below TLS 1.3.
    pub fn suite(self, suite: Suite) -> Upstream {
        self.suites(&[suite])
    }

    /// The same, limited to these suites below TLS 1.3.
    pub fn suites(mut self, suites: &[Suite]) -> Upstream {
        self.suites = suites.to_vec();
        self
    }

    /// The same, limited to one group.
    pub fn group(mut self, group: Group) -> Upstream {
        self.group = Some(group);
        self
    }

    /// The same, limited to one signature algorithm.
    pub fn signature(mut self, signature: Signature) -> Upstream {
        self.signature = Some(signature);
        self
    }

    /// The same with a Diffie-Hellman group of 1024 bits, for which it needs a suite that uses it.
    pub fn small_dh(mut self) -> Upstream {
        self.small_dh = true;
        self
    }

    /// The same, taking what a security level above 0 refuses.
    pub fn weak(mut self) -> Upstream {
        self.weak = true;
        self
    }

    /// The same, limited to one application protocol.
    pub fn alpn(mut self, protocol: &'static str) -> Upstream {
        self.alpn = Some(protocol);
        self
    }

    /// The same, demanding a client certificate of this authority.
    pub fn demand_client(mut self, authority: &Authority) -> Upstream {
        self.client_auth = ClientAuth::Required(authority.clone());
        self
    }

    /// The same, refusing client certificates that this list revokes.
    pub fn client_crl(mut self, crl: Vec<u8>) -> Upstream {
        self.client_crl = Some(crl);
        self
    }

    /// The same, with another treatment of server names.
    pub fn sni(mut self, sni: Sni) -> Upstream {
        self.sni = sni;
        self
    }

    /// The same, speaking HTTP/2; nginx and Go only.
    pub fn http2(mut self) -> Upstream {
        self.http2 = true;
        self
    }

    /// The same with something wrong inside.
    pub fn defect(mut self, defect: Defect) -> Upstream {
        self.defect = Some(defect);
        self
    }

    /// The same, closing right after the handshake without an alert; OpenSSL only.
    pub fn dies_after_handshake(self) -> Upstream {
        self.defect(Defect::DiesAfterHandshake)
    }

    /// The same without RFC 5746; GnuTLS only.
    pub fn no_secure_renegotiation(mut self) -> Upstream {
        self.no_secure_renegotiation = true;
        self
    }

    /// Starts it and waits until it listens on 127.0.0.1.
    pub fn start(&self) -> Peer {
        match self.stack {
            Stack::OpenSsl => openssl_peer::start(self),
            Stack::GnuTls => gnutls::start(self),
            Stack::Nginx => nginx_peer::start(self),
            Stack::HaProxy => haproxy::start(self),
            Stack::Apache => apache::start(self),
            Stack::Go | Stack::Java | Stack::Node | Stack::Python => external::start(self),
        }
    }

    /// The list of TLS 1.2 suites in OpenSSL's language, when it is not the default one.
    pub(super) fn openssl_ciphers(&self) -> Option<String> {
        let list = match self.suites.as_slice() {
            [] if self.is_weak() => "ALL:!aNULL".to_owned(),
            [] => return None,
            suites => suites
                .iter()
                .map(|s| s.openssl())
                .collect::<Vec<_>>()
                .join(":"),
        };
        let level = if self.is_weak() { ":@SECLEVEL=0" } else { "" };
        Some(format!("{list}{level}"))
    }

    /// Whether it does what the library's default security level forbids.
    pub(super) fn is_weak(&self) -> bool {
        self.weak || self.min < Version::Tls12 || self.small_dh
    }

    /// Stops the test when the description asks for something this stack was not taught.
    pub(super) fn assert_able(&self, can: bool, what: &str) {
        assert!(can, "{:?} peers are not able to {what}", self.stack);
    }
}

impl Group {
    /// OpenSSL's name.
    pub fn openssl(self) -> &'static str {
        match self {
            Group::X25519 => "X25519",
            Group::P256 => "P-256",
            Group::P384 => "P-384",
            Group::P521 => "P-521",
        }
    }

    /// IANA's name.
    pub(super) fn iana(self) -> &'static str {
        match self {
            Group::X25519 => "x25519",
            Group::P256 => "secp256r1",
            Group::P384 => "secp384r1",
            Group::P521 => "secp521r1",
        }
    }
}

impl Signature {
    /// OpenSSL's name.
    pub fn openssl(self) -> &'static str {
        match self {
            Signature::RsaSha512 => "RSA+SHA512",
            Signature::RsaPssSha512 => "RSA-PSS+SHA512",
        }
    }

    /// IANA's name.
    pub(super) fn iana(self) -> &'static str {
        match self {
            Signature::RsaSha512 => "rsa_pkcs1_sha512",
            Signature::RsaPssSha512 => "rsa_pss_rsae_sha512",
        }
    }
}

impl Suite {
    /// OpenSSL's name.
    pub fn openssl(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "ECDHE-RSA-CHACHA20-POLY1305",
            Suite::EcdheRsaAes256 => "ECDHE-RSA-AES256-GCM-SHA384",
            Suite::EcdheRsaAes128Sha => "ECDHE-RSA-AES128-SHA",
            Suite::RsaAes128Sha => "AES128-SHA",
            Suite::EcdheRsaAes128 => "ECDHE-RSA-AES128-GCM-SHA256",
            Suite::DheRsaAes128 => "DHE-RSA-AES128-GCM-SHA256",
            Suite::DheRsaAes128Sha => "DHE-RSA-AES128-SHA",
        }
    }

    /// IANA's name.
    pub fn iana(self) -> &'static str {
        match self {
            Suite::EcdheRsaChacha20 => "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
            Suite::EcdheRsaAes256 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            Suite::EcdheRsaAes128Sha => "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            Suite::RsaAes128Sha => "TLS_RSA_WITH_AES_128_CBC_SHA",
            Suite::EcdheRsaAes128 => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            Suite::DheRsaAes128 => "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
            Suite::DheRsaAes128Sha => "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
        }
    }
}
