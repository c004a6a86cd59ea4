//! Starting, signalling, stopping.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::Config;
use crate::client;
use crate::observe::{json, Log};
use crate::process::{children, read_lossy, send_signal, Process};
use crate::require::Build;
use crate::tempdir::TempDir;
use crate::wait;

/// A running nginx. On drop it is stopped, and its error.log must hold no trouble.
#[derive(Debug)]
pub struct Nginx {
    process: Process,
    /// What it was started with, or reloaded to.
    pub config: Config,
    prefix: TempDir,
    expected: Vec<String>,
    checked: bool,
}

/// What a stopped nginx left behind.
#[derive(Debug)]
pub struct Finished {
    /// error.log.
    pub log: Log,
    /// The JSON log, every document valid.
    pub documents: Vec<Value>,
    /// The same documents as written.
    pub json: Vec<String>,
    /// nginx.conf as it was last.
    pub config: String,
}

impl Nginx {
    /// Starts nginx; one that does not come up stops the test with what it said.
    pub fn start(config: Config) -> Nginx {
        Nginx::try_start(config).unwrap_or_else(|said| panic!("nginx did not start: {said}"))
    }

    /// Starts nginx and waits until it accepts connections; the error is what it said.
    pub fn try_start(config: Config) -> Result<Nginx, String> {
        let prefix = TempDir::new("nginx");
        let mut command = command(&config, &prefix);
        command.envs(config.environment.iter().map(|(k, v)| (k, v)));
        let mut process = Process::start(command, &prefix.file("stderr.txt"));
        let port = config.port.number();
        let logs_notices = ["notice", "info", "debug"].contains(&config.log_level.as_str());
        let came_up = wait::until("nginx to accept connections", || {
            if process.exit_status().is_some() {
                return Some(false);
            }
            // The sockets listen before the first worker starts; a connection would count as one. (The
            // words "start worker processes" come before there is any.)
            let up = if logs_notices && !config.single {
                read_lossy(&prefix.file("error.log")).contains("start worker process ")
            } else {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            };
            up.then_some(true)
        });
        if !came_up {
            return Err(process.output());
        }
        Ok(Nginx {
            process,
            config,
            prefix,
            expected: Vec::new(),
            checked: false,
        })
    }

    /// `nginx -t`: whether the configuration is good, and what nginx said.
    pub fn check(config: &Config) -> (bool, String) {
        let prefix = TempDir::new("check");
        let output = command(config, &prefix)
            .arg("-t")
            .output()
            .expect("nginx -t does not run");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// Port of the http server.
    pub fn port(&self) -> u16 {
        self.config.port.number()
    }

    /// A file below the prefix.
    pub fn file(&self, name: &str) -> PathBuf {
        self.prefix.file(name)
    }

    /// Process id of the master.
    pub fn master(&self) -> u32 {
        self.process.pid()
    }

    /// Process ids of the workers.
    pub fn workers(&self) -> Vec<u32> {
        children(self.master())
    }

    /// error.log so far.
    pub fn log(&self) -> Log {
        Log::parse(&read_lossy(&self.file("error.log")))
    }

    /// The JSON documents so far, every one valid.
    pub fn documents(&self) -> Vec<Value> {
        json::read(&self.file("upstream_tls.log"))
    }

    /// The lines of a file below the prefix, once it has so many.
    pub fn lines(&self, name: &str, count: usize) -> Vec<String> {
        wait::until(&format!("{count} lines in {name}"), || {
            let text = read_lossy(&self.file(name));
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            (lines.len() >= count && text.ends_with('\n')).then_some(lines)
        })
    }

    /// Waits until error.log holds a text.
    pub fn wait_for_log(&self, text: &str) {
        wait::until(&format!("{text:?} in error.log"), || {
            self.log().text.contains(text).then_some(())
        });
    }

    /// A request that fails: 502.
    #[track_caller]
    pub fn fail(&self, path: &str) {
        assert_eq!(client::get(self.port(), path).status, 502, "{path}");
    }

    /// Sends a signal to the master.
    pub fn signal(&self, signal: i32) {
        self.process.signal(signal);
    }

    /// Writes nginx.conf anew; nobody is told yet.
    pub fn rewrite(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
        self.prefix
            .write("nginx.conf", self.config.render(self.prefix.path()));
    }

    /// Lines with this text are no trouble in this test.
    pub fn expect_trouble(&mut self, text: &str) {
        self.expected.push(text.to_owned());
    }

    /// Reloads with a changed configuration, and waits until the new workers are alone. The error
    /// is what the master said; then the old workers go on.
    pub fn reload(&mut self, change: impl FnOnce(&mut Config)) -> Result<(), String> {
        self.rewrite(change);
        // nginx accepts connections before its first worker runs.
        let old = wait::until("nginx to have workers", || {
            Some(self.workers()).filter(|workers| !workers.is_empty())
        });
        let before = self.log().text.len();
        self.process.signal(libc::SIGHUP);
        wait::until("nginx to reload", || {
            self.process.assert_alive();
            let text = read_lossy(&self.prefix.file("error.log"));
            let news = text.get(before..).unwrap_or_default();
            if news.contains("[emerg]") {
                return Some(Err(news.to_owned()));
            }
            let now = children(self.process.pid());
            (!now.is_empty() && now.iter().all(|pid| !old.contains(pid))).then_some(Ok(()))
        })
    }

    /// Renames a log below the prefix to `<name>.1`, sends USR1 and waits until no process of this
    /// nginx holds the renamed file.
    pub fn rotate(&self, name: &str) {
        let renamed = self.file(&format!("{name}.1"));
        std::fs::rename(self.file(name), &renamed).expect("cannot rename a log");
        self.process.signal(libc::SIGUSR1);
        wait::until("nginx to reopen its logs", || {
            let mut everyone = self.workers();
            everyone.push(self.master());
            let holds = |pid: &u32| open_files(*pid).contains(&renamed);
            (!everyone.iter().any(holds) && self.file(name).exists()).then_some(())
        });
    }

    /// Kills a worker without mercy, for tests of what comes after.
    pub fn kill_worker(&self, pid: u32) {
        assert!(
            self.workers().contains(&pid),
            "{pid} is no worker of this nginx"
        );
        send_signal(pid, libc::SIGKILL);
    }

    /// Stops gracefully, checks that no trouble is in the logs, returns what is left behind.
    pub fn finish(mut self) -> Finished {
        self.process.signal(libc::SIGQUIT);
        let status = wait::until("nginx to end", || {
            if self.config.single {
                // A signal that comes just before a single process waits for events wakes nobody.
                self.process.signal(libc::SIGQUIT);
            }
            self.process.exit_status()
        });
        let log = self.log();
        assert!(status.success(), "nginx ended with {status}:\n{}", log.text);
        self.assert_no_trouble();
        Finished {
            log,
            documents: self.documents(),
            json: read_lossy(&self.file("upstream_tls.log"))
                .lines()
                .map(str::to_owned)
                .collect(),
            config: read_lossy(&self.file("nginx.conf")),
        }
    }

    fn assert_no_trouble(&mut self) {
        self.checked = true;
        let both = format!(
            "{}\n{}",
            read_lossy(&self.file("error.log")),
            self.process.output()
        );
        let log = Log::parse(&both);
        let expected = |line: &str| self.expected.iter().any(|text| line.contains(text));
        let troubles: Vec<&str> = log
            .troubles()
            .into_iter()
            .filter(|l| !expected(l))
            .collect();
        assert!(
            troubles.is_empty(),
            "nginx met trouble:\n{}",
            troubles.join("\n")
        );
    }

    fn stop(&mut self) {
        for signal in [libc::SIGTERM, libc::SIGKILL] {
            if self.process.exit_status().is_some() {
                return;
            }
            let workers = self.workers();
            self.process.signal(signal);
            if signal == libc::SIGKILL {
                workers.iter().for_each(|pid| send_signal(*pid, signal));
            }
            let limit = std::time::Duration::from_secs(5);
            wait::poll(limit, || self.process.exit_status());
        }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = read_lossy(&self.file("error.log"));
            eprintln!("--- nginx.conf\n{}", read_lossy(&self.file("nginx.conf")));
            eprintln!(
                "--- stderr\n{}\n--- error.log\n{log}---",
                self.process.output()
            );
        } else if !self.checked {
            self.assert_no_trouble();
        }
    }
}

pub(super) fn command(config: &Config, prefix: &TempDir) -> Command {
    let file = prefix.write("nginx.conf", config.render(prefix.path()));
    let mut command = Command::new(&config.binary);
    command.arg("-p").arg(prefix.path()).arg("-c").arg(file);
    // An older one has no choice but to open the log of its build first, too.
    if Build::get().version >= (1, 19, 5) {
        command.args(["-e", "stderr"]);
    }
    command
}

fn open_files(pid: u32) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .collect()
}
