//! A real nginx in the background. nginx heeds USR2 only there.
//!
//! Its master is not a child of the test, so that unlike [`super::Nginx`] it outlives a test that is
//! killed; one that fails stops it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use super::run::command;
use super::Config;
use crate::observe::{json, Log};
use crate::process::{children, read_lossy, send_signal};
use crate::tempdir::TempDir;
use crate::wait;

/// A running nginx, of one binary or, during an upgrade, of two.
#[derive(Debug)]
pub struct Daemon {
    config: Config,
    prefix: TempDir,
}

impl Daemon {
    /// Starts nginx and waits for its first worker.
    pub fn start(mut config: Config) -> Daemon {
        config.daemon = true;
        let prefix = TempDir::new("daemon");
        let said = File::create(prefix.file("stderr.txt")).expect("cannot create a file");
        let daemon = Daemon { config, prefix };
        let status = command(&daemon.config, &daemon.prefix)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .status()
            .expect("nginx does not run");
        let said = read_lossy(&daemon.prefix.file("stderr.txt"));
        assert!(status.success(), "nginx did not start: {said}");
        wait::until("nginx to have a worker", || {
            let master = daemon.pid("nginx.pid")?;
            (!children(master).is_empty()).then_some(())
        });
        daemon
    }

    /// Port of the http server.
    pub fn port(&self) -> u16 {
        self.config.port.number()
    }

    /// A file below the prefix.
    pub fn file(&self, name: &str) -> PathBuf {
        self.prefix.file(name)
    }

    /// error.log so far.
    pub fn log(&self) -> Log {
        Log::parse(&read_lossy(&self.file("error.log")))
    }

    /// The JSON documents so far, every one valid.
    pub fn documents(&self) -> Vec<serde_json::Value> {
        json::read(&self.file("upstream_tls.log"))
    }

    /// The master; during an upgrade the new one.
    pub fn master(&self) -> u32 {
        self.pid("nginx.pid").expect("nginx.pid holds a number")
    }

    /// USR2: starts a second binary beside this one. The old master and the new one, both with
    /// workers.
    pub fn upgrade(&self) -> (u32, u32) {
        let old = self.master();
        send_signal(old, libc::SIGUSR2);
        let new = wait::until("the new binary to have a worker", || {
            let new = self.pid("nginx.pid").filter(|new| *new != old)?;
            self.pid("nginx.pid.oldbin").filter(|pid| *pid == old)?;
            (!children(new).is_empty()).then_some(new)
        });
        (old, new)
    }

    /// Ends a master with this signal and waits until it is gone, and its name from the pid files.
    pub fn end(&self, master: u32, signal: i32) {
        send_signal(master, signal);
        wait::until("a master to end", || (!is_alive(master)).then_some(()));
        // The one that stays notices by SIGCHLD, or not at all when the old one left.
        wait::until("the pid file", || {
            self.pid("nginx.pid").filter(|pid| *pid != master)
        });
    }

    /// Stops it.
    pub fn end_all(&self) {
        let master = self.master();
        send_signal(master, libc::SIGQUIT);
        wait::until("nginx to end", || (!is_alive(master)).then_some(()));
    }

    /// Stops it, checks that there was no trouble, returns error.log and the documents.
    pub fn finish(self) -> (Log, Vec<serde_json::Value>) {
        self.end_all();
        let log = self.log();
        let said = Log::parse(&read_lossy(&self.file("stderr.txt")));
        let troubles = [log.troubles(), said.troubles()].concat();
        assert!(troubles.is_empty(), "nginx met trouble: {troubles:#?}");
        let documents = self.documents();
        (log, documents)
    }

    fn pid(&self, name: &str) -> Option<u32> {
        let text = fs::read_to_string(self.file(name)).ok()?;
        text.trim().parse().ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        for name in ["nginx.pid", "nginx.pid.oldbin"] {
            let Some(master) = self.pid(name).filter(|pid| is_alive(*pid)) else {
                continue;
            };
            let workers = children(master);
            send_signal(master, libc::SIGTERM);
            let limit = std::time::Duration::from_secs(5);
            if wait::poll(limit, || (!is_alive(master)).then_some(())).is_none() {
                for pid in [vec![master], workers].concat() {
                    send_signal(pid, libc::SIGKILL);
                }
            }
        }
        if std::thread::panicking() {
            eprintln!("--- error.log\n{}---", read_lossy(&self.file("error.log")));
        }
    }
}

/// Neither gone nor waiting for its parent to ask.
fn is_alive(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // pid (name) state
    let state = status.rsplit_once(") ").map(|(_, rest)| rest);
    state.is_some_and(|rest| !rest.starts_with(['Z', 'X']))
}
