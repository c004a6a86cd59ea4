//! Upstreams that are wrong in one way: real TLS stacks, and peers scripted to the byte.

mod external;
mod gnutls;
mod nginx_peer;
mod openssl_peer;
mod programs;
pub mod scripted;

use crate::certs::{Authority, Identity};

/// A TLS implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// A protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// TLS 1.0; not on every stack.
    Tls10,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

/// A TLS 1.2 cipher suite that a peer can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    EcdheRsaChacha20,
    /// TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    EcdheRsaAes256,
}

/// How a peer treats the name in the ClientHello.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sni {
    /// It does not look at it.
    #[default]
    Ignored,
    /// It serves this name only and refuses every other, also none, in its stack's own way.
    Only(String),
    /// It has a certificate for this name only: no other name, no certificate to begin with.
    CertificateFor(String),
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

/// What an upstream is like. The same description starts the same cause on any stack.
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
    /// The only TLS 1.2 suite it takes.
    pub suite: Option<Suite>,
    /// Client certificates.
    pub client_auth: ClientAuth,
    /// Server names.
    pub sni: Sni,
    /// Speaks HTTP/2; nginx only.
    pub http2: bool,
    /// Closes right after the handshake; OpenSSL only.
    pub dies: bool,
}

impl Upstream {
    /// A peer with which nothing is wrong.
    pub fn new(stack: Stack, identity: Identity) -> Upstream {
        Upstream {
            stack,
            identity,
            min: Version::Tls12,
            max: Version::Tls13,
            suite: None,
            client_auth: ClientAuth::None,
            sni: Sni::Ignored,
            http2: false,
            dies: false,
        }
    }

    /// The same, limited to these versions.
    pub fn versions(mut self, min: Version, max: Version) -> Upstream {
        (self.min, self.max) = (min, max);
        self
    }

    /// The same, limited to one TLS 1.2 suite.
    pub fn suite(mut self, suite: Suite) -> Upstream {
        self.suite = Some(suite);
        self
    }

    /// The same, demanding a client certificate of this authority.
    pub fn demand_client(mut self, authority: &Authority) -> Upstream {
        self.client_auth = ClientAuth::Required(authority.clone());
        self
    }

    /// The same, with another treatment of server names.
    pub fn sni(mut self, sni: Sni) -> Upstream {
        self.sni = sni;
        self
    }

    /// The same, speaking HTTP/2; nginx only.
    pub fn http2(mut self) -> Upstream {
        self.http2 = true;
        self
    }

    /// The same, closing right after the handshake without an alert; OpenSSL only.
    pub fn dies_after_handshake(mut self) -> Upstream {
        self.dies = true;
        self
    }

    /// Starts it and waits until it listens on 127.0.0.1.
    pub fn start(&self) -> Peer {
        match self.stack {
            Stack::OpenSsl => openssl_peer::start(self),
            Stack::GnuTls => gnutls::start(self),
            Stack::Nginx => nginx_peer::start(self),
            Stack::Go | Stack::Java | Stack::Node | Stack::Python => external::start(self),
        }
    }
}

/// A listening upstream; stopped on drop.
pub struct Peer {
    port: u16,
    _running: Box<dyn std::any::Any>,
}

impl Peer {
    fn new(port: u16, running: impl std::any::Any) -> Peer {
        Peer {
            port,
            _running: Box::new(running),
        }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}
