//! What the rows share.

use std::path::PathBuf;

use tlsdiag_e2e::certs::{Authority, Identity, IdentityFiles, Leaf};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Module};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run, Failure, Trial};

/// One test per stack: `on_stacks!(row_3: OpenSsl, Go)` makes `row_3::OpenSsl`, `row_3::Go`.
macro_rules! on_stacks {
    ($row:ident: $($stack:ident),+ $(,)?) => {
        #[allow(non_snake_case, reason = "the test is named as the stack is")]
        mod $row {
            use tlsdiag_e2e::peers::Stack;
            $(
                #[test]
                fn $stack() {
                    super::$row(Stack::$stack);
                }
            )+
        }
    };
}

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// A root, a directory for files, and the case being made.
pub(crate) struct Lab {
    /// The root the upstream's certificate comes from.
    pub(crate) root: Authority,
    directory: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab {
            root: Authority::root("Example Root"),
            directory: TempDir::new("lab"),
        }
    }

    /// A good certificate for [`API`].
    pub(crate) fn identity(&self) -> Identity {
        self.root.issue(&Leaf::named(API).rsa())
    }

    /// The root, in a file.
    pub(crate) fn trusted(&self) -> PathBuf {
        self.root.write(self.directory.path(), "root")
    }

    /// Directives that make nginx verify against the root.
    pub(crate) fn verify(&self) -> String {
        let path = self.trusted();
        format!(
            "proxy_ssl_verify on;\nproxy_ssl_trusted_certificate {};\n",
            path.display()
        )
    }

    /// A client certificate, in files.
    pub(crate) fn client(&self, authority: &Authority, name: &str) -> IdentityFiles {
        authority
            .issue(&Leaf::named(name))
            .write(self.directory.path(), name)
    }
}

/// A location that passes to a peer by address.
pub(crate) fn pass(port: u16) -> String {
    format!("proxy_pass https://127.0.0.1:{port};\n")
}

/// A cause: the configuration that meets it, given what is pasted into the location.
pub(crate) struct Case<F: Fn(&str) -> Config> {
    config: F,
    trial: Trial,
}

impl<F: Fn(&str) -> Config> Case<F> {
    /// Sends one request for `/`, without and with the module.
    pub(crate) fn new(config: F) -> Case<F> {
        let trial = Trial::new(|| config(""), &["/"]);
        Case { config, trial }
    }

    /// The same for a peer that resets right after its alert. Every failure on the way has `name`.
    pub(crate) fn racing(config: F, name: &str) -> Case<F> {
        let check = |trial: &Trial| trial.diagnosed(1).remove(0).assert_name(name);
        let trial = Trial::racing(|| config(""), &["/"], check);
        Case { config, trial }
    }

    /// The one failure, by name.
    pub(crate) fn failure(&self, name: &str) -> Failure {
        self.trial.failure(name)
    }

    /// Pastes the fix into the location, with these values for its placeholders: then the request
    /// is answered 200 and nobody complains.
    pub(crate) fn assert_fix_helps(&self, failure: &Failure, values: &[(&str, &str)]) {
        self.assert_helps(&fix::directives(&failure.document, values));
    }

    /// The same for any directives.
    pub(crate) fn assert_helps(&self, fix: &str) {
        let run = run((self.config)(fix).module(Module::Ours), &["/"]);
        let log = &run.finished.log.text;
        assert_eq!(run.responses[0].status, 200, "after pasting\n{fix}\n{log}");
        assert!(
            run.finished.log.ours().is_empty(),
            "after pasting\n{fix}\n{log}"
        );
        assert!(run.finished.documents.is_empty());
    }
}
