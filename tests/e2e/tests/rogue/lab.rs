//! A rogue where nginx expects its upstream, and an operator who pastes what is printed.

use std::net::Ipv4Addr;

use tlsdiag_e2e::certs::{Identity, Leaf};
use tlsdiag_e2e::client::{exchange, Response};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::Lab;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::peers::rogue::{Face, Rogue};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::trial::{run_with, Failure, Run, Trial};

use crate::names::{API, EVIL, PATH, SAN, SUBJECT};
use crate::offer::Offer;
use crate::trust::assert_trustworthy;

/// What a client would not give to a stranger.
const SECRET: &str = "Bearer c2VjcmV0LW9mLWEtY2xpZW50";
/// More fixes in a row than anybody pastes.
const ROUNDS: usize = 8;

/// What the rogue's certificate says of it.
pub(crate) fn own_names() -> Leaf {
    let mut leaf = Leaf::named(EVIL).rsa();
    SUBJECT.clone_into(&mut leaf.common_name);
    leaf.dns.push(SAN.to_owned());
    leaf
}

/// What the client says.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) host: &'static str,
    /// The header `X-Name`, and in stream the server_name of the client's own ClientHello.
    pub(crate) name: &'static str,
}

/// nginx, the rogue, and the operator's settings.
pub(crate) struct Scene {
    family: Family,
    lab: Lab,
    rogue: Rogue,
    /// Stands above the location; one directive a line.
    settings: String,
    /// What `proxy_pass` names, given the port.
    target: fn(u16) -> String,
    /// `{port}` for the upstream's port.
    outside: String,
    client: Client,
    /// Where stream listens; the same in every run, for it is in nginx's lines.
    port: Port,
    _dns: Option<Dns>,
}

impl Scene {
    /// The upstream by address; nginx verifies, and these settings, `{ssl}` in them for the family's
    /// prefix.
    pub(crate) fn new(
        family: Family,
        lab: Lab,
        identity: Identity,
        face: Face,
        settings: &str,
    ) -> Scene {
        let trusted = lab.trusted();
        let verify =
            format!("{{ssl}}_verify on;\n{{ssl}}_trusted_certificate {trusted};\n{settings}");
        Scene {
            family,
            lab,
            rogue: Rogue::start(identity, face),
            settings: verify.replace("{ssl}", family.prefix()),
            target: |port| format!("127.0.0.1:{port}"),
            outside: String::new(),
            client: Client {
                host: "www.example.test",
                name: API,
            },
            port: Port::reserve(),
            _dns: None,
        }
    }

    /// The same of a rogue with a certificate of the operator's authority, for its own names.
    pub(crate) fn own_name(family: Family, face: Face, settings: &str) -> Scene {
        let lab = Lab::new();
        let identity = lab.root.issue(&own_names());
        Scene::new(family, lab, identity, face, settings)
    }

    /// Through an upstream block.
    pub(crate) fn block(mut self) -> Scene {
        self.target = |_| "backend".to_owned();
        self.outside = "upstream backend { server 127.0.0.1:{port}; }\n".to_owned();
        self
    }

    /// The same where nginx does not verify; the settings are gone.
    pub(crate) fn unverified(mut self, settings: &str) -> Scene {
        self.settings = settings.replace("{ssl}", self.family.prefix());
        self
    }

    /// Where the client chooses: its `Host`, in stream the server_name it sends. Its choice and the
    /// operator's upstream are at the same address.
    pub(crate) fn chosen_by(mut self, client: Client) -> Scene {
        let here = [Ipv4Addr::LOCALHOST];
        let dns = Dns::start(&[(client.host, &here), (client.name, &here), (API, &here)]);
        self.target = match self.family {
            Family::Stream => |port| format!("$ssl_preread_server_name:{port}"),
            _ => |port| format!("$host:{port}"),
        };
        self.outside = format!("resolver 127.0.0.1:{} ipv6=off;\n", dns.port());
        self._dns = Some(dns);
        self.client(client)
    }

    /// The same with another client.
    pub(crate) fn client(mut self, client: Client) -> Scene {
        self.client = client;
        self
    }

    /// The name of a directive in this family.
    pub(crate) fn directive(&self, name: &str) -> String {
        format!("{}_{name}", self.family.prefix())
    }

    /// The variable that holds the client's [`Client::name`].
    pub(crate) fn variable(family: Family) -> &'static str {
        match family {
            Family::Stream => "$ssl_preread_server_name",
            _ => "$http_x_name",
        }
    }

    fn config(&self, pasted: &[String], port: u16) -> Config {
        let outside = self.outside.replace("{port}", &port.to_string());
        let pass = self.family.pass(&(self.target)(port));
        let inside = pass + &pasted.join("\n");
        if self.family != Family::Stream {
            let config = Config::new().http(&outside).server(&self.settings);
            return config.location("/", &inside);
        }
        let (listen, settings) = (&self.port, &self.settings);
        Config::new().stream(&format!(
            "{outside}{settings}ssl_preread on;\n\
             server {{ listen 127.0.0.1:{listen};\n{inside} }}\n"
        ))
    }

    fn ask(&self, nginx: &Nginx, client: Client) -> Response {
        let (host, name) = (client.host, client.name);
        let request = format!(
            "GET {PATH} HTTP/1.1\r\nHost: {host}\r\nX-Name: {name}\r\nAuthorization: {SECRET}\r\n\
             Connection: close\r\n\r\n"
        );
        let bytes = match self.family {
            Family::Stream => {
                let bytes = [client_hello(name), request.into_bytes()].concat();
                exchange(self.port.number(), &bytes)
            }
            _ => exchange(nginx.port(), request.as_bytes()),
        };
        Response::parse(&bytes)
    }

    /// The one failure: its name, its module, and what holds for all of them. The rogue got nothing.
    pub(crate) fn failure(&self, name: &str) -> Failure {
        let config = || self.config(&[], self.rogue.port());
        let trial = Trial::with(config, |nginx| vec![self.ask(nginx, self.client)]);
        let failure = trial.failure(name);
        assert_eq!(failure.text("module"), self.family.module());
        println!("{}", failure.line.ours);
        self.assert_failure(&failure);
        failure
    }

    /// As [`Scene::failure`] for one request to each of these faces, of whatever name.
    pub(crate) fn failures(&self, faces: &[Face]) -> Vec<Failure> {
        let config = self.config(&[], self.rogue.port());
        let run = run_with(config.module(Module::Ours), &|nginx: &Nginx| {
            let ask = |face: &Face| {
                self.rogue.show(face.clone());
                self.ask(nginx, self.client)
            };
            faces.iter().map(ask).collect()
        });
        let failures = run.failures();
        assert_eq!(failures.len(), faces.len());
        failures
            .iter()
            .for_each(|failure| self.assert_failure(failure));
        failures
    }

    fn assert_failure(&self, failure: &Failure) {
        for directive in &failure.line.fix {
            let own = directive.starts_with(self.family.prefix());
            assert!(own, "{directive:?} is of another family");
        }
        assert_trustworthy(failure, &self.settings);
        self.assert_got_nothing("");
    }

    #[track_caller]
    fn assert_got_nothing(&self, pasted: &str) {
        let got = self.rogue.requests();
        let shown = String::from_utf8_lossy(&got);
        assert!(got.is_empty(), "the rogue got {shown:?} after\n{pasted}");
    }

    /// As [`Scene::assert_fix_is_safe`], where perhaps nothing is printed.
    pub(crate) fn assert_any_fix_is_safe(&self, failure: &Failure) {
        if !failure.line.fix.is_empty() {
            self.assert_fix_is_safe(failure);
        }
    }

    /// Pastes the fix of a failure and those of the failures after it, until it comes round.
    /// The rogue plays the same part again, then shakes hands, and gets nothing; the operator's upstream
    /// in its place answers. Something must be printed. What was printed afterwards.
    pub(crate) fn assert_fix_is_safe(&self, failure: &Failure) -> Vec<Failure> {
        assert!(!failure.line.fix.is_empty(), "{:#?}", failure.line);
        let (known, face) = (self.lab.known_values(), self.rogue.face());
        let mut seen = vec![Vec::new()];
        let (mut pasted, mut printed) = (Vec::new(), vec![failure.line.fix.clone()]);
        let mut all = Vec::new();
        for _ in 0..ROUNDS {
            for fix in &printed {
                pasted = fix::paste(&pasted, &fix::fill(fix, &known).unwrap());
            }
            pasted.sort();
            if seen.contains(&pasted) {
                self.assert_upstream_answers(&pasted);
                return all;
            }
            seen.push(pasted.clone());
            let config = self.config(&pasted, self.rogue.port());
            let run = run_with(config.module(Module::Ours), &|nginx: &Nginx| {
                self.rogue.show(face.clone());
                let first = self.ask(nginx, self.client);
                self.rogue.show(Face::Handshake);
                vec![first, self.ask(nginx, self.client)]
            });
            self.assert_got_nothing(&pasted.join("\n"));
            if all.is_empty() {
                self.assert_label_is_true(failure);
            }
            let failures = run.failures();
            for failure in &failures {
                println!("then: {}", failure.line.ours);
                assert_trustworthy(failure, &self.in_force(&pasted));
            }
            printed = failures.iter().map(|f| f.line.fix.clone()).collect();
            all.extend(failures);
        }
        panic!("there is a new fix after every fix, last {printed:#?}");
    }

    /// What counts in the location.
    fn in_force(&self, pasted: &[String]) -> String {
        let settings: Vec<String> = self.settings.lines().map(str::to_owned).collect();
        fix::paste(&settings, pasted).join("\n")
    }

    /// The operator's upstream where the rogue was, asked by a client that means it.
    fn assert_upstream_answers(&self, pasted: &[String]) {
        let upstream = self.family.upstream(self.lab.identity()).start();
        let config = self.config(pasted, upstream.port()).module(Module::Ours);
        let client = Client {
            host: API,
            name: API,
        };
        let run = run_with(config, &|nginx: &Nginx| vec![self.ask(nginx, client)]);
        run.assert_good(&pasted.join("\n"));
    }

    /// What the fix was said to cost, against what nginx offers with it.
    fn assert_label_is_true(&self, failure: &Failure) {
        let hellos = self.rogue.hellos();
        let (before, after) = (Offer::read(&hellos[0]), Offer::read(&hellos[2]));
        let security = failure.at("fix_security");
        let security = security.and_then(serde_json::Value::as_str);
        let weaker = after.weaker_than(&before);
        if security != Some("weakens") {
            assert!(weaker.is_empty(), "{weaker:?} after {:#?}", failure.line);
        }
        if security == Some("hardens") {
            assert!(after.is_stronger_than(&before), "{:#?}", failure.line);
        }
    }
}

/// A client of stream begins with a ClientHello; nginx reads this name of it.
fn client_hello(name: &str) -> Vec<u8> {
    let vector = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length, bytes].concat()
    };
    let server_name = vector(&[&[0], vector(name.as_bytes()).as_slice()].concat());
    let extensions = vector(&[&[0, 0], vector(&server_name).as_slice()].concat());
    // TLS 1.2, a random, no session, one suite, no compression.
    let hello = [
        [3, 3].as_slice(),
        &[7; 32],
        &[0, 0, 2, 0xc0, 0x2f, 1, 0],
        &extensions,
    ]
    .concat();
    let message = [[1, 0].as_slice(), &vector(&hello)].concat();
    [[22, 3, 1].as_slice(), &vector(&message)].concat()
}

/// nginx in front of a rogue with a name of its own, which the client asks for.
fn asked(scene: &Scene, pasted: &[String]) -> (Run, Vec<u8>) {
    let config = scene.config(pasted, scene.rogue.port());
    let ask = |nginx: &Nginx| vec![scene.ask(nginx, scene.client)];
    (run_with(config, &ask), scene.rogue.requests())
}

/// The other control: with the rogue's own name pasted it gets the request.
pub(crate) fn pasted_name_of_the_rogue(family: Family) {
    let scene = Scene::own_name(family, Face::Handshake, "");
    let pasted = [scene.directive(&format!("name {EVIL};"))];
    assert!(!asked(&scene, &pasted).1.is_empty());
}

/// The control: where nginx does not verify, the rogue gets the request, and it is seen that it does.
pub(crate) fn without_verification(family: Family) {
    let scene = Scene::own_name(family, Face::Handshake, "").unverified("");
    let (run, got) = asked(&scene, &[]);
    assert!(run.finished.log.ours().is_empty());
    // HTTP/2 packs a header's text.
    if family.is_http2() {
        assert!(!got.is_empty());
        return;
    }
    let text = String::from_utf8_lossy(&got);
    assert!(text.contains(SECRET), "{text}");
}
