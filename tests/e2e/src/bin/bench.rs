//! `make bench`: what the module costs, in instructions of the worker (callgrind).
//!
//! One figure is the slope between two run lengths, so start and stop cancel out; the ratio of the
//! slopes with and without the module is what the module adds. No seconds are measured: instruction
//! counts do not depend on what else the machine does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong should stop"
)]

use std::net::TcpStream;
use std::process::Command;

use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream, Version};
use tlsdiag_e2e::process::Process;
use tlsdiag_e2e::require::{nginx_bin, program};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

/// Requests of the short and the long run.
const SHORT: u32 = 50;
const LONG: u32 = 250;
/// What the project promises.
const MAX_SUCCESS: f64 = 1.003;
const MAX_FAILURE: f64 = 1.5;

fn main() {
    let root = Authority::root("Example Root");
    let identity = root.issue(&Leaf::named("api.example.test"));
    let healthy = Upstream::new(Stack::OpenSsl, identity).versions(Version::Tls13, Version::Tls13);
    let healthy = healthy.start();
    let refusing = scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    });

    let success = ratio("full TLS 1.3 handshake, proxied", &healthy, 200);
    let failure = ratio("refused handshake, line and JSON written", &refusing, 502);
    assert!(
        success <= MAX_SUCCESS,
        "the success path costs {success:.4} > {MAX_SUCCESS}"
    );
    assert!(
        failure <= MAX_FAILURE,
        "a failing request costs {failure:.4} > {MAX_FAILURE}"
    );
}

/// Instructions a request with the module over those without.
fn ratio(title: &str, peer: &Peer, status: u16) -> f64 {
    let stock = slope(Module::Absent, peer, status);
    let with = slope(Module::Ours, peer, status);
    let ratio = with / stock;
    println!("{title}: {stock:.0} instructions without, {with:.0} with the module: {ratio:.4}");
    ratio
}

fn slope(module: Module, peer: &Peer, status: u16) -> f64 {
    let (short, long) = (
        measure(module, peer, status, SHORT),
        measure(module, peer, status, LONG),
    );
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let difference = (long - short) as f64;
    difference / f64::from(LONG - SHORT)
}

/// Runs nginx in one process under callgrind and returns the instructions of the whole run.
fn measure(module: Module, peer: &Peer, status: u16, requests: u32) -> u64 {
    let location = format!(
        "proxy_pass https://127.0.0.1:{}; proxy_ssl_protocols TLSv1.3; proxy_ssl_session_reuse off;",
        peer.port()
    );
    let mut config = Config::new().module(module).location("/", &location);
    config.main = "master_process off;".to_owned();
    let prefix = TempDir::new("bench");
    let path = prefix.write("nginx.conf", config.render(prefix.path()));
    let counts = prefix.file("callgrind.out");
    let mut command = Command::new(program("valgrind", "valgrind"));
    command
        .args(["--tool=callgrind", "--quiet"])
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(nginx_bin())
        .args(["-e", "stderr", "-p"])
        .arg(prefix.path())
        .arg("-c")
        .arg(path);
    let mut nginx = Process::start(command, &prefix.file("stderr.txt"));
    let port = config.port.number();
    wait::until("nginx under callgrind", || {
        nginx.assert_alive();
        TcpStream::connect(("127.0.0.1", port)).ok()
    });
    for _ in 0..requests {
        assert_eq!(client::get(port, "/").status, status);
    }
    nginx.signal(libc::SIGQUIT);
    // A signal that comes just before nginx waits for events wakes nobody: connections do.
    let ended = wait::until("nginx to end", || {
        let _ = TcpStream::connect(("127.0.0.1", port));
        nginx.exit_status()
    });
    assert!(ended.success(), "{ended}: {}", nginx.output());
    let counts = std::fs::read_to_string(counts).expect("callgrind wrote its counts");
    let total = counts
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    total
        .and_then(|total| total.trim().parse().ok())
        .expect("callgrind says its total")
}
