//! Other processes than one master and its worker: another binary, a killed worker, no master.

use std::io::{Read, Write};

use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::nginx::{Config, Daemon, Nginx};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::process::children;
use tlsdiag_e2e::wait;

use super::lab::{pass, refusing, with_module};

/// USR2 starts a second binary beside the first; it goes again, then another one stays.
#[test]
fn another_binary_and_back() {
    let peer = refusing();
    let daemon = Daemon::start(with_module(&peer));
    let mut failed = 0;
    let mut fail = |times: usize| {
        for _ in 0..times {
            assert_eq!(client::get(daemon.port(), "/").status, 502);
        }
        failed += times;
    };
    fail(1);
    let (first, second) = daemon.upgrade();
    // The workers of both accept.
    fail(20);
    daemon.end(second, libc::SIGQUIT);
    assert_eq!(daemon.master(), first);
    fail(2);
    let (_, third) = daemon.upgrade();
    fail(20);
    daemon.end(first, libc::SIGQUIT);
    assert_eq!(daemon.master(), third);
    fail(2);
    let (log, documents) = daemon.finish();
    assert_eq!(log.ours().len(), failed, "{}", log.text);
    assert_eq!(documents.len(), failed);
}

/// WINCH takes the workers from the old binary and HUP gives them back, as the manual of nginx has
/// it for an upgrade that goes wrong.
#[test]
fn another_binary_with_the_old_workers_gone() {
    let peer = refusing();
    let daemon = Daemon::start(with_module(&peer));
    let (old, new) = daemon.upgrade();
    let fail = || assert_eq!(client::get(daemon.port(), "/").status, 502);
    tlsdiag_e2e::process::send_signal(old, libc::SIGWINCH);
    wait::until("the old workers to go", || {
        (children(old) == [new]).then_some(())
    });
    fail();
    tlsdiag_e2e::process::send_signal(old, libc::SIGHUP);
    wait::until("the old workers to come back", || {
        (children(old).len() == 2).then_some(())
    });
    daemon.end(new, libc::SIGQUIT);
    fail();
    let (log, documents) = daemon.finish();
    assert_eq!((log.ours().len(), documents.len()), (2, 2), "{}", log.text);
}

/// What was written stays whole, and the next worker goes on.
#[test]
fn a_killed_worker() {
    let (peer, silent) = (refusing(), scripted::start(Script::Silence));
    let mut nginx = Nginx::start(with_module(&peer).location("/slow", &pass(&silent)));
    nginx.expect_trouble("exited on signal 9");
    for round in 1..=5 {
        let mut slow = client::connect(nginx.port());
        write!(slow, "GET /slow HTTP/1.1\r\nHost: {HOST}\r\n\r\n").unwrap();
        assert_eq!(client::get(nginx.port(), "/").status, 502);
        let killed = nginx.workers()[0];
        nginx.kill_worker(killed);
        wait::until("another worker", || {
            nginx
                .workers()
                .iter()
                .any(|pid| *pid != killed)
                .then_some(())
        });
        // Reset or closed: the worker answers nothing any more.
        let mut answer = Vec::new();
        let _ = slow.read_to_end(&mut answer);
        assert!(answer.is_empty());
        assert_eq!(client::get(nginx.port(), "/").status, 502);
        assert_eq!(nginx.documents().len(), 2 * round);
    }
    assert_eq!(nginx.finish().log.ours().len(), 10);
}

fn single() -> Config {
    let config = with_module(&refusing());
    Config {
        single: true,
        ..config
    }
}

#[test]
fn a_single_process() {
    let peer = refusing();
    let nginx = Nginx::start(Config {
        single: true,
        ..with_module(&peer)
    });
    for _ in 0..5 {
        assert_eq!(client::get(nginx.port(), "/").status, 502);
    }
    nginx.rotate("upstream_tls.log");
    assert_eq!(client::get(nginx.port(), "/").status, 502);
    assert_eq!(nginx.documents().len(), 1);
    assert_eq!(nginx.finish().log.ours().len(), 6);
}

/// A single process keeps its old configurations for half a minute. (It serves no new connections
/// after a reload, with or without the module: nginx has this mode for development.)
#[test]
fn many_configurations_at_once() {
    let nginx = Nginx::start(single());
    for round in 1..=40 {
        nginx.signal(libc::SIGHUP);
        wait::until("the configuration to be read", || {
            // The signal is logged with the same word, and something else follows it.
            let read = nginx.log().text.matches(": reconfiguring").count();
            (read == round).then_some(())
        });
    }
    nginx.finish();
}
