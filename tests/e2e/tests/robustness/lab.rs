//! What these tests share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{healthy, refusing};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::peers::Peer;

/// One location that passes to `peer`, with the module.
pub(crate) fn with_module(peer: &Peer) -> Config {
    Config::new()
        .module(Module::Ours)
        .location("/", &peer.pass())
}

/// Two upstreams, of which one refuses, and clients that ask both all the time.
pub(crate) struct Load {
    bad: Peer,
    good: Peer,
}

impl Load {
    pub(crate) fn new() -> Self {
        Self {
            bad: refusing(),
            good: healthy(),
        }
    }

    /// A location for each.
    pub(crate) fn config(&self) -> Config {
        Config::new()
            .location("/bad", &self.bad.pass())
            .location("/good", &self.good.pass())
    }

    /// Two clients ask while `meanwhile` runs, and every answer is what it should be. How many of them
    /// failed.
    pub(crate) fn run(&self, port: u16, meanwhile: impl FnOnce()) -> usize {
        let (stop, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Acquire) {
                        assert_eq!(client::get(port, "/bad").status, 502);
                        failed.fetch_add(1, Ordering::AcqRel);
                        assert_eq!(client::get(port, "/good").status, 200);
                    }
                });
            }
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
            stop.store(true, Ordering::Release);
            ended.unwrap_or_else(|why| std::panic::resume_unwind(why));
        });
        failed.into_inner()
    }
}

/// Lets `meanwhile` deal with an nginx under [`Load`]. Every failure has one line and one document, in
/// `upstream_tls.log` or in what became of it, `rotated.log`. How many failed.
pub(crate) fn load(meanwhile: impl FnOnce(&mut Nginx)) -> usize {
    let load = Load::new();
    let mut nginx = Nginx::start(load.config().module(Module::Ours));
    let failed = load.run(nginx.port(), || meanwhile(&mut nginx));
    let rotated = json::read(&nginx.file("rotated.log")).len();
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), failed);
    assert_eq!(rotated + finished.documents.len(), failed);
    failed
}

/// The one line of README.md that begins so: a command that people copy.
pub(crate) fn readme_command(beginning: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "README.md"]
        .iter()
        .collect();
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = text.lines().filter(|line| line.starts_with(beginning));
    match (found.next(), found.next()) {
        (Some(line), None) => line.to_owned(),
        _ => panic!("README.md has not one line that begins {beginning:?}"),
    }
}
