//! Start, reload, USR1, quit; the module leaving and coming back.

use std::io::{Read, Write};

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{refusing, refusing_the_version};
use tlsdiag_e2e::nginx::{Module, Nginx, Position};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::ports::Port;
use tlsdiag_e2e::wait;

use super::lab::{load, with_module};

#[test]
fn start_reload_rotate_quit() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer));
    nginx.fail("/");
    nginx.reload(|_| {}).unwrap();
    nginx.fail("/");
    nginx.rotate("upstream_tls.log");
    nginx.fail("/");
    nginx.fail("/");
    assert_eq!(json::read(&nginx.file("upstream_tls.log.1")).len(), 2);
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 2);
    assert_eq!(finished.log.ours().len(), 4);
}

/// Two clients fail and succeed all the time; every failure has its line and its document.
#[test]
fn a_hundred_reloads_under_load() {
    let failures = load(|nginx| {
        for _ in 0..100 {
            nginx.reload(|_| {}).unwrap();
        }
    });
    assert!(failures > 100, "only {failures} failures in 100 reloads");
}

/// The same while the log is renamed and reopened: nothing is lost between two files.
#[test]
fn ten_rotations_under_load() {
    load(|nginx| {
        for _ in 0..10 {
            nginx.rotate("upstream_tls.log");
            let rotated = std::fs::read(nginx.file("upstream_tls.log.1")).unwrap();
            let mut all = std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(nginx.file("rotated.log"))
                .unwrap();
            all.write_all(&rotated).unwrap();
        }
    });
}

/// A reload that is refused leaves the running configuration as it was.
#[test]
fn a_failed_reload() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer));
    nginx.expect_trouble("upstream_tls_diag");
    let good = nginx.config.main.clone();
    nginx
        .reload(|config| config.main = "upstream_tls_diag maybe;".to_owned())
        .unwrap_err();
    nginx.fail("/");
    nginx.reload(|config| config.main = good).unwrap();
    nginx.fail("/");
    assert_eq!(nginx.finish().log.ours().len(), 2);
}

#[test]
fn the_module_added_dropped_and_added_again() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer).module(Module::Absent));
    nginx.fail("/");
    for lines in 1..=3 {
        nginx.reload(|config| config.module = Module::Ours).unwrap();
        nginx.fail("/");
        nginx
            .reload(|config| config.module = Module::Absent)
            .unwrap();
        nginx.fail("/");
        assert_eq!(nginx.log().ours().len(), lines);
    }
    assert_eq!(nginx.finish().log.native().len(), 7);
}

/// The old worker finishes a handshake that began before the module was dropped.
#[test]
fn the_module_dropped_with_a_connection_in_flight() {
    let (peer, silent) = (refusing(), scripted::start(Script::Silence));
    let slow = format!("{} proxy_connect_timeout 3s;", silent.pass());
    let mut nginx = Nginx::start(with_module(&peer).location("/slow", &slow));
    let mut client = client::begin(nginx.port(), "/slow");
    // A request behind it shows that the old worker has begun the slow one.
    nginx.fail("/");
    // The reload waits for the old worker, which waits for the timeout.
    nginx
        .reload(|config| config.module = Module::Absent)
        .unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 504"), "{answer}");
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 2, "{}", finished.log.text);
}

/// Another module takes the place that this one had, and stays when it comes back.
#[test]
fn the_module_dropped_another_added_and_added_again() {
    let (peer, port) = (refusing(), Port::reserve());
    let stream = format!(
        "server {{ listen 127.0.0.1:{port}; proxy_ssl on; proxy_pass 127.0.0.1:{}; }}",
        peer.port()
    );
    let mut nginx = Nginx::start(with_module(&peer));
    nginx.fail("/");
    let mut lines = 1;
    for position in [Position::First, Position::Last] {
        nginx
            .reload(|config| {
                config.module = Module::Absent;
                config.stream = stream.clone();
            })
            .unwrap();
        nginx.fail("/");
        client::exchange(port.number(), b"hello");
        assert_eq!(nginx.log().ours().len(), lines);
        nginx
            .reload(|config| {
                config.module = Module::Ours;
                config.position = position;
            })
            .unwrap();
        nginx.fail("/");
        client::exchange(port.number(), b"hello");
        lines += 2;
        nginx.reload(|config| config.stream.clear()).unwrap();
        nginx.fail("/");
        lines += 1;
    }
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), lines, "{}", finished.log.text);
    assert_eq!(finished.documents.len(), lines);
}

/// The old worker ends a request by the configuration that request began with.
#[test]
fn the_old_configuration_and_the_new_at_once() {
    let (silent, peer) = (scripted::start(Script::Silence), refusing_the_version());
    let slow = format!("{} proxy_connect_timeout 2s;", silent.pass());
    let mut config = with_module(&peer).location("/slow", &slow);
    config.json = false;
    config.main = "upstream_tls_log old.log;".to_owned();
    let mut nginx = Nginx::start(config);
    let mut slow = client::begin(nginx.port(), "/slow");
    // A request behind it shows that the old worker has begun the slow one.
    nginx.fail("/");
    let old = nginx.workers();
    nginx.rewrite(|config| config.main = "upstream_tls_log new.log;".to_owned());
    nginx.signal(libc::SIGHUP);
    wait::until("the new configuration", || {
        (nginx.workers().iter().any(|worker| !old.contains(worker))
            && nginx.log().text.contains("gracefully shutting down"))
        .then_some(())
    });
    nginx.fail("/");
    assert!(nginx.workers().contains(&old[0]), "both work now");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 504"));
    let names = |file: &str| -> Vec<String> {
        let documents = json::read(&nginx.file(file));
        let code = |document| json::text(document, "event/code").to_owned();
        documents.iter().map(code).collect()
    };
    let refused = "protocol_version_mismatch";
    assert_eq!(names("old.log"), [refused, "handshake_timeout"]);
    assert_eq!(names("new.log"), [refused]);
    assert_eq!(nginx.finish().log.ours().len(), 3);
}
