//! Start, reload, USR1, quit; the module leaving and coming back.

use std::io::{Read, Write};

use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::nginx::{Module, Nginx};
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::peers::scripted::{self, Script};

use super::lab::{pass, refusing, with_module};

fn fail(nginx: &Nginx) {
    assert_eq!(client::get(nginx.port(), "/").status, 502);
}

#[test]
fn start_reload_rotate_quit() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer));
    fail(&nginx);
    nginx.reload(|_| {}).unwrap();
    fail(&nginx);
    nginx.rotate("upstream_tls.log");
    fail(&nginx);
    fail(&nginx);
    assert_eq!(json::read(&nginx.file("upstream_tls.log.1")).len(), 2);
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 2);
    assert_eq!(finished.log.ours().len(), 4);
}

#[test]
fn twenty_reloads_under_failures() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer));
    for _ in 0..20 {
        fail(&nginx);
        nginx.reload(|_| {}).unwrap();
    }
    fail(&nginx);
    assert_eq!(nginx.finish().log.ours().len(), 21);
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
    fail(&nginx);
    nginx.reload(|config| config.main = good).unwrap();
    fail(&nginx);
    assert_eq!(nginx.finish().log.ours().len(), 2);
}

#[test]
fn the_module_added_dropped_and_added_again() {
    let peer = refusing();
    let mut nginx = Nginx::start(with_module(&peer).module(Module::Absent));
    fail(&nginx);
    for lines in 1..=3 {
        nginx.reload(|config| config.module = Module::Ours).unwrap();
        fail(&nginx);
        nginx
            .reload(|config| config.module = Module::Absent)
            .unwrap();
        fail(&nginx);
        assert_eq!(nginx.log().ours().len(), lines);
    }
    assert_eq!(nginx.finish().log.native().len(), 7);
}

/// The old worker finishes a handshake that began before the module was dropped.
#[test]
fn the_module_dropped_with_a_connection_in_flight() {
    let silent = scripted::start(Script::Silence);
    let mut nginx = Nginx::start(with_module(&refusing()).location(
        "/slow",
        &format!("{} proxy_connect_timeout 3s;", pass(&silent)),
    ));
    let mut client = client::connect(nginx.port());
    write!(
        client,
        "GET /slow HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    // The reload waits for the old worker, which waits for the timeout.
    nginx
        .reload(|config| config.module = Module::Absent)
        .unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 504"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let finished = nginx.finish();
    assert_eq!(finished.log.ours().len(), 1, "{}", finished.log.text);
}
