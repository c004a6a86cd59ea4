//! What these tests share.

use tlsdiag_e2e::certs::{Authority, Identity, IdentityFiles, Leaf};
use tlsdiag_e2e::client::Response;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run_with, Failure, Trial};

/// Both versions of today; nginx before 1.23.4 offers TLS 1.2 only.
pub(crate) const PROTOCOLS: &str = "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n";

/// Authorities, and a directory for files.
pub(crate) struct Lab {
    pub(crate) root: Authority,
    pub(crate) clients: Authority,
    directory: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab {
            root: Authority::root("Example Root"),
            clients: Authority::root("Example Client Root"),
            directory: TempDir::new("response"),
        }
    }

    /// A good certificate for this name.
    pub(crate) fn identity(&self, name: &str) -> Identity {
        self.root.issue(&Leaf::named(name).rsa())
    }

    /// A client certificate in files.
    pub(crate) fn client(&self, authority: &Authority, name: &str) -> IdentityFiles {
        authority
            .issue(&Leaf::named(name))
            .write(self.directory.path(), name)
    }

    /// Directives that make nginx present a client certificate of this name.
    pub(crate) fn present(&self, name: &str) -> String {
        let files = self.client(&self.clients, name);
        format!(
            "proxy_ssl_certificate {};\nproxy_ssl_certificate_key {};\n",
            files.chain.display(),
            files.key.display()
        )
    }

    pub(crate) fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}

/// The one refusal of a trial, by name; the client got this status.
#[track_caller]
pub(crate) fn refusal(trial: &Trial, name: &str, status: u16) -> Failure {
    let last = trial.with.responses.last().unwrap();
    assert_eq!(last.status, status, "{}", trial.with.finished.log.text);
    let failure = trial.refusals(1).remove(0);
    failure.assert_name(name);
    failure
}

/// With this configuration every request is answered 200, and nobody complains.
#[track_caller]
pub(crate) fn assert_good(config: Config, talk: impl Fn(&Nginx) -> Vec<Response>) {
    let run = run_with(config.module(Module::Ours), &talk);
    let log = &run.finished.log.text;
    for response in &run.responses {
        assert_eq!(response.status, 200, "{log}\n{}", run.finished.config);
    }
    assert!(run.finished.log.ours().is_empty(), "{log}");
    assert!(run.finished.documents.is_empty());
}
