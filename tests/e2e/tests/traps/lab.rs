//! What the traps share.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tlsdiag::check::{check, Finding};
use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::read;
use tlsdiag_e2e::certs::{Authority, Identity, IdentityFiles, Leaf};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run, Run};

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// A root, and a directory for files.
pub(crate) struct Lab {
    pub(crate) root: Authority,
    directory: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab {
            root: Authority::root("Example Root"),
            directory: TempDir::new("traps"),
        }
    }

    /// A good certificate for [`API`].
    pub(crate) fn identity(&self) -> Identity {
        self.root.issue(&Leaf::named(API).rsa())
    }

    /// A peer with it.
    pub(crate) fn upstream(&self) -> Upstream {
        Upstream::new(Stack::OpenSsl, self.identity())
    }

    /// A file with this content.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        self.directory.write(name, content)
    }

    /// The root, in a file.
    pub(crate) fn trusted(&self) -> String {
        self.root
            .write(self.directory.path(), "root")
            .display()
            .to_string()
    }

    /// A certificate with its key, in files.
    pub(crate) fn files(&self, identity: &Identity, name: &str) -> IdentityFiles {
        identity.write(self.directory.path(), name)
    }
}

/// Directives of a location, one a line.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

/// One location that falls into a trap.
#[derive(Default)]
pub(crate) struct Trap<'a> {
    /// The check.
    pub(crate) id: &'a str,
    /// Inside `http`, before the server.
    pub(crate) http: String,
    /// Inside `location /`, a directive a line.
    pub(crate) location: String,
    /// In error.log when it fails; nothing, when the request does not fail.
    pub(crate) native: &'a str,
    /// Values for placeholders of the help.
    pub(crate) values: &'a [(&'a str, &'a str)],
}

impl Trap<'_> {
    /// `nginx -t` accepts it, the check finds it, the request fails, and the help mends it.
    pub(crate) fn prove(&self) {
        let finding = self.find();
        let fallen = self.ask(&lines(&self.location));
        let log = &fallen.finished.log.text;
        assert_eq!(fallen.responses[0].status, 502, "{}: {log}", self.id);
        assert!(log.contains(self.native), "{}: {log}", self.id);
        self.mend(&finding);
    }

    /// The one finding.
    pub(crate) fn find(&self) -> Finding {
        self.find_in(&self.config(&lines(&self.location)))
    }

    fn find_in(&self, config: &Config) -> Finding {
        let (accepted, said) = Nginx::check(config);
        assert!(accepted, "{}: {said}", self.id);
        only(config, self.id)
    }

    /// With the help pasted the request succeeds, and the check is silent.
    pub(crate) fn mend(&self, finding: &Finding) {
        let help: Vec<_> = finding
            .help
            .iter()
            .filter(|line| line.ends_with(';'))
            .cloned()
            .collect();
        let help = fix::fill(&help, self.values).unwrap_or_else(|why| panic!("{why}"));
        assert!(!help.is_empty(), "{finding:?}");
        let mended = fix::paste(&lines(&self.location), &help);
        let run = self.ask(&mended);
        let log = &run.finished.log.text;
        assert_eq!(
            run.responses[0].status, 200,
            "{}: {mended:?}\n{log}",
            self.id
        );
        assert_eq!(findings(&self.config(&mended), self.id), [], "{mended:?}");
    }

    fn config(&self, location: &[String]) -> Config {
        Config::new()
            .http(&self.http)
            .location("/", &location.join("\n"))
    }

    fn ask(&self, location: &[String]) -> Run {
        run(self.config(location), &["/"])
    }
}

/// What one check finds in what nginx would be started with.
pub(crate) fn findings(config: &Config, id: &str) -> Vec<Finding> {
    let prefix = TempDir::new("checked");
    let file = prefix.write("nginx.conf", config.render(prefix.path()));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let tree = read(&Disk, file.as_os_str().as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let mut found = check(&tree, &Disk, i64::try_from(now.as_secs()).unwrap());
    found.retain(|finding| finding.id == id);
    found
}

/// The one finding of a check.
pub(crate) fn only(config: &Config, id: &str) -> Finding {
    let mut found = findings(config, id);
    assert_eq!(found.len(), 1, "{id}: {found:#?}");
    found.remove(0)
}

/// nginx with TLS as a peer that answers with what this text says, its variables put in.
pub(crate) fn mirror(lab: &Lab, text: &str, server: &str) -> Nginx {
    let files = lab.files(&lab.identity(), "mirror");
    let (chain, key) = (files.chain.display(), files.key.display());
    let mut config = Config::new()
        .server(&format!(
            "ssl_certificate {chain}; ssl_certificate_key {key};\n{server}"
        ))
        .location("/", &format!("return 200 \"{text}\";"));
    config.listen = "ssl".to_owned();
    Nginx::start(config)
}

/// The body of an answer.
pub(crate) fn body(run: &Run, number: usize) -> String {
    String::from_utf8_lossy(&run.responses[number].body).into_owned()
}

/// `proxy_pass` to a peer by its address.
pub(crate) fn pass(peer: &Peer) -> String {
    format!("proxy_pass https://127.0.0.1:{};\n", peer.port())
}

/// A path as nginx.conf has it.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}
