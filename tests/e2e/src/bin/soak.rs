//! `make soak`: 100,000 failing handshakes and 100,000 good ones through one nginx, with reloads and
//! log rotations among them. One line and one document for every failure, none for the good ones,
//! no crash, and a worker that is no larger at the end than at the beginning.
//!
//! Rounds of 10,000 requests. The first shows what a worker needs, then come rounds with reloads,
//! then as many in which one worker does everything: what it does not give back, it has at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client::{self, Response};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::{self, text};
use tlsdiag_e2e::observe::{Diagnosed, Log};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::process::{read_lossy, resident};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

const ROUNDS: usize = 20;
/// Failing requests of a round, and good ones.
const EACH: usize = 5_000;
/// The rounds in which nginx is reloaded, and how often in each.
const RELOADING: std::ops::Range<usize> = 1..10;
const RELOADS: usize = 12;
const CLIENTS: usize = 4;
/// How much larger the worker may be at the end than after the first round.
const MAX_GROWTH: f64 = 1.05;

const API: &str = "api.example.test";
/// `Path` of a request that goes through stream.
const STREAM: &str = "stream";

fn main() {
    let (scene, _peers) = Scene::new();
    let mut nginx = Nginx::start(scene.config());
    println!("| round | reloads | failures | master, KiB | worker, KiB |");
    println!("|---|---|---|---|---|");
    let mut sizes = Vec::new();
    let (mut failures, mut reloads) = (0, 0);
    for round in 0..ROUNDS {
        let wanted = if RELOADING.contains(&round) {
            RELOADS
        } else {
            0
        };
        let sent = scene.round(&mut nginx, wanted);
        check(&nginx, &sent);
        failures += sent.values().sum::<usize>();
        reloads += wanted;
        let workers = nginx.workers();
        assert_eq!(workers.len(), 1, "one worker is left");
        let (master, worker) = (resident(nginx.master()), resident(workers[0]));
        println!(
            "| {} | {wanted} | {failures} | {master} | {worker} |",
            round + 1
        );
        sizes.push(worker);
    }
    let finished = nginx.finish();
    assert!(finished.log.ours().is_empty(), "lines after the last round");
    let (first, last) = (f64::from(sizes[0]), f64::from(sizes[ROUNDS - 1]));
    println!(
        "\n{failures} failing and {} good handshakes, {reloads} reloads: a line and a document for \
         each failure, none for the others; the worker ends at {:.3} of its first size",
        ROUNDS * EACH,
        last / first
    );
    assert!(
        last <= first * MAX_GROWTH,
        "the worker grew from {first} to {last} KiB"
    );
}

/// A request that fails and the name its diagnosis must have.
struct Cause {
    path: &'static str,
    name: &'static str,
    location: String,
}

struct Scene {
    causes: Vec<Cause>,
    good: Vec<(&'static str, String)>,
    /// Where stream listens, and what for.
    stream: (Port, String),
    _files: TempDir,
}

impl Scene {
    /// The scene and the upstreams it lives on.
    fn new() -> (Scene, Vec<Peer>) {
        let (root, other) = (
            Authority::root("Example Root"),
            Authority::root("Another Root"),
        );
        let files = TempDir::new("soak");
        let trusted = root.write(files.path(), "root").display().to_string();
        let verify = |file: &str, name: &str| {
            format!(
                "proxy_ssl_verify on; proxy_ssl_trusted_certificate {file}; proxy_ssl_name {name}; \
                 proxy_ssl_session_reuse off;"
            )
        };

        let on_openssl = |leaf: &Leaf| Upstream::new(Stack::OpenSsl, root.issue(leaf));
        let leaf = Leaf::named(API);
        let healthy = on_openssl(&leaf).start();
        let old = on_openssl(&leaf)
            .versions(Version::Tls12, Version::Tls12)
            .start();
        let expired = on_openssl(&Leaf::named(API).valid(-20, -2)).start();
        let issuing = root.intermediate("Example Issuing CA");
        let bare = issuing.issue(&leaf).without_chain();
        let bare = Upstream::new(Stack::OpenSsl, bare).start();
        let demanding = on_openssl(&leaf).demand_client(&other).start();
        let plain = scripted::start(Script::PlainHttp);
        let closing = scripted::start(Script::CloseAfterHello);
        let silent = scripted::start(Script::Silence);
        let pass = |peer: &Peer, settings: &str| {
            format!("proxy_pass https://127.0.0.1:{}; {settings}", peer.port())
        };

        let causes = [
            ("/plain", "plaintext_upstream", pass(&plain, "")),
            ("/closes", "peer_closed", pass(&closing, "")),
            (
                "/silent",
                "handshake_timeout",
                pass(&silent, "proxy_connect_timeout 20ms;"),
            ),
            (
                "/old",
                "protocol_version_mismatch",
                pass(&old, "proxy_ssl_protocols TLSv1.3;"),
            ),
            (
                "/demands",
                "client_certificate_required",
                pass(&demanding, ""),
            ),
            (
                "/expired",
                "certificate_expired",
                pass(&expired, &verify(&trusted, API)),
            ),
            (
                "/name",
                "certificate_hostname_mismatch",
                pass(&healthy, &verify(&trusted, "other.example.test")),
            ),
            (
                "/chain",
                "certificate_chain_incomplete",
                pass(&bare, &verify(&trusted, API)),
            ),
            (
                "/uwsgi",
                "plaintext_upstream",
                format!("uwsgi_pass suwsgi://127.0.0.1:{};", plain.port()),
            ),
        ];
        let mut causes: Vec<Cause> = causes
            .map(|(path, name, location)| Cause {
                path,
                name,
                location,
            })
            .into();
        causes.push(Cause {
            path: STREAM,
            name: "plaintext_upstream",
            location: String::new(),
        });
        let good = vec![
            ("/resumed", pass(&healthy, "")),
            ("/full", pass(&healthy, "proxy_ssl_session_reuse off;")),
            ("/verified", pass(&healthy, &verify(&trusted, API))),
            ("/older", pass(&old, "proxy_ssl_session_reuse off;")),
        ];
        let stream = (
            Port::reserve(),
            format!("proxy_ssl on; proxy_pass 127.0.0.1:{};", plain.port()),
        );
        let peers = vec![
            healthy, old, expired, bare, demanding, plain, closing, silent,
        ];
        let scene = Scene {
            causes,
            good,
            stream,
            _files: files,
        };
        (scene, peers)
    }

    fn config(&self) -> Config {
        let (port, stream) = &self.stream;
        let mut config = Config::new()
            .module(Module::Ours)
            .server("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
            .stream(&format!("server {{ listen 127.0.0.1:{port}; {stream} }}"));
        config.log_level = "notice".to_owned();
        let causes = self.causes.iter().filter(|cause| cause.path != STREAM);
        let locations = causes.map(|cause| (cause.path, &cause.location));
        for (path, location) in locations.chain(self.good.iter().map(|(p, l)| (*p, l))) {
            config = config.location(path, location);
        }
        config
    }

    /// Sends the requests of a round, failing and good ones in turn, while nginx is reloaded at even
    /// distances. How many failed, by the name of their cause.
    fn round(&self, nginx: &mut Nginx, reloads: usize) -> BTreeMap<String, usize> {
        let port = nginx.port();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= EACH {
                        break;
                    }
                    self.fail(port, &self.causes[index % self.causes.len()]);
                    let (path, _) = self.good[index % self.good.len()];
                    assert_eq!(client::get(port, path).status, 200, "{path}");
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            for turn in 1..=reloads {
                let mark = EACH * turn / (reloads + 1);
                let clients = "the clients to get on";
                wait::until(clients, || {
                    (done.load(Ordering::Relaxed) >= mark).then_some(())
                });
                nginx.reload(|_| {}).unwrap();
            }
        });
        let sent = (0..EACH).map(|index| self.causes[index % self.causes.len()].name);
        count(sent.map(str::to_owned))
    }

    fn fail(&self, port: u16, cause: &Cause) {
        if cause.path == STREAM {
            let answer = client::exchange(self.stream.0.number(), b"\r\n");
            assert_eq!(Response::parse(&answer).status, 0);
            return;
        }
        let status = client::get(port, cause.path).status;
        assert!(
            matches!(status, 400 | 502 | 504),
            "{status} for {}",
            cause.path
        );
    }
}

/// Takes both logs away and compares them with what was sent.
fn check(nginx: &Nginx, sent: &BTreeMap<String, usize>) {
    nginx.rotate("upstream_tls.log");
    nginx.rotate("error.log");
    let log = Log::parse(&read_lossy(&nginx.file("error.log.1")));
    let troubles = log.troubles();
    assert!(troubles.is_empty(), "nginx met trouble: {troubles:#?}");
    let lines = log.ours();
    let lines = lines
        .iter()
        .map(|line| Diagnosed::parse(line).unwrap().name);
    assert_eq!(&count(lines), sent, "lines of this round");
    let documents = json::read(&nginx.file("upstream_tls.log.1"));
    let documents = documents.iter().map(|d| text(d, "event/code").to_owned());
    assert_eq!(&count(documents), sent, "documents of this round");
}

fn count(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}
