//! A peer decides what its chain costs to verify, and may send another with every connection. The
//! worker pays what stock nginx pays, and little more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tlsdiag_e2e::certs::hostile::{long_exponents, long_keys, many_names, varied};
use tlsdiag_e2e::certs::Identity;
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{Lab, API};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::process::cpu_ticks;

/// Chains that take turns.
const CHAINS: u8 = 12;
/// Runs without and with the module, in turns, so that both meet what else the machine does: so many, and
/// more where a library makes little of such chains.
const ROUNDS: usize = 4;
const MAX_ROUNDS: usize = 200;
/// Processor time of the worker that can be compared.
const ENOUGH_TICKS: u64 = 30;
/// With the module, of what it is without.
const MAX_RATIO: f64 = 1.5;

/// What hostile requests cost so far.
#[derive(Default)]
struct Paid {
    /// Processor time of the worker.
    ticks: u64,
    /// How long another client waited for each of its own requests.
    neighbour: Vec<Duration>,
}

impl Paid {
    /// The mean: a request waits for a hostile one or it does not, and the median jumps from one to the
    /// other where the worker is busy half of the time.
    fn neighbour_waits(&self) -> Duration {
        let all: Duration = self.neighbour.iter().sum();
        all / u32::try_from(self.neighbour.len()).unwrap_or(u32::MAX)
    }
}

/// One test at a time: what a neighbour waits for is measured.
static ALONE: Mutex<()> = Mutex::new(());

struct Attack {
    _alone: MutexGuard<'static, ()>,
    _peers: Vec<Peer>,
    _lab: Lab,
    stock: Nginx,
    with: Nginx,
}

impl Attack {
    /// nginx with this verify depth in front of variations of a chain, without the module and with it.
    fn with(chain: &Identity, depth: u32) -> Attack {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let lab = Lab::new();
        let start = |by| lab.with(varied(chain, by)).start();
        let peers: Vec<_> = (1..=CHAINS).map(start).collect();
        let server = |peer: &Peer| format!("server 127.0.0.1:{} max_fails=0;", peer.port());
        let servers: String = peers.iter().map(server).collect();
        let hostile = format!(
            "proxy_pass https://rotating; proxy_next_upstream off; proxy_ssl_session_reuse off; \
             proxy_ssl_verify_depth {depth}; {}",
            lab.verify_name()
        );
        let nginx = |module| {
            let config = Config::new()
                .module(module)
                .http(&format!("upstream rotating {{ {servers} }}"))
                .location("/neighbour", "return 204;")
                .location("/hostile", &hostile);
            Nginx::start(config)
        };
        Attack {
            _alone: alone,
            stock: nginx(Module::Absent),
            with: nginx(Module::Ours),
            _peers: peers,
            _lab: lab,
        }
    }

    /// Lets so many requests fail on each side. What they cost without the module and with it.
    fn run(self, requests: usize) -> (Paid, Paid) {
        let (mut stock, mut with) = (Paid::default(), Paid::default());
        let mut rounds = 0;
        while rounds < ROUNDS || (stock.ticks < ENOUGH_TICKS && rounds < MAX_ROUNDS) {
            pay(&self.stock, requests, &mut stock);
            pay(&self.with, requests, &mut with);
            rounds += 1;
        }
        let finished = self.with.finish();
        let diagnosed = finished.log.ours();
        assert_eq!(diagnosed.len(), rounds * requests);
        let right = |line: &str| line.contains("upstream_tls[certificate_");
        assert!(diagnosed.iter().all(|line| right(&line.raw)));
        assert_eq!(self.stock.finish().log.native().len(), rounds * requests);
        (stock, with)
    }

    fn costs_little_more_than_without_the_module(self, requests: usize) {
        let (stock, with) = self.run(requests);
        compare_time(&stock, &with);
        let (stock, with) = (stock.neighbour_waits(), with.neighbour_waits());
        let told = format!("a neighbour waits {stock:?} without the module and {with:?} with it");
        assert!(with <= stock.mul_f64(MAX_RATIO), "{told}");
    }
}

fn compare_time(stock: &Paid, with: &Paid) {
    let (stock, with) = (stock.ticks, with.ticks);
    let told = format!("{stock} ticks without the module and {with} with it");
    assert!(stock >= ENOUGH_TICKS, "too little to compare: {told}");
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let ratio = with as f64 / stock as f64;
    assert!(ratio <= MAX_RATIO, "{told}");
}

/// So many requests, one after the other, while a neighbour asks for something else.
fn pay(nginx: &Nginx, requests: usize, paid: &mut Paid) {
    let (port, worker) = (nginx.port(), nginx.workers()[0]);
    let done = AtomicBool::new(false);
    let before = cpu_ticks(worker);
    std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            let mut waits = Vec::new();
            while !done.load(Ordering::Acquire) {
                let begun = Instant::now();
                assert_eq!(client::get(port, "/neighbour").status, 204);
                waits.push(begun.elapsed());
                std::thread::sleep(Duration::from_millis(3));
            }
            waits
        });
        for _ in 0..requests {
            assert_eq!(client::get(port, "/hostile").status, 502);
        }
        done.store(true, Ordering::Release);
        paid.neighbour.extend(neighbour.join().unwrap());
    });
    paid.ticks += cpu_ticks(worker) - before;
}

#[test]
fn long_exponents_at_the_usual_depth() {
    Attack::with(&long_exponents(API), 1).costs_little_more_than_without_the_module(24);
}

#[test]
fn long_exponents_at_depth_nine() {
    Attack::with(&long_exponents(API), 9).costs_little_more_than_without_the_module(12);
}

#[test]
fn many_names_and_constraints_at_the_usual_depth() {
    Attack::with(&many_names(API), 1).costs_little_more_than_without_the_module(24);
}

#[test]
fn many_names_and_constraints_at_depth_nine() {
    Attack::with(&many_names(API), 9).costs_little_more_than_without_the_module(12);
}

/// Nothing is wrong with these: they are verified again until the worker's budget is spent. A neighbour
/// waits for one handshake of a millisecond or for none, so that nothing of its own is compared.
#[test]
fn many_long_keys() {
    let (stock, with) = Attack::with(&long_keys(API), 1).run(120);
    compare_time(&stock, &with);
}
