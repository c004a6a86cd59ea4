//! `tlsdiag explain` against what the module saw: each of the fifteen causes that must not be confused is
//! made for real, the module's lines are taken out of the log, and what is left is explained.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use tlsdiag::rules::Confidence;
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::explained::{explain, Explained};
use tlsdiag_e2e::nginx::{Config, Module};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream, Version};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::trial;

const API: &str = "api.example.test";

/// A failure as both saw it.
struct Compared {
    /// What the module called it.
    name: String,
    causes: Vec<&'static str>,
    confidence: Confidence,
}

/// What the rows need.
struct Lab {
    root: Authority,
    directory: TempDir,
    compared: Vec<(bool, Compared)>,
}

impl Lab {
    fn new() -> Lab {
        Lab {
            root: Authority::root("Example Root"),
            directory: TempDir::new("explain"),
            compared: Vec::new(),
        }
    }

    fn good(&self) -> Identity {
        self.root.issue(&Leaf::named(API).rsa())
    }

    fn openssl(&self, identity: Identity) -> Upstream {
        Upstream::new(Stack::OpenSsl, identity)
    }

    /// Directives that make nginx verify.
    fn verify(&self) -> String {
        let root = self.root.write(self.directory.path(), "root");
        format!(
            "proxy_ssl_verify on; proxy_ssl_trusted_certificate {};",
            root.display()
        )
    }

    /// Directives that make nginx present a certificate of an authority nobody asked for.
    fn certificate(&self) -> String {
        let other = Authority::root("Another Client Root");
        let files = other
            .issue(&Leaf::named("client"))
            .write(self.directory.path(), "client");
        format!(
            "proxy_ssl_certificate {}; proxy_ssl_certificate_key {};",
            files.chain.display(),
            files.key.display()
        )
    }

    /// nginx passes to the peer by its address.
    fn by_address(&mut self, name: &str, peer: &Peer, location: &str) {
        let location = format!("proxy_pass https://127.0.0.1:{};\n{location}", peer.port());
        self.compare(name, Config::new().location("/", &location), &["/"]);
    }

    /// nginx passes to the peer by an upstream block.
    fn by_block(&mut self, name: &str, peer: &Peer, location: &str) {
        let block = format!("upstream backend {{ server 127.0.0.1:{}; }}", peer.port());
        let location = format!("proxy_pass https://backend;\n{location}");
        self.compare(
            name,
            Config::new().http(&block).location("/", &location),
            &["/"],
        );
    }

    /// Runs nginx with the module, which must call the one failure `name`, and explains the log without
    /// the module's lines: alone, then in the light of the configuration.
    fn compare(&mut self, name: &str, config: Config, paths: &[&str]) {
        let run = trial::run(config.module(Module::Ours), paths);
        let failures = run.failures();
        assert_eq!(failures.len(), 1, "{}", run.finished.log.text);
        failures[0].assert_name(name);
        let log = &run.finished.log.text;
        let groups = explain(&run.finished.config, log.lines());
        let [group] = <[Explained; 1]>::try_from(groups).expect("one failure, one group");
        assert_eq!(group.count, 1, "{log}");
        let with_conf = group
            .with_conf
            .expect("the configuration shows the connection");
        for (with, said) in [(false, group.alone), (true, with_conf)] {
            let compared = Compared {
                name: name.to_owned(),
                causes: said.causes.names,
                confidence: said.causes.confidence,
            };
            self.compared.push((with, compared));
        }
    }

    /// The part of those with or without the configuration for which something holds.
    fn part(&self, with_conf: bool, holds: impl Fn(&Compared) -> bool) -> (usize, usize) {
        let all = self.compared.iter().filter(|(with, _)| *with == with_conf);
        let (good, bad): (Vec<_>, Vec<_>) = all.partition(|(_, compared)| holds(compared));
        for (_, Compared { name, causes, .. }) in &bad {
            println!("with the configuration: {with_conf}: {name} among {causes:?}");
        }
        (good.len(), good.len() + bad.len())
    }
}

fn certificates(lab: &mut Lab) {
    let name = format!(
        "{} proxy_ssl_name {API}; proxy_ssl_server_name on;",
        lab.verify()
    );
    let issuing = lab.root.intermediate("Example Issuing CA");
    let incomplete = issuing.issue(&Leaf::named(API).rsa()).without_chain();
    let peer = lab.openssl(incomplete).start();
    lab.by_address("certificate_chain_incomplete", &peer, &name);
    let address = lab.root.issue(&Leaf::named(API).rsa().ip("127.0.0.1"));
    let peer = lab.openssl(address).start();
    let verify = lab.verify();
    lab.by_address("certificate_hostname_mismatch", &peer, &verify);
    let expired = lab.root.issue(&Leaf::named(API).rsa().valid(-20, -2));
    let peer = lab.openssl(expired).start();
    lab.by_address("certificate_expired", &peer, &name);
    let deep = lab
        .root
        .intermediate("Example Policy CA")
        .intermediate("Example Issuing CA");
    let peer = lab.openssl(deep.issue(&Leaf::named(API).rsa())).start();
    lab.by_address("certificate_chain_too_long", &peer, &name);
    let own = Identity::self_signed(&Leaf::named(API).rsa());
    let peer = lab.openssl(own).start();
    lab.by_address("certificate_self_signed", &peer, &name);

    let peer = lab.openssl(lab.good()).start();
    let block = format!("upstream backend {{ server 127.0.0.1:{}; }}", peer.port());
    let config = Config::new()
        .http(&block)
        .location("/lax", "proxy_pass https://backend;")
        .location("/strict", &format!("{name} proxy_pass https://backend;"));
    lab.compare("verify_result_inherited", config, &["/lax", "/strict"]);
}

fn client_certificates(lab: &mut Lab) {
    let clients = Authority::root("Example Client Root");
    for version in [Version::Tls12, Version::Tls13] {
        let upstream = lab.openssl(lab.good()).versions(version, version);
        let peer = upstream.demand_client(&clients).start();
        let both = "proxy_ssl_protocols TLSv1.2 TLSv1.3;";
        lab.by_address("client_certificate_required", &peer, both);
        let wrong = lab.certificate();
        lab.by_address(
            "client_certificate_untrusted",
            &peer,
            &format!("{both} {wrong}"),
        );
    }
}

fn parameters_and_transport(lab: &mut Lab) {
    let peer = lab.openssl(lab.good()).start();
    let narrow = "proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;";
    lab.by_address("cipher_mismatch", &peer, narrow);
    let upstream = lab
        .openssl(lab.good())
        .versions(Version::Tls13, Version::Tls13);
    lab.by_address(
        "protocol_version_mismatch",
        &upstream.start(),
        "proxy_ssl_protocols TLSv1.2;",
    );
    let peer = scripted::start(Script::PlainHttp);
    lab.by_address("plaintext_upstream", &peer, "");
    let peer = scripted::start(Script::Silence);
    lab.by_address("handshake_timeout", &peer, "proxy_connect_timeout 300ms;");
    lab.by_address("peer_closed", &scripted::start(Script::CloseAfterHello), "");
    lab.by_address("peer_reset", &scripted::start(Script::ResetAfterHello), "");
}

fn names(lab: &mut Lab) {
    for sni in [Sni::Only(API.into()), Sni::CertificateFor(API.into())] {
        let peer = lab.openssl(lab.good()).sni(sni).start();
        lab.by_block("sni_unrecognized", &peer, "proxy_ssl_server_name on;");
        lab.by_block("sni_missing", &peer, &format!("proxy_ssl_name {API};"));
    }
}

#[test]
fn a_log_without_the_module_tells_nearly_as_much() {
    let mut lab = Lab::new();
    certificates(&mut lab);
    client_certificates(&mut lab);
    parameters_and_transport(&mut lab);
    names(&mut lab);

    for (_, compared) in &lab.compared {
        let Compared {
            name,
            causes,
            confidence,
        } = compared;
        let wrong = causes[0] != name;
        assert!(
            !(wrong && *confidence == Confidence::Certain),
            "{name}: {causes:?}"
        );
    }
    let (first, all) = lab.part(true, |one| one.causes[0] == one.name);
    assert!(
        first * 10 >= all * 9,
        "with the configuration {first} of {all} come first"
    );
    let (among, all) = lab.part(true, |one| {
        one.causes.iter().take(3).any(|cause| *cause == one.name)
    });
    assert_eq!(among, all, "with the configuration all are among three");
    let is_likely = |one: &Compared| one.confidence == Confidence::Likely;
    let (wrong, _) = lab.part(true, |one| !is_likely(one) || one.causes[0] == one.name);
    assert_eq!(wrong, all, "with the configuration what is likely is right");
    let (among, all) = lab.part(false, |one| one.causes.contains(&one.name.as_str()));
    assert!(
        among * 10 >= all * 9,
        "without it {among} of {all} are among four"
    );
}
