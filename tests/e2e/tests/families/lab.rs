//! One upstream behind one family of directives.

use std::path::PathBuf;

use tlsdiag_e2e::certs::{Authority, Identity, IdentityFiles, Leaf};
use tlsdiag_e2e::client::{exchange, Response, HOST};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::observe::Diagnosed;
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run_with, Failure, Trial};

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

/// The parties, and the files they are in.
pub(crate) struct Lab {
    /// Issues the upstream's certificate.
    pub(crate) root: Authority,
    directory: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Lab {
        Lab {
            root: Authority::root("Example Root"),
            directory: TempDir::new("families"),
        }
    }

    /// A good certificate for [`API`].
    pub(crate) fn identity(&self) -> Identity {
        self.root.issue(&Leaf::named(API).rsa())
    }

    /// Verification against the root.
    pub(crate) fn verify(&self) -> String {
        let path: PathBuf = self.root.write(self.directory.path(), "root");
        format!(
            "{{ssl}}_verify on;\n{{ssl}}_trusted_certificate {};\n",
            path.display()
        )
    }

    /// A client certificate in files.
    pub(crate) fn client(&self, authority: &Authority, name: &str) -> IdentityFiles {
        authority
            .issue(&Leaf::named(name))
            .write(self.directory.path(), name)
    }
}

/// A peer behind one family.
pub(crate) struct Scene {
    family: Family,
    peer: Peer,
    /// Where stream listens; the same in every run, for it is in nginx's lines.
    port: Port,
    /// Stream's other door.
    first_port: Port,
    /// Name of the upstream block.
    block: Option<&'static str>,
    settings: String,
    own: String,
    has_first: bool,
}

impl Scene {
    /// By address; `settings` stand above the location, `{ssl}` in them for the family's prefix.
    pub(crate) fn new(family: Family, peer: Peer, settings: &str) -> Scene {
        Scene {
            family,
            peer,
            port: Port::reserve(),
            first_port: Port::reserve(),
            block: None,
            settings: settings.replace("{ssl}", family.prefix()),
            own: String::new(),
            has_first: false,
        }
    }

    /// Through an upstream block of this name.
    pub(crate) fn block(mut self, name: &'static str) -> Scene {
        self.block = Some(name);
        self
    }

    /// These settings in the location itself, after a request through another one without them.
    pub(crate) fn after_one_without(mut self, settings: &str) -> Scene {
        self.own = settings.replace("{ssl}", self.family.prefix());
        self.has_first = true;
        self
    }

    /// A directive's name in this family: `ssl_name` is `grpc_ssl_name`.
    pub(crate) fn directive(&self, name: &str) -> String {
        format!("{}_{name}", self.family.prefix())
    }

    fn config(&self, fix: &str) -> Config {
        let address = format!("127.0.0.1:{}", self.peer.port());
        let block = self.block.map_or(String::new(), |name| {
            format!("upstream {name} {{ server {address}; }}\n")
        });
        let pass = self.family.pass(self.block.unwrap_or(&address));
        let (settings, location) = (&self.settings, format!("{pass}{}{fix}", self.own));
        if self.family != Family::Stream {
            let config = Config::new().http(&block).server(settings);
            let config = config.location("= /first", &pass);
            return config.location("/", &location);
        }
        let server = |port: &Port, content: &str| {
            format!("server {{ listen 127.0.0.1:{port};\n{content} }}\n")
        };
        Config::new().stream(&format!(
            "{block}{settings}{}{}",
            server(&self.first_port, &pass),
            server(&self.port, &location)
        ))
    }

    fn talk(&self, nginx: &Nginx) -> Vec<Response> {
        let get = |path: &str, stream: &Port| {
            let port = match self.family {
                Family::Stream => stream.number(),
                _ => nginx.port(),
            };
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
            Response::parse(&exchange(port, request.as_bytes()))
        };
        let mut responses = Vec::new();
        if self.has_first {
            responses.push(get("/first", &self.first_port));
            assert_eq!(responses[0].status, 200, "the first request");
        }
        responses.push(get("/", &self.port));
        responses
    }

    fn trial(&self) -> Trial {
        Trial::with(|| self.config(""), |nginx| self.talk(nginx))
    }

    /// The one failure: its name, its module, directives of its family only.
    pub(crate) fn failure(&self, name: &str) -> Failure {
        let failure = self.trial().failure(name);
        let module = text(&failure.document, "nginx/upstream_tls/module");
        assert_eq!(module, self.family.module());
        self.assert_family(&failure.line.fix);
        failure
    }

    /// As [`Scene::failure`] for the one failure of which nginx itself may say nothing at all: stream
    /// and the handshake's timer.
    pub(crate) fn timeout(&self, name: &str) {
        if self.family != Family::Stream {
            self.failure(name);
            return;
        }
        let trial = self.trial();
        assert_eq!(trial.stock.responses, trial.with.responses);
        assert_eq!(trial.stock.native(), trial.with.native());
        let ours = trial.with.finished.log.ours();
        assert_eq!(ours.len(), 1, "{}", trial.with.finished.log.text);
        let line = Diagnosed::parse(ours[0]).unwrap();
        assert_eq!(line.name, name);
        self.assert_family(&line.fix);
        assert_eq!(trial.with.finished.documents.len(), 1);
    }

    fn assert_family(&self, fix: &[String]) {
        let prefix = self.family.prefix();
        let timer = format!("{}_connect_timeout", prefix.trim_end_matches("_ssl"));
        for directive in fix {
            let own = directive.starts_with(prefix) || directive.starts_with(&timer);
            assert!(own, "{directive:?} is not of {prefix}");
        }
    }

    /// Pastes the fix, with these values for its placeholders: the same request is answered 200, and
    /// nobody complains.
    pub(crate) fn assert_fix_helps(&self, failure: &Failure, values: &[(&str, &str)]) {
        let values: Vec<(String, &str)> = values
            .iter()
            .map(|(name, value)| (self.directive(name), *value))
            .collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(n, v)| (n.as_str(), *v)).collect();
        let fix = fix::directives(&failure.document, &values);
        let config = self.config(&fix).module(Module::Ours);
        let run = run_with(config, &|nginx: &Nginx| self.talk(nginx));
        let log = &run.finished.log.text;
        let last = run.responses.last().unwrap();
        assert_eq!(last.status, 200, "after pasting\n{fix}\n{log}");
        let silent = run.finished.log.ours().is_empty();
        assert!(silent, "after pasting\n{fix}\n{log}");
    }
}
