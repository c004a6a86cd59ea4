//! The recipes whose programs are small: these run with every change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::process::Command;

use serde_json::Value;
use tlsdiag_e2e::observe::json;
use tlsdiag_e2e::require::program;
use tlsdiag_e2e::tempdir::TempDir;
use tlsdiag_e2e::wait;
use tlsdiag_observability::failing::{fail, nginx};
use tlsdiag_observability::repository;
use tlsdiag_observability::shipping::{answer, causes, lines, recipe};

#[test]
fn jq() {
    let run = |options: &[&str], file: &str| {
        let mut command = Command::new(program("jq", "jq"));
        command
            .args(options)
            .arg("-f")
            .arg(repository("contrib/jq").join(file));
        answer(&mut command, &lines())
    };
    let counted: Vec<(String, usize)> = run(&["-s", "-c"], "causes.jq")
        .lines()
        .map(|line| {
            let one: Value = serde_json::from_str(line).unwrap();
            assert!(one["first"].as_str() <= one["last"].as_str());
            let failures = usize::try_from(one["failures"].as_u64().unwrap()).unwrap();
            (one["cause"].as_str().unwrap().to_owned(), failures)
        })
        .collect();
    assert_eq!(counted, causes());
    let fixes = run(&["-s", "-r"], "fixes.jq");
    assert!(
        fixes.contains("proxy_ssl_protocols TLSv1.2 TLSv1.3;"),
        "{fixes}"
    );
    assert!(
        !fixes.contains('<'),
        "a placeholder cannot be pasted: {fixes}"
    );
}

#[test]
fn logrotate() {
    let (nginx, _peer) = nginx("");
    fail(&nginx, "/", 2);
    let log = nginx.file("upstream_tls.log");
    let pid = nginx.file("nginx.pid");
    let text = recipe(
        "logrotate/upstream_tls",
        &[
            ("/var/log/nginx/upstream_tls.log", log.to_str().unwrap()),
            ("/run/nginx.pid", pid.to_str().unwrap()),
            ("create 0640 www-data adm", "create 0640"),
        ],
    );
    let directory = TempDir::new("logrotate");
    let conf = directory.write("logrotate.conf", text);
    let rotate = || {
        let output = Command::new(program("logrotate", "logrotate"))
            .arg("--force")
            .arg("--state")
            .arg(directory.file("state"))
            .arg(&conf)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words}");
        assert_eq!(words, "");
    };
    rotate();
    let first = nginx.file("upstream_tls.log.1");
    assert_eq!(json::read(&first).len(), 2);
    wait::until("nginx to open its log again", || {
        fail(&nginx, "/", 1);
        Some(()).filter(|()| !json::read(&log).is_empty())
    });
    let after = json::read(&log).len();
    fail(&nginx, "/", 2);
    rotate();
    wait::until("nginx to open its log again", || {
        fail(&nginx, "/", 1);
        Some(()).filter(|()| !json::read(&log).is_empty())
    });
    assert!(
        nginx.file("upstream_tls.log.2.gz").is_file(),
        "compressed one turn later"
    );
    assert!(
        json::read(&first).len() >= after + 2,
        "nothing is lost between the files"
    );
}
