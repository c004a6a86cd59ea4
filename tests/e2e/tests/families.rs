//! The same causes behind `grpc_pass`, `uwsgi_pass` and stream: the right directive family, the
//! right module, and a fix that helps there too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{exchange, Response};
use tlsdiag_e2e::fix;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::text;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream, Version};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial::{run_with, Failure, Trial};

const API: &str = "api.example.test";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Grpc,
    Uwsgi,
    Stream,
}
use Family::{Grpc, Stream as StreamFamily, Uwsgi};

impl Family {
    /// The prefix of its directives.
    fn prefix(self) -> &'static str {
        match self {
            Family::Grpc => "grpc_ssl",
            Family::Uwsgi => "uwsgi_ssl",
            Family::Stream => "proxy_ssl",
        }
    }

    /// The name of the module in the document.
    fn module(self) -> &'static str {
        match self {
            Family::Grpc => "grpc",
            Family::Uwsgi => "uwsgi",
            Family::Stream => "stream",
        }
    }

    /// An upstream that this family can talk to.
    fn upstream(self, identity: tlsdiag_e2e::certs::Identity) -> Upstream {
        match self {
            Family::Grpc => Upstream::new(Stack::Nginx, identity).http2(),
            Family::Uwsgi | Family::Stream => Upstream::new(Stack::OpenSsl, identity),
        }
    }
}

/// A peer behind one family, met through a block named as the upstream's host is.
struct Scene {
    family: Family,
    peer: Peer,
    /// Stream's own; the same in every run, for it is in nginx's lines.
    port: Port,
    /// `{ssl}` stands for the family's prefix.
    settings: String,
}

impl Scene {
    fn new(family: Family, peer: Peer, settings: &str) -> Scene {
        Scene {
            family,
            peer,
            port: Port::reserve(),
            settings: settings.replace("{ssl}", family.prefix()),
        }
    }

    fn config(&self, fix: &str) -> Config {
        let upstream = format!(
            "upstream {API} {{ server 127.0.0.1:{}; }}\n",
            self.peer.port()
        );
        let settings = &self.settings;
        let http = Config::new().http(&upstream).server(settings);
        match self.family {
            Grpc => http.location("/", &format!("grpc_pass grpcs://{API};\n{fix}")),
            Uwsgi => http.location("/", &format!("uwsgi_pass suwsgi://{API};\n{fix}")),
            StreamFamily => Config::new().stream(&format!(
                "{upstream}\n{settings}\nserver {{ listen 127.0.0.1:{};\nproxy_ssl on;\n\
                 proxy_pass {API};\n{fix} }}",
                self.port
            )),
        }
    }

    fn talk(&self, nginx: &Nginx) -> Vec<Response> {
        let port = match self.family {
            StreamFamily => self.port.number(),
            _ => nginx.port(),
        };
        let request = b"GET / HTTP/1.1\r\nHost: www.example.test\r\nConnection: close\r\n\r\n";
        vec![Response::parse(&exchange(port, request))]
    }

    fn failure(&self, name: &str) -> Failure {
        let trial = Trial::with(|| self.config(""), |nginx| self.talk(nginx));
        let failure = trial.failure(name);
        let module = text(&failure.document, "nginx/upstream_tls/module");
        assert_eq!(module, self.family.module());
        for directive in &failure.line.fix {
            let prefix = self.family.prefix();
            assert!(
                directive.starts_with(prefix),
                "{directive:?} is not of {prefix}"
            );
        }
        failure
    }

    fn assert_fix_helps(&self, failure: &Failure, values: &[(&str, &str)]) {
        let fix = fix::directives(&failure.document, values);
        let config = self.config(&fix).module(Module::Ours);
        let run = run_with(config, &|nginx: &Nginx| self.talk(nginx));
        let log = &run.finished.log.text;
        assert_eq!(run.responses[0].status, 200, "after pasting\n{fix}\n{log}");
        assert!(
            run.finished.log.ours().is_empty(),
            "after pasting\n{fix}\n{log}"
        );
    }
}

fn sni_missing(family: Family) {
    let identity = Authority::root("Root").issue(&Leaf::named(API).rsa());
    let peer = family.upstream(identity).sni(Sni::Only(API.into())).start();
    let scene = Scene::new(family, peer, "");
    let failure = scene.failure("sni_missing");
    let name = format!("{}_name", family.prefix());
    scene.assert_fix_helps(&failure, &[(&name, API)]);
}

fn chain_too_long(family: Family) {
    let root = Authority::root("Root");
    let directory = TempDir::new("families");
    let trusted = root.write(directory.path(), "root");
    let issuing = root.intermediate("Policy").intermediate("Issuing");
    let peer = family.upstream(issuing.issue(&Leaf::named(API))).start();
    let settings = format!(
        "{{ssl}}_verify on;\n{{ssl}}_trusted_certificate {};\n",
        trusted.display()
    );
    let scene = Scene::new(family, peer, &settings);
    let failure = scene.failure("certificate_chain_too_long");
    scene.assert_fix_helps(&failure, &[]);
}

fn client_certificate_required(family: Family, version: Version) {
    let clients = Authority::root("Client Root");
    let identity = Authority::root("Root").issue(&Leaf::named(API));
    let upstream = Upstream::new(Stack::OpenSsl, identity).versions(version, version);
    let peer = upstream.demand_client(&clients).start();
    let scene = Scene::new(family, peer, "{ssl}_protocols TLSv1.2 TLSv1.3;\n");
    let failure = scene.failure("client_certificate_required");
    if family != Grpc {
        let directory = TempDir::new("families");
        let good = clients
            .issue(&Leaf::named("client"))
            .write(directory.path(), "client");
        let certificate = format!("{}_certificate", family.prefix());
        let key = format!("{}_certificate_key", family.prefix());
        let values = [
            (certificate.as_str(), good.chain.to_str().unwrap()),
            (key.as_str(), good.key.to_str().unwrap()),
        ];
        scene.assert_fix_helps(&failure, &values);
    }
}

fn hostname_mismatch(family: Family) {
    let root = Authority::root("Root");
    let directory = TempDir::new("families");
    let trusted = root.write(directory.path(), "root");
    let other = "other.example.test";
    let peer = family.upstream(root.issue(&Leaf::named(other))).start();
    let settings = format!(
        "{{ssl}}_verify on;\n{{ssl}}_trusted_certificate {};\n",
        trusted.display()
    );
    let scene = Scene::new(family, peer, &settings);
    let failure = scene.failure("certificate_hostname_mismatch");
    let name = format!("{}_name", family.prefix());
    scene.assert_fix_helps(&failure, &[(&name, other)]);
}

fn plaintext(family: Family) {
    let scene = Scene::new(family, scripted::start(Script::PlainHttp), "");
    scene.failure("plaintext_upstream");
}

fn tls12(family: Family) {
    client_certificate_required(family, Version::Tls12);
}

fn tls13(family: Family) {
    client_certificate_required(family, Version::Tls13);
}

macro_rules! each_family {
    ($($cause:ident),+) => {
        $(mod $cause {
            #[test]
            fn grpc() {
                super::$cause(super::Grpc);
            }
            #[test]
            fn uwsgi() {
                super::$cause(super::Uwsgi);
            }
            #[test]
            fn stream() {
                super::$cause(super::StreamFamily);
            }
        })+
    };
}
each_family!(
    sni_missing,
    chain_too_long,
    hostname_mismatch,
    plaintext,
    tls12,
    tls13
);

/// nginx itself says nothing at all when the handshake timer fires in stream.
#[test]
fn stream_timeout() {
    let peer = scripted::start(Script::Silence);
    let scene = Scene::new(StreamFamily, peer, "proxy_connect_timeout 300ms;\n");
    let trial = Trial::with(|| scene.config(""), |nginx| scene.talk(nginx));
    assert_eq!(trial.stock.responses, trial.with.responses);
    assert_eq!(trial.stock.native(), trial.with.native());
    let ours = trial.with.finished.log.ours();
    assert_eq!(ours.len(), 1, "{}", trial.with.finished.log.text);
    assert!(ours[0]
        .message
        .starts_with("upstream_tls[handshake_timeout] "));
    assert_eq!(trial.with.finished.documents.len(), 1);
}
