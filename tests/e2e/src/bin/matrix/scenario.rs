//! What a scenario is: a cause, who is able to have it, and how it is set up.

use std::fs;
use std::path::Path;

use tlsdiag_e2e::certs::{Authority, Identity, IdentityFiles, Leaf};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::tempdir::TempDir;

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// One cause. Each stack and version it is set up on is a scenario.
pub(crate) struct Row {
    /// The name of the catalogue.
    pub(crate) name: &'static str,
    /// The cause in words; with the name it identifies the row.
    pub(crate) cause: &'static str,
    /// Who is able to have it; nobody, when the peer is a script.
    pub(crate) stacks: &'static [Stack],
    /// The versions it makes sense in; none, when no version comes into it.
    pub(crate) versions: &'static [Version],
    /// Sets it up.
    pub(crate) set_up: fn(&Lab) -> Setup,
}

/// One run of a row.
pub(crate) struct Scenario<'a> {
    pub(crate) row: &'a Row,
    /// `None`: a script.
    pub(crate) stack: Option<Stack>,
    pub(crate) version: Option<Version>,
}

impl Row {
    /// One for each stack and version.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = Scenario<'_>> {
        let stacks: Vec<Option<Stack>> = match self.stacks {
            [] => vec![None],
            stacks => stacks.iter().copied().map(Some).collect(),
        };
        let versions: Vec<Option<Version>> = match self.versions {
            [] => vec![None],
            versions => versions.iter().copied().map(Some).collect(),
        };
        stacks.into_iter().flat_map(move |stack| {
            let each = versions.clone().into_iter();
            each.map(move |version| Scenario {
                row: self,
                stack,
                version,
            })
        })
    }
}

impl Scenario<'_> {
    /// Its name, its cause or its stack has one of these words. Without words every scenario is.
    pub(crate) fn is_wanted(&self, words: &[String]) -> bool {
        let fields = [self.row.name, self.row.cause, &stack(self.stack)];
        let has = |word: &String| fields.iter().any(|field| field.contains(word.as_str()));
        words.is_empty() || words.iter().any(has)
    }

    /// The peer listens, nginx is described. Older versions of nginx do not offer TLS 1.3 by default.
    pub(crate) fn set_up(&self) -> (Lab, Setup) {
        let lab = Lab::new(self.stack, self.version);
        let mut setup = (self.row.set_up)(&lab);
        let chooses_versions = |d: &String| d.starts_with("proxy_ssl_protocols");
        if self.version == Some(Version::Tls13) && !setup.location.iter().any(chooses_versions) {
            let protocols = match setup.pass {
                "proxy_pass https://" => "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
                _ => "grpc_ssl_protocols TLSv1.2 TLSv1.3;",
            };
            setup.location.push(protocols.to_owned());
            if let Some(first) = &mut setup.first {
                first.push(protocols.to_owned());
            }
        }
        (lab, setup)
    }
}

/// A stack's name in tables.
pub(crate) fn stack(stack: Option<Stack>) -> String {
    stack.map_or_else(|| "script".to_owned(), |stack| format!("{stack:?}"))
}

/// A version's name in tables.
pub(crate) fn version(version: Option<Version>) -> &'static str {
    match version {
        None => "any",
        Some(Version::Tls10) => "1.0",
        Some(Version::Tls12) => "1.2",
        Some(Version::Tls13) => "1.3",
    }
}

/// A row on real stacks.
pub(crate) fn row(
    name: &'static str,
    cause: &'static str,
    stacks: &'static [Stack],
    versions: &'static [Version],
    set_up: fn(&Lab) -> Setup,
) -> Row {
    Row {
        name,
        cause,
        stacks,
        versions,
        set_up,
    }
}

/// A row on a peer scripted to the byte.
pub(crate) fn script(
    name: &'static str,
    cause: &'static str,
    versions: &'static [Version],
    set_up: fn(&Lab) -> Setup,
) -> Row {
    row(name, cause, &[], versions, set_up)
}

/// What a row builds its cause from.
pub(crate) struct Lab {
    stack: Option<Stack>,
    /// The version in play.
    pub(crate) version: Option<Version>,
    /// Issues the upstream's certificate.
    pub(crate) root: Authority,
    /// Issues nginx's client certificates.
    pub(crate) clients: Authority,
    pub(crate) directory: TempDir,
}

impl Lab {
    pub(crate) fn new(stack: Option<Stack>, version: Option<Version>) -> Lab {
        Lab {
            stack,
            version,
            root: Authority::root("Example Root"),
            clients: Authority::root("Example Client Root"),
            directory: TempDir::new("matrix"),
        }
    }

    /// An upstream with which nothing is wrong.
    pub(crate) fn good(&self) -> Upstream {
        self.with(self.root.issue(&Leaf::named(API).rsa()))
    }

    /// The same with this certificate.
    pub(crate) fn with(&self, identity: Identity) -> Upstream {
        let stack = self.stack.unwrap_or(Stack::OpenSsl);
        let upstream = Upstream::new(stack, identity);
        match self.version {
            None => upstream,
            Some(Version::Tls13) => upstream.versions(Version::Tls12, Version::Tls13),
            Some(older) => upstream.versions(older, older),
        }
    }

    /// The same with a certificate of the root.
    pub(crate) fn issue(&self, leaf: &Leaf) -> Upstream {
        self.with(self.root.issue(leaf))
    }

    /// Path of the root's certificate.
    pub(crate) fn root_file(&self) -> String {
        self.authority_file(&self.root, "root")
    }

    pub(crate) fn authority_file(&self, authority: &Authority, name: &str) -> String {
        let path = authority.write(self.directory.path(), name);
        path.display().to_string()
    }

    /// Verification against the root, with the name given.
    pub(crate) fn verify(&self) -> String {
        self.verify_against(&self.root_file())
    }

    /// Verification against a file.
    pub(crate) fn verify_against(&self, file: &str) -> String {
        format!("proxy_ssl_verify on; proxy_ssl_trusted_certificate {file}; proxy_ssl_name {API};")
    }

    /// A client certificate in files `<name>.pem` and `<name>.key`.
    pub(crate) fn client(&self, authority: &Authority, leaf: &Leaf) -> IdentityFiles {
        let identity = authority.issue(leaf);
        identity.write(self.directory.path(), &leaf.common_name)
    }

    /// What whoever set up this upstream knows.
    pub(crate) fn known_values(&self) -> Vec<(&'static str, String)> {
        let client = self.client(&self.clients, &Leaf::named("good-client"));
        vec![
            ("proxy_ssl_name", API.to_owned()),
            ("proxy_ssl_trusted_certificate", self.root_file()),
            ("proxy_ssl_certificate", client.chain.display().to_string()),
            (
                "proxy_ssl_certificate_key",
                client.key.display().to_string(),
            ),
        ]
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        self.directory.write(name, content).display().to_string()
    }
}

/// Another content under the same path, as a new file: newer versions of nginx keep what they read before
/// a reload when the file seems to be the same one.
pub(crate) fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let new = path.with_extension("new");
    fs::write(&new, content).expect("cannot write a file");
    fs::rename(&new, path).expect("cannot rename a file");
}

/// Directives that present a client certificate.
pub(crate) fn present(files: &IdentityFiles) -> String {
    format!(
        "proxy_ssl_certificate {}; proxy_ssl_certificate_key {};",
        files.chain.display(),
        files.key.display()
    )
}

/// The name is sent and it is the right one: whatever fails, it is not the name.
pub(crate) fn named() -> String {
    format!("proxy_ssl_server_name on; proxy_ssl_name {API};")
}

/// Puts another peer in the place of the one it is given, or changes what that one or nginx reads.
pub(crate) type Remedy = Box<dyn FnOnce(Peer) -> Peer>;

/// A cause, set up: the peer listens, nginx is described.
pub(crate) struct Setup {
    pub(crate) peer: Peer,
    /// `proxy_pass https://` or `grpc_pass grpcs://`.
    pub(crate) pass: &'static str,
    /// Name of the upstream block; without one it is passed to by address.
    pub(crate) block: Option<&'static str>,
    /// What the location says besides.
    pub(crate) location: Vec<String>,
    /// Another location with the same upstream, asked once before.
    pub(crate) first: Option<Vec<String>>,
    /// What goes between the angle brackets of a directive, other than what every scenario knows.
    pub(crate) values: Vec<(&'static str, String)>,
    /// What `action` says, done to the upstream or to the files nginx reads.
    pub(crate) remedy: Option<Remedy>,
    /// Nothing that does not weaken security helps.
    pub(crate) weak_only: bool,
    /// Nothing helps: the peer is a script that ends where it ends.
    pub(crate) script: bool,
}

impl Setup {
    pub(crate) fn new(peer: Peer) -> Setup {
        Setup {
            peer,
            pass: "proxy_pass https://",
            block: None,
            location: Vec::new(),
            first: None,
            values: Vec::new(),
            remedy: None,
            weak_only: false,
            script: false,
        }
    }

    /// An upstream as described.
    pub(crate) fn to(upstream: Upstream) -> Setup {
        Setup::new(upstream.start())
    }

    /// A peer that follows a script and never answers a request.
    pub(crate) fn script(script: Script) -> Setup {
        Setup::scripted(scripted::start(script))
    }

    /// The same with a script of the scenario's own.
    pub(crate) fn scripted(peer: Peer) -> Setup {
        Setup {
            script: true,
            ..Setup::new(peer)
        }
    }

    /// With more directives in the location.
    pub(crate) fn set(mut self, directives: &str) -> Setup {
        self.location.extend(split(directives));
        self
    }

    /// Through an `upstream` block of this name.
    pub(crate) fn block(mut self, name: &'static str) -> Setup {
        self.block = Some(name);
        self
    }

    /// Through `grpc_pass`.
    pub(crate) fn grpc(mut self) -> Setup {
        self.pass = "grpc_pass grpcs://";
        self
    }

    /// After a request to a location with these directives.
    pub(crate) fn first(mut self, directives: &str) -> Setup {
        self.first = Some(split(directives));
        self
    }

    /// A placeholder's value.
    pub(crate) fn value(mut self, directive: &'static str, value: String) -> Setup {
        self.values.push((directive, value));
        self
    }

    /// What the action says, done: another peer in the place of the old one.
    pub(crate) fn remedy(mut self, remedy: impl FnOnce(Peer) -> Peer + 'static) -> Setup {
        self.remedy = Some(Box::new(remedy));
        self
    }

    /// What the action says, done: the upstream is like this now.
    pub(crate) fn then(self, upstream: Upstream) -> Setup {
        self.remedy(move |_| upstream.start())
    }

    /// nginx in front of the peer, with these directives in the location.
    pub(crate) fn configure(&self, mut config: Config, location: &[String]) -> Config {
        let address = format!("127.0.0.1:{}", self.peer.port());
        let mut target = address.clone();
        if let Some(name) = self.block {
            config = config.http(&format!("upstream {name} {{ server {address}; }}"));
            name.clone_into(&mut target);
        }
        let pass = format!("{}{target};\n", self.pass);
        if let Some(first) = &self.first {
            config = config.location("= /first", &(pass.clone() + &first.join("\n")));
        }
        config.location("= /", &(pass + &location.join("\n")))
    }

    /// Nothing that does not weaken security helps.
    pub(crate) fn weak_only(mut self) -> Setup {
        self.weak_only = true;
        self
    }
}

/// `a b; c d;` as `a b;` and `c d;`.
fn split(directives: &str) -> Vec<String> {
    let parts = directives.split_inclusive(';').map(str::trim);
    parts.filter(|d| !d.is_empty()).map(str::to_owned).collect()
}
