//! Handshakes with which nothing is wrong: every stack, both versions, full and resumed, kept alive,
//! verified, with a client certificate.

use std::fmt::Write;

use tlsdiag_e2e::causes::{self, ALL, DEMANDING};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{block, Lab, KEEP, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::{Stack, Version};
use tlsdiag_e2e::process::read_lossy;

use super::Count;

/// Requests to each location. Every one is a handshake of its own, unless the connection is kept.
const EACH: usize = 8;

/// The location that keeps its connection.
const KEPT: &str = "kept";

/// Those that keep a connection open when asked to.
const KEEPING: &[Stack] = &[Stack::Nginx, Stack::HaProxy, Stack::Apache];

/// What nginx's access log says of each request: version, resumed or not, location.
const FORMAT: &str =
    "log_format handshake '$upstream_tls_protocol $upstream_tls_session_reused $uri';";

pub(super) fn run() -> Vec<Count> {
    let mut tally = Tally::default();
    let mut counts = Vec::new();
    for stack in ALL {
        let mut events = 0;
        let mut lines = 0;
        for version in [Version::Tls12, Version::Tls13] {
            let count = handshakes(*stack, version, &mut tally);
            events += count.events;
            lines += count.lines;
        }
        counts.push(Count {
            what: format!("{} ({})", causes::stack(Some(*stack)), tally.take()),
            events,
            lines,
        });
    }
    counts
}

/// One nginx, one location for each way to shake hands.
fn handshakes(stack: Stack, version: Version, tally: &mut Tally) -> Count {
    let lab = Lab::at(stack, version);
    let peer = lab.good().start();
    let demanding = DEMANDING.contains(&stack).then(|| lab.demanding().start());
    let mut ways = vec![
        ("resuming", peer.port(), String::new()),
        (
            "fresh",
            peer.port(),
            "proxy_ssl_session_reuse off;".to_owned(),
        ),
        (
            "verified",
            peer.port(),
            "proxy_ssl_server_name on;".to_owned() + &lab.verify_name(),
        ),
    ];
    if KEEPING.contains(&stack) {
        ways.push((KEPT, peer.port(), KEEP.to_owned()));
    }
    if let Some(peer) = &demanding {
        ways.push(("certified", peer.port(), lab.present("client")));
    }
    let mut config = Config::new()
        .module(Module::Ours)
        .http(FORMAT)
        .server(&format!(
            "access_log handshakes.log handshake;\n{PROTOCOLS}"
        ));
    for (way, port, settings) in &ways {
        // A block of its own: sessions are kept by block, and so is what verification said of them.
        let keepalive = if *way == KEPT { "keepalive 4;" } else { "" };
        config = config.http(&block(way, &[*port], keepalive)).location(
            &format!("= /{way}"),
            &format!("proxy_pass https://{way};\n{settings}"),
        );
    }
    let nginx = Nginx::start(config);
    for (way, ..) in &ways {
        for _ in 0..EACH {
            let status = client::get(nginx.port(), &format!("/{way}")).status;
            assert_eq!(
                status,
                200,
                "{stack:?} {version:?} {way}: {}",
                nginx.log().text
            );
        }
    }
    let handshakes = tally.add(&read_lossy(&nginx.file("handshakes.log")));
    Count::of("healthy", handshakes, &nginx.finish())
}

/// What the access logs came to.
#[derive(Default)]
struct Tally {
    tls12: usize,
    tls13: usize,
    resumed: usize,
    /// Requests over a connection that was kept.
    kept: usize,
}

impl Tally {
    /// Adds one log; how many handshakes it tells of.
    fn add(&mut self, log: &str) -> usize {
        let before = self.tls12 + self.tls13;
        let mut connected = false;
        for line in log.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let [version, reused, way] = words[..] else {
                panic!("in the access log: {line}");
            };
            // The variables tell of the handshake that made the connection.
            if way.ends_with(KEPT) && std::mem::replace(&mut connected, true) {
                self.kept += 1;
                continue;
            }
            match version {
                "TLSv1.2" => self.tls12 += 1,
                "TLSv1.3" => self.tls13 += 1,
                other => panic!("a handshake of version {other}"),
            }
            self.resumed += usize::from(reused == "r");
        }
        self.tls12 + self.tls13 - before
    }

    fn take(&mut self) -> String {
        let tally = std::mem::take(self);
        let mut text = format!(
            "TLS 1.2: {}, TLS 1.3: {}, of these resumed: {}",
            tally.tls12, tally.tls13, tally.resumed
        );
        if tally.kept > 0 {
            let _ = write!(text, "; requests on kept connections: {}", tally.kept);
        }
        text
    }
}
