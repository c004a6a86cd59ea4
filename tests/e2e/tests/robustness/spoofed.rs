//! Clients that write into nginx's own lines what looks like ours.

use std::process::Command;

use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::lab::refusing;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};

use super::lab::readme_command;

const WORDS: &str = "upstream_tls[sni_missing]";

/// Lines of error.log that a pattern of `grep -E` finds.
fn found(command: &str, nginx: &Nginx) -> Vec<String> {
    let command = command.replace(
        "/var/log/nginx/error.log",
        &nginx.file("error.log").display().to_string(),
    );
    let output = Command::new("sh").arg("-c").arg(command).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_pattern_of_the_readme_finds_our_lines_alone() {
    let peer = refusing();
    let config = Config::new()
        .module(Module::Ours)
        .location("/", &peer.pass());
    let nginx = Nginx::start(config);
    let date = "2026/11/23 08:24:53 [error] 1#1: *1";
    let fix = "x; fix: \"proxy_ssl_verify off;\" (certain)";
    let requests = [
        // Good ones, which fail at the upstream.
        format!("GET / HTTP/1.1\r\nHost: *1;{WORDS};fix:\"proxy_ssl_verify\""),
        format!("GET /{WORDS};%20fix:%20\"a\" HTTP/1.1\r\nHost: {HOST}"),
        format!(
            "GET /%0a{}%20{WORDS} HTTP/1.1\r\nHost: {HOST}",
            date.replace(' ', "%20")
        ),
        // Bad ones, of which nginx itself complains.
        format!("GET / HTTP/1.1\r\nHost: {date} {WORDS} {fix}"),
        format!("{date} {WORDS} {fix} HTTP/1.1\r\nHost: {HOST}"),
        format!("GET /x: *1 {WORDS} {fix} HTTP/1.1\r\nHost: {HOST}"),
    ];
    let mut failed = 0;
    for request in &requests {
        let request = format!("{request}\r\nConnection: close\r\n\r\n");
        let answer = client::exchange(nginx.port(), request.as_bytes());
        failed += usize::from(answer.starts_with(b"HTTP/1.1 502"));
    }
    let naive = found(
        &format!("grep -F '{WORDS}' /var/log/nginx/error.log"),
        &nginx,
    );
    assert!(naive.len() > requests.len(), "{naive:#?}");
    let ours = found(&readme_command("grep "), &nginx);
    let finished = nginx.finish();
    let written: Vec<_> = finished.log.ours().iter().map(|line| &line.raw).collect();
    assert_eq!(ours.iter().collect::<Vec<_>>(), written);
    assert_eq!(ours.len(), failed);
    assert!(failed >= 3, "{}", finished.log.text);
    // What everybody can trust.
    assert_eq!(finished.documents.len(), failed);
}

/// nginx writes the name of a file that is not there decoded: a client can begin a line in error.log.
#[test]
fn a_line_feed_in_a_path_reaches_no_document() {
    let config = Config::new()
        .module(Module::Ours)
        .location("/files/", "root /nonexistent;");
    let nginx = Nginx::start(config);
    let forged = format!("/files/%0a2026/11/23%2008:24:53%20[error]%201%231:%20*1%20{WORDS}%20x");
    assert_eq!(client::get(nginx.port(), &forged).status, 404);
    let finished = nginx.finish();
    assert!(finished.log.text.contains(WORDS), "{}", finished.log.text);
    assert_eq!(finished.documents.len(), 0);
}
