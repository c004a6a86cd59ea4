//! Other processes than one master and its worker: another binary, a killed worker, no master.

use std::io::Read;

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{refusing, tls_server};
use tlsdiag_e2e::nginx::{Config, Daemon, Module, Nginx};
use tlsdiag_e2e::peers::answer;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::process::children;
use tlsdiag_e2e::wait;

use super::lab::with_module;

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
    let mut nginx = Nginx::start(with_module(&peer).location("/slow", &silent.pass()));
    nginx.expect_trouble("exited on signal 9");
    for round in 1..=5 {
        let mut slow = client::begin(nginx.port(), "/slow");
        nginx.fail("/");
        let killed = nginx.workers()[0];
        nginx.kill_worker(killed);
        wait::until("another worker", || {
            let mut workers = nginx.workers().into_iter();
            workers.any(|pid| pid != killed).then_some(())
        });
        // Reset or closed: the worker answers nothing any more.
        let mut answer = Vec::new();
        let _ = slow.read_to_end(&mut answer);
        assert!(answer.is_empty());
        nginx.fail("/");
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
    (0..5).for_each(|_| nginx.fail("/"));
    nginx.rotate("upstream_tls.log");
    nginx.fail("/");
    assert_eq!(nginx.documents().len(), 1);
    assert_eq!(nginx.finish().log.ours().len(), 6);
}

/// In a single process a handshake goes on under a configuration that has dropped the module.
#[test]
fn the_module_dropped_mid_handshake() {
    let context = tls_server(None).build();
    let (peer, gate) = scripted::start_behind_gate(move |stream| answer(&context, stream));
    let mut nginx = Nginx::start(Config {
        single: true,
        ..with_module(&peer)
            .http("log_format tls '$upstream_tls_protocol';")
            .server("access_log access.txt tls;")
    });
    let mut client = client::begin(nginx.port(), "/");
    gate.wait_for_connection();
    nginx.rewrite(|config| {
        config.module = Module::Absent;
        config.http.clear();
        config.server.clear();
    });
    let mut signals = 0;
    let limit = std::time::Duration::from_millis(200);
    while !nginx.log().text.contains(": reconfiguring") {
        signals += 1;
        assert!(signals < 100, "{}", nginx.log().text);
        nginx.signal(libc::SIGHUP);
        wait::poll(limit, || {
            nginx.log().text.contains(": reconfiguring").then_some(())
        });
    }
    gate.open();
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply);
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    assert!(nginx.finish().log.ours().is_empty());
}

/// A single process keeps its old configurations for half a minute. (It serves no new connections
/// after a reload, with or without the module: nginx has this mode for development.)
#[test]
fn many_configurations_at_once() {
    let nginx = Nginx::start(single());
    // The signal is logged with the same word behind a comma.
    let read = || nginx.log().text.matches(": reconfiguring").count();
    let limit = std::time::Duration::from_millis(200);
    let mut signals = 0;
    while read() < 40 {
        // One that comes just before a single process waits for events wakes nobody.
        signals += 1;
        assert!(signals < 400, "{} of 40 after {signals} signals", read());
        let before = read();
        nginx.signal(libc::SIGHUP);
        wait::poll(limit, || (read() > before).then_some(()));
    }
    nginx.finish();
}
