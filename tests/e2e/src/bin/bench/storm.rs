//! A storm of failures: what one pinned worker gets through with the module, of what it does without.
//!
//! A worker that is never idle gets through as much as its processor time allows. So the time of the worker
//! alone is compared, in rounds that take turns: neither the clients nor the upstream can be what is slow,
//! and what else the machine does meets all alike.

use std::path::Path;
use std::time::Instant;

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;

use crate::table::Report;

const ROUNDS: usize = 31;
/// Failures of one round with each setting.
const EACH: usize = 600;
const CLIENTS: usize = 3;
/// Who writes as much as a line and a document are, and knows nothing.
const WRITING: &str = "nginx alone, with another `error_log` and 2 KB in its `access_log`";
/// Bytes of a usual document.
const DOCUMENT: usize = 2_000;
/// Who writes once a second.
const REPEATS: &str = "line and JSON, `upstream_tls_repeat 1s`";

/// One of those who take turns.
struct Contestant {
    title: &'static str,
    /// At least so much of what the worker does without the module: what was reached (docs/cost.md), and a
    /// margin for what else the machine does.
    target: f64,
    nginx: Nginx,
    /// Nanoseconds of the worker, round by round.
    paid: Vec<u64>,
}

impl Contestant {
    fn new(title: &'static str, target: f64, peer: &Peer, change: fn(&mut Config)) -> Contestant {
        let location = format!(
            "proxy_pass https://127.0.0.1:{}; proxy_ssl_session_reuse off;",
            peer.port()
        );
        let mut config = Config::new().location("/", &location);
        config.main.push_str("worker_cpu_affinity 01;");
        change(&mut config);
        Contestant {
            title,
            target,
            nginx: Nginx::start(config),
            paid: Vec::new(),
        }
    }

    fn round(&mut self) {
        let worker = self.nginx.workers()[0];
        let before = processor_ns(worker);
        let port = self.nginx.port();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| {
                    for _ in 0..EACH / CLIENTS {
                        assert_eq!(client::get(port, "/").status, 502);
                    }
                });
            }
        });
        self.paid.push(processor_ns(worker) - before);
    }

    /// Lines of the module in error.log.
    fn lines(&self) -> usize {
        self.nginx.log().ours().len()
    }

    /// Bytes that a failure left in the logs.
    fn bytes(&self) -> u64 {
        const LOGS: [&str; 4] = ["error.log", "upstream_tls.log", "second.log", "access.log"];
        let size = |name| std::fs::metadata(self.nginx.file(name)).map_or(0, |file| file.len());
        LOGS.into_iter().map(size).sum::<u64>() / (EACH * (ROUNDS + 1)) as u64
    }
}

/// The contestants; the first is nginx alone.
fn contestants(peer: &Peer) -> Vec<Contestant> {
    let stock = |config: &mut Config| config.module = Module::Absent;
    // What is written costs nginx the same, whoever makes it.
    let writing = |config: &mut Config| {
        config.module = Module::Absent;
        config.main.push_str("error_log second.log;\n");
        let document = "x".repeat(DOCUMENT);
        let format = format!("log_format document '{document}';\n");
        config.http.push_str(&format);
        config.server.push_str("access_log access.log document;\n");
    };
    let line = |config: &mut Config| {
        config.module = Module::Ours;
        config.json = false;
    };
    let document = |config: &mut Config| config.module = Module::Ours;
    let repeats = |config: &mut Config| {
        config.module = Module::Ours;
        let zone = "upstream_tls_zone zone=bench:1m; upstream_tls_repeat 1s;\n";
        config.http.push_str(zone);
    };
    vec![
        Contestant::new("nginx alone", 1.0, peer, stock),
        Contestant::new(WRITING, 0.0, peer, writing),
        Contestant::new("line", 0.78, peer, line),
        Contestant::new("line and JSON", 0.70, peer, document),
        Contestant::new(REPEATS, 0.95, peer, repeats),
    ]
}

/// Runs it and writes its table.
pub(crate) fn storm(report: &mut Report) {
    if !report.wants("storm of failures") {
        return;
    }
    let peer = scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    });
    let mut all = contestants(&peer);
    let began = Instant::now();
    all.iter_mut().for_each(Contestant::round);
    all.iter_mut().for_each(|one| one.paid.clear());
    for _ in 0..ROUNDS {
        all.iter_mut().for_each(Contestant::round);
    }
    report.head(&["storm of failures", "throughput", "bytes a failure"]);
    let alone = all[0].paid.clone();
    for one in &all {
        let rounds = alone.iter().zip(&one.paid);
        let ratio = median(rounds.map(|(alone, with)| *alone as f64 / *with as f64));
        report.row(one.title, &[format!("{ratio:.2}"), one.bytes().to_string()]);
        if ratio < one.target {
            let excess = format!("{}: {ratio:.2} < {:.2}", one.title, one.target);
            report.excesses.push(excess);
        }
    }
    report.text.push('\n');
    // A line and a number for each window, and the first.
    let seconds = usize::try_from(began.elapsed().as_secs()).expect("not that long");
    let most = 2 * (seconds + 2);
    let repeats = all.iter().find(|one| one.title == REPEATS);
    let lines = repeats.map_or(0, Contestant::lines);
    if lines > most {
        let excess = format!("{REPEATS}: {lines} lines > {most}");
        report.excesses.push(excess);
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a process has used of the processor: the first number of its `schedstat`.
fn processor_ns(pid: u32) -> u64 {
    let path = format!("/proc/{pid}/schedstat");
    let text = std::fs::read_to_string(Path::new(&path)).expect("a running worker");
    let first = text.split(' ').next();
    first
        .and_then(|first| first.parse().ok())
        .expect("a number of nanoseconds")
}
