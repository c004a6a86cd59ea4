//! Instructions of a single-process nginx between two marks, and how many of them are the module's.
//!
//! callgrind writes and forgets its counts when nginx opens its logs anew (`USR1`): one dump before the
//! requests that count and one after them leave start and stop out.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::process::Process;
use tlsdiag_e2e::require::{nginx_bin, program};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;

/// The module's callback for messages.
const MESSAGE_CALLBACK: &str = "::hook::message::observe";

/// What something took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    /// Instructions of the process.
    pub(crate) all: f64,
    /// Those of them between a call into the module and its return.
    pub(crate) inside: f64,
    /// Those of `inside` in OpenSSL's message callback: the same for every handshake that went alike.
    pub(crate) messages: f64,
    /// Calls into the module.
    pub(crate) calls: f64,
    /// Its own calls of nginx's mutexes in shared memory.
    pub(crate) locks: f64,
}

/// nginx under callgrind.
pub(crate) struct Counted {
    nginx: Process,
    prefix: TempDir,
    port: u16,
    dumps: usize,
}

impl Counted {
    /// Starts it in one process and waits until it takes connections.
    pub(crate) fn start(mut config: Config) -> Counted {
        config.single = true;
        let prefix = TempDir::new("bench");
        let path = prefix.write("nginx.conf", config.render(prefix.path()));
        let mut command = Command::new(program("valgrind", "valgrind"));
        command
            .args(["--tool=callgrind", "--quiet"])
            .args(["--compress-strings=no", "--compress-pos=no"])
            .arg("--dump-before=ngx_reopen_files")
            .arg(format!(
                "--callgrind-out-file={}",
                prefix.file("counts").display()
            ))
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
        Counted {
            nginx,
            prefix,
            port,
            dumps: 0,
        }
    }

    /// What each of so many requests took.
    pub(crate) fn each(&mut self, requests: u32, ask: impl Fn()) -> Count {
        self.mark();
        (0..requests).for_each(|_| ask());
        let counts = self.mark();
        let requests = f64::from(requests);
        Count {
            all: counts.all / requests,
            inside: counts.inside / requests,
            messages: counts.messages / requests,
            calls: counts.calls / requests,
            locks: counts.locks / requests,
        }
    }

    /// The same of whichever part of them took the least inside the module: what it does now and then is in
    /// the others.
    pub(crate) fn least(&mut self, parts: u32, requests: u32, ask: impl Fn()) -> Count {
        let counts = (0..parts).map(|_| self.each(requests, &ask));
        let least = counts.min_by(|one, other| one.inside.total_cmp(&other.inside));
        least.unwrap_or_default()
    }

    /// A file below the prefix.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.prefix.file(name)
    }

    /// The counts written last.
    pub(crate) fn dump(&self) -> PathBuf {
        self.prefix.file(&format!("counts.{}", self.dumps))
    }

    /// What was counted since the last mark.
    fn mark(&mut self) -> Count {
        self.dumps += 1;
        let dump = self.dump();
        self.nginx.signal(libc::SIGUSR1);
        wait::until("callgrind's counts", || {
            self.nginx.assert_alive();
            if let Some(counts) = read(&dump) {
                return Some(counts);
            }
            // A signal that comes just before nginx waits for events wakes nobody: connections do.
            let _ = TcpStream::connect(("127.0.0.1", self.port));
            None
        })
    }
}

/// Whose code a function is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Module,
    Nginx,
    Other,
}

impl Owner {
    fn of(object: &str) -> Owner {
        let file = Path::new(object).file_name().unwrap_or_default();
        match file.to_str() {
            Some(name) if name.starts_with("ngx_upstream_tls_diag") => Owner::Module,
            _ if Path::new(object) == nginx_bin() => Owner::Nginx,
            _ => Owner::Other,
        }
    }
}

/// A dump, once it is complete: it ends in its total. The format is that of valgrind's manual, without
/// its abbreviations; what a call took stands on the line after it.
fn read(dump: &Path) -> Option<Count> {
    let text = std::fs::read_to_string(dump).ok()?;
    let total = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("totals: "));
    let mut count = Count {
        all: total?.trim().parse().expect("callgrind says its total"),
        ..Count::default()
    };
    let (mut from, mut to, mut called) = (Owner::Other, None, "");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        match key {
            "ob" => from = Owner::of(value),
            "cob" => to = Some(Owner::of(value)),
            "cfn" => called = value,
            "calls" => {
                let first = |text: &str| text.split(' ').next()?.parse::<f64>().ok();
                let calls = first(value).expect("a number of calls");
                let cost = lines.next().and_then(|line| line.split(' ').nth(1));
                let cost: f64 = cost.and_then(|cost| cost.parse().ok()).expect("a cost");
                match (from, to.take().unwrap_or(from)) {
                    (Owner::Module, Owner::Module) => {}
                    (Owner::Module, _) if called.starts_with("ngx_shmtx_") => count.locks += calls,
                    (_, Owner::Module) => {
                        count.inside += cost;
                        if called.ends_with(MESSAGE_CALLBACK) {
                            count.messages += cost;
                        }
                        count.calls += calls;
                    }
                    (Owner::Module, Owner::Nginx) if would_be_called_anyway(called) => {
                        count.inside -= cost;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Some(count)
}

/// nginx's own callbacks and filters, which the module calls on. They are static, so a stripped nginx
/// has no name for them.
fn would_be_called_anyway(function: &str) -> bool {
    function.starts_with("0x") || function.ends_with("_filter") || function.ends_with("_callback")
}
