//! `make soak`: 100,000 failing handshakes and 100,000 good ones through one nginx, with reloads and
//! log rotations among them. One line and one document for every failure, none for the good ones,
//! no crash, and a worker that is no larger at the end than at the beginning.
//!
//! Rounds of 10,000 requests. The first shows what a worker needs, then come rounds with reloads,
//! then as many in which one worker does everything: what it does not give back, it has at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tlsdiag_e2e::causes::{Cause, Setup};
use tlsdiag_e2e::client;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::lab::{Lab, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::{self, text};
use tlsdiag_e2e::observe::{Diagnosed, Log};
use tlsdiag_e2e::peers::{Peer, Version};
use tlsdiag_e2e::process::{read_lossy, resident};
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

fn main() {
    let (scene, config, _upstreams) = Scene::new();
    let mut nginx = Nginx::start(config);
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

/// Requests that fail: the path, the cause as the table has it, and who is to meet it.
const CAUSES: [(&str, &str, &str, Family); 10] = [
    ("/plain", "plaintext_upstream", PLAIN, Family::Proxy),
    ("/uwsgi", "plaintext_upstream", PLAIN, Family::Uwsgi),
    ("/stream", "plaintext_upstream", PLAIN, Family::Stream),
    ("/closes", "peer_closed", AT_ONCE, Family::Proxy),
    ("/silent", "handshake_timeout", AT_ONCE, Family::Proxy),
    ("/old", "protocol_version_mismatch", OLDER, Family::Proxy),
    (
        "/demands",
        "client_certificate_required",
        "none given",
        Family::Proxy,
    ),
    (
        "/expired",
        "certificate_expired",
        "two days ago",
        Family::Proxy,
    ),
    (
        "/name",
        "certificate_hostname_mismatch",
        ADDRESS,
        Family::Proxy,
    ),
    (
        "/chain",
        "certificate_chain_incomplete",
        "one intermediate",
        Family::Proxy,
    ),
];
const PLAIN: &str = "HTTP with an empty answer";
const AT_ONCE: &str = "after the ClientHello";
const OLDER: &str = "upstream TLS 1.2 only, nginx 1.3 only";
const ADDRESS: &str = "address compared, IP SAN there";
const FRESH: &str = "proxy_ssl_session_reuse off;";

/// A request that fails, and the name its diagnosis must have.
struct Failing {
    path: &'static str,
    name: &'static str,
    /// Where stream listens for it.
    door: Option<u16>,
}

/// What the scene lives on.
type Upstreams = (Vec<(Lab, Setup)>, Lab, [Peer; 2]);

struct Scene {
    failing: Vec<Failing>,
    good: Vec<(&'static str, String)>,
}

impl Scene {
    /// The scene, nginx in front of it, and the upstreams it lives on.
    fn new() -> (Scene, Config, Upstreams) {
        let mut config = Config::new().module(Module::Ours).server(PROTOCOLS);
        config.log_level = "notice".to_owned();
        let (mut failing, mut set_up) = (Vec::new(), Vec::new());
        for (path, name, words, family) in CAUSES {
            let version = (words == OLDER).then_some(Version::Tls12);
            let (lab, setup) = Cause::find(name, words).set_up(family, version);
            // Whatever a session brings is another cause, and a silence is short.
            let mut more = vec![family.directive(FRESH)];
            if name == "handshake_timeout" {
                more.push("proxy_connect_timeout 20ms;".to_owned());
            }
            let location = fix::paste(&setup.location, &more);
            config = setup.configure(config, path, &[], &location);
            let door = setup.door();
            failing.push(Failing { path, name, door });
            set_up.push((lab, setup));
        }
        let lab = Lab::new();
        let old = lab.good().versions(Version::Tls12, Version::Tls12).start();
        let peers = [lab.good().start(), old];
        let [healthy, old] = [&peers[0], &peers[1]].map(Peer::pass);
        let verified = format!("{healthy}{}{FRESH}", lab.verify_name());
        let good = vec![
            ("/resumed", healthy.clone()),
            ("/full", healthy + FRESH),
            ("/verified", verified),
            ("/older", old + FRESH),
        ];
        for (path, location) in &good {
            config = config.location(path, location);
        }
        (Scene { failing, good }, config, (set_up, lab, peers))
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
                    fail(port, &self.failing[index % self.failing.len()]);
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
        let sent = (0..EACH).map(|index| self.failing[index % self.failing.len()].name);
        count(sent.map(str::to_owned))
    }
}

fn fail(http: u16, failing: &Failing) {
    let path = failing.path;
    let status = client::get(failing.door.unwrap_or(http), path).status;
    match failing.door {
        Some(_) => assert_eq!(status, 0, "{path}"),
        None => assert!(matches!(status, 400 | 502 | 504), "{status} for {path}"),
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
