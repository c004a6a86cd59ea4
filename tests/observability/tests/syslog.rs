//! The recipes for syslog daemons, each with a real nginx in front.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tlsdiag_e2e::nginx::Nginx;
use tlsdiag_e2e::process::{read_lossy, Process};
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;
use tlsdiag_observability::failing::{fail, nginx, CAUSE};
use tlsdiag_observability::shipping::{recipe, tool};

/// A port of UDP that is free now.
fn free_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// The documents of requests to `path` in a file, once it has as many.
fn documents(file: &Path, path: &str, count: usize) -> Vec<Value> {
    wait::until("the documents", || {
        let text = read_lossy(file);
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let all = whole
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ours: Vec<_> = all.filter(|one| one["url"]["path"] == path).collect();
        (ours.len() >= count).then_some(ours)
    })
}

/// Sends until the daemon has a document: a datagram that comes before it listens is lost.
fn wait_for_daemon(nginx: &Nginx, file: &Path) {
    wait::until("the daemon to listen", || {
        fail(nginx, "/early", 1);
        read_lossy(file).lines().next().map(str::to_owned)
    });
}

#[test]
fn rsyslog() {
    let directory = TempDir::new("rsyslog");
    let path = |name: &str| directory.file(name).to_str().unwrap().to_owned();
    let port = free_port().to_string();
    directory.write("read.log", "");
    let text = recipe(
        "rsyslog/upstream_tls.conf",
        &[
            ("5514", &port),
            ("/var/log/nginx/upstream_tls.log", &path("read.log")),
            ("/var/log/upstream_tls.json", &path("documents.json")),
            ("/var/log/upstream_tls.short", &path("short.log")),
        ],
    );
    let global = format!("global(workDirectory=\"{}\")\n", directory.path().display());
    let conf = directory.write("rsyslog.conf", global + &text);
    let root = tool("rsyslog");
    let mut command = Command::new(root.join("usr/sbin/rsyslogd"));
    command
        .env("LD_LIBRARY_PATH", root.join("usr/lib/x86_64-linux-gnu"))
        .arg("-n")
        .arg("-f")
        .arg(conf)
        .arg("-i")
        .arg(directory.file("rsyslog.pid"))
        .arg("-M")
        .arg(root.join("usr/lib/x86_64-linux-gnu/rsyslog"));
    let daemon = Process::start(command, &directory.file("output.txt"));

    let log = format!("upstream_tls_log syslog:server=127.0.0.1:{port},tag=upstream_tls;");
    let (nginx, _peer) = nginx(&log);
    let file = directory.file("documents.json");
    wait_for_daemon(&nginx, &file);
    fail(&nginx, "/counted", 3);
    let all = documents(&file, "/counted", 3);
    assert_eq!(all.len(), 3);
    for document in &all {
        assert_eq!(document["event"]["code"], CAUSE, "{document:#}");
        assert_eq!(document["log.level"], "error", "keys with dots stay whole");
    }
    // The same from a file that nginx writes.
    std::fs::write(
        directory.file("read.log"),
        format!("{}\nno document\n", all[0]),
    )
    .unwrap();
    assert_eq!(documents(&file, "/counted", 4)[3], all[0]);
    let short = read_lossy(&directory.file("short.log"));
    let line = short.lines().next().unwrap();
    let words = format!(" {CAUSE} 127.0.0.1 upstream");
    assert!(line.contains(&words), "{line}");
    assert!(!read_lossy(&file).contains("no document"));
    drop(daemon);
}

#[test]
fn syslog_ng() {
    let directory = TempDir::new("syslog-ng");
    let path = |name: &str| directory.file(name).to_str().unwrap().to_owned();
    let port = free_port().to_string();
    let text = recipe(
        "syslog-ng/upstream_tls.conf",
        &[
            ("@include \"scl.conf\"\n", ""),
            ("5514", &port),
            ("/var/log/upstream_tls.json", &path("documents.json")),
            (
                "/var/log/upstream_tls.certificates",
                &path("certificates.log"),
            ),
        ],
    );
    let conf = directory.write("syslog-ng.conf", text);
    let root = tool("syslog-ng");
    let lib = root.join("usr/lib");
    let libraries = [lib.join("x86_64-linux-gnu"), lib.join("syslog-ng")];
    let mut command = Command::new(root.join("usr/sbin/syslog-ng"));
    command
        .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap())
        .args(["--foreground", "--stderr", "--no-caps"])
        .arg(format!("--cfgfile={}", conf.display()))
        .arg(format!(
            "--module-path={}",
            lib.join("syslog-ng/3.38").display()
        ))
        .arg(format!("--persist-file={}", path("persist")))
        .arg(format!("--pidfile={}", path("pid")))
        .arg(format!("--control={}", path("control")));
    let daemon = Process::start(command, &directory.file("output.txt"));

    let log = format!("upstream_tls_log syslog:server=127.0.0.1:{port},tag=upstream_tls;");
    let (nginx, _peer) = nginx(&log);
    let file = directory.file("documents.json");
    wait_for_daemon(&nginx, &file);
    fail(&nginx, "/counted", 3);
    let all = documents(&file, "/counted", 3);
    assert_eq!(all.len(), 3);
    assert!(all.iter().all(|one| one["log.level"] == "error"));

    // A document about a certificate, from the fixtures: it goes to the second file, too.
    let expired = tlsdiag_observability::shipping::documents()
        .into_iter()
        .find(|text| text.contains("\"code\":\"certificate_expired\""));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let datagram = format!(
        "<187>Nov 23 08:41:07 edge upstream_tls: {}",
        expired.unwrap()
    );
    socket
        .send_to(datagram.as_bytes(), format!("127.0.0.1:{port}"))
        .unwrap();
    socket
        .send_to(
            b"<187>Nov 23 08:41:07 edge upstream_tls: no document",
            format!("127.0.0.1:{port}"),
        )
        .unwrap();
    let certificates = wait::until("the certificate", || {
        Some(read_lossy(&directory.file("certificates.log"))).filter(|text| text.ends_with('\n'))
    });
    assert!(
        certificates.starts_with("certificate_expired 127.0.0.1 upstream certificate"),
        "{certificates}"
    );
    assert_eq!(certificates.lines().count(), 1);
    assert!(!read_lossy(&file).contains("no document"));
    drop(daemon);
}
