//! Who takes part in a test, and the files that nginx reads.

use crate::certs::{Authority, Identity, IdentityFiles, Leaf};
use openssl::ssl::{SslContext, SslContextBuilder, SslMethod, SslVersion};

use crate::family::Family;
use crate::peers::scripted;
use crate::peers::{Peer, Stack, Upstream, Version};
use crate::tempdir::TempDir;

/// The upstream's real name.
pub const API: &str = "api.example.test";
/// The name is sent and it is the right one: whatever fails, it is not the name.
pub const NAMED: &str = "proxy_ssl_server_name on; proxy_ssl_name api.example.test;\n";
/// Both versions of today; nginx before 1.23.4 offers TLS 1.2 only.
pub const PROTOCOLS: &str = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n";
/// Connections are kept, in blocks with `keepalive`.
pub const KEEP: &str = "proxy_http_version 1.1; proxy_set_header Connection '';\n";

/// On which stack and behind which family of directives something is tried.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The upstream's TLS.
    pub stack: Stack,
    /// nginx's side.
    pub family: Family,
}

impl From<Stack> for Place {
    fn from(stack: Stack) -> Place {
        let family = Family::Proxy;
        Place { stack, family }
    }
}

impl From<Family> for Place {
    fn from(family: Family) -> Place {
        let stack = family.stack();
        Place { stack, family }
    }
}

/// The authorities, and a directory.
pub struct Lab {
    /// Where it is tried.
    pub place: Place,
    /// The version in play; none, the stack's and nginx's own.
    pub version: Option<Version>,
    /// Issues the upstream's certificate.
    pub root: Authority,
    /// Issues nginx's client certificates.
    pub clients: Authority,
    /// For files.
    pub directory: TempDir,
}

impl Default for Lab {
    fn default() -> Lab {
        Lab::at(Stack::OpenSsl, None)
    }
}

impl Lab {
    /// An upstream on OpenSSL, whatever it is asked for.
    pub fn new() -> Lab {
        Lab::default()
    }

    /// At another place, in one version.
    pub fn at(place: impl Into<Place>, version: impl Into<Option<Version>>) -> Lab {
        Lab {
            place: place.into(),
            version: version.into(),
            root: Authority::root("Example Root"),
            clients: Authority::root("Example Client Root"),
            directory: TempDir::new("lab"),
        }
    }

    /// A good certificate for [`API`].
    pub fn identity(&self) -> Identity {
        self.root.issue(&Leaf::named(API).rsa())
    }

    /// An upstream with which nothing is wrong.
    pub fn good(&self) -> Upstream {
        self.with(self.identity())
    }

    /// The same with another certificate.
    pub fn with(&self, identity: Identity) -> Upstream {
        let mut upstream = Upstream::new(self.place.stack, identity);
        upstream.http2 = self.place.family.is_http2();
        match self.version {
            None => upstream,
            Some(Version::Tls13) => upstream.versions(Version::Tls12, Version::Tls13),
            Some(older) => upstream.versions(older, older),
        }
    }

    /// The same with a certificate of the root.
    pub fn issue(&self, leaf: &Leaf) -> Upstream {
        self.with(self.root.issue(leaf))
    }

    /// The same, demanding certificates of the client authority.
    pub fn demanding(&self) -> Upstream {
        self.good().demand_client(&self.clients)
    }

    /// The root's certificate, in a file.
    pub fn trusted(&self) -> String {
        self.authority_file(&self.root, "root")
    }

    /// An authority's certificate, in a file.
    pub fn authority_file(&self, authority: &Authority, name: &str) -> String {
        let path = authority.write(self.directory.path(), name);
        path.display().to_string()
    }

    /// Verification against the root, of whatever name nginx has.
    pub fn verify(&self) -> String {
        verify_against(&self.trusted())
    }

    /// The same of [`API`].
    pub fn verify_name(&self) -> String {
        self.verify() + &format!("proxy_ssl_name {API};\n")
    }

    /// A client certificate in files `<name>.pem` and `<name>.key`.
    pub fn client(&self, authority: &Authority, leaf: &Leaf) -> IdentityFiles {
        let identity = authority.issue(leaf);
        identity.write(self.directory.path(), &leaf.common_name)
    }

    /// Directives that present a certificate of the client authority.
    pub fn present(&self, name: &str) -> String {
        self.client(&self.clients, &Leaf::named(name)).present()
    }

    /// Directives that serve TLS with the certificate for [`API`].
    pub fn serve(&self) -> String {
        let files = self.identity().write(self.directory.path(), "server");
        files.serve()
    }

    /// What whoever set up this upstream knows: values for placeholders, by directive.
    pub fn known_values(&self) -> Vec<(&'static str, String)> {
        let client = self.client(&self.clients, &Leaf::named("good-client"));
        let (chain, key) = (client.chain.display(), client.key.display());
        vec![
            ("proxy_ssl_name", API.to_owned()),
            ("proxy_ssl_trusted_certificate", self.trusted()),
            ("proxy_ssl_certificate", chain.to_string()),
            ("proxy_ssl_certificate_key", key.to_string()),
        ]
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        self.directory.write(name, content).display().to_string()
    }
}

/// Verification against the authorities in a file.
pub fn verify_against(file: &str) -> String {
    format!("proxy_ssl_verify on; proxy_ssl_trusted_certificate {file};\n")
}

/// `upstream NAME {}` with servers at these ports.
pub fn block(name: &str, ports: &[u16], more: &str) -> String {
    let server = |port: &u16| format!("server 127.0.0.1:{port}; ");
    let servers: String = ports.iter().map(server).collect();
    format!("upstream {name} {{ {servers}{more} }}\n")
}

/// An upstream with nothing wrong.
pub fn healthy() -> Peer {
    Lab::new().good().start()
}

/// The same that keeps connections and gives out sessions.
pub fn keeping() -> Peer {
    Lab::at(Stack::Nginx, None).good().start()
}

/// An upstream that answers every ClientHello with handshake_failure(40).
pub fn refusing() -> Peer {
    scripted::alert(40)
}

/// The same with protocol_version(70): of that there is one cause.
pub fn refusing_the_version() -> Peer {
    scripted::alert(70)
}

/// TLS for a server that a test plays itself, in this version or in any.
pub fn tls_server(version: Option<SslVersion>) -> SslContextBuilder {
    let identity = Lab::new().identity();
    let mut builder = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
    builder
        .set_certificate(&identity.certificate)
        .expect("certificate");
    builder.set_private_key(&identity.key).expect("key");
    builder.set_max_proto_version(version).expect("version");
    builder
}
