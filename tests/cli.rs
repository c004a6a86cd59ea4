//! The command line: what is printed where, and with which exit status.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::io::Write;
use std::process::{Command, Stdio};

const RECORDING: &str = "tests/fixtures/sni_missing/alert_40.json";

/// Exit status, standard output and standard error.
fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tlsdiag"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Most commands do not read it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let status = output.status.code().unwrap();
    (status, text(output.stdout), text(output.stderr))
}

#[track_caller]
fn fails(arguments: &[&str], input: &str, said: &str) {
    let wanted = (1, String::new(), format!("tlsdiag: {said}\n"));
    assert_eq!(run(arguments, input), wanted);
}

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn help_is_given_everywhere() {
    let (_, usage, _) = run(&["--help"], "");
    assert!(usage.starts_with("usage: tlsdiag diagnose"));
    for arguments in [
        &["-h"] as &[_],
        &["help"],
        &["diagnose", "--help"],
        &["diagnose", "-h"],
        &["diagnose", "--json", "--help"],
        &["explain", "--help"],
        &["list", "--help"],
    ] {
        let wanted = (0, usage.clone(), String::new());
        assert_eq!(run(arguments, ""), wanted, "{arguments:?}");
    }
    for arguments in [
        &[] as &[_],
        &["explain"],
        &["list", "more"],
        &["diagnose", "--jsno", RECORDING],
        &["diagnose", "--json"],
        &["explain", "--all"],
    ] {
        let wanted = (2, String::new(), usage.clone());
        assert_eq!(run(arguments, ""), wanted, "{arguments:?}");
    }
}

#[test]
fn recordings_are_diagnosed() {
    let (status, line, _) = run(&["diagnose", RECORDING], "");
    assert_eq!(status, 0);
    assert!(line.starts_with("upstream_tls[sni_missing] "), "{line}");
    let (_, same, _) = run(&["diagnose", "-"], &read(RECORDING));
    assert_eq!(line, same);
}

#[test]
fn errors_name_the_file() {
    fails(
        &["diagnose", "no/such.json"],
        "",
        "no/such.json: No such file or directory (os error 2)",
    );
    fails(
        &["diagnose", "src"],
        "",
        "src: Is a directory (os error 21)",
    );
    fails(
        &["diagnose", "-"],
        "{",
        "standard input: not a recording: EOF while parsing an object at line 1 column 1",
    );
    let (_, _, said) = run(&["diagnose", "Cargo.toml"], "");
    assert!(said.starts_with("tlsdiag: Cargo.toml: not a recording: "));
}

#[test]
fn a_diagnosis_is_no_recording() {
    let (_, document, _) = run(&["diagnose", "--json", RECORDING], "");
    let said = "standard input: this is a diagnosis, not a recording: \
                'tlsdiag explain sni_missing' explains it";
    fails(&["diagnose", "-"], &document, said);
    // The whole log.
    fails(&["diagnose", "--json", "-"], &document.repeat(2), said);
    // Somebody else's words are not repeated.
    let other = document.replace("sni_missing", "another");
    fails(
        &["diagnose", "-"],
        &other,
        &said.replace("sni_missing", "NAME"),
    );
}

#[test]
fn names_are_explained_and_found() {
    let (status, text, _) = run(&["explain", "sni_missing"], "");
    assert_eq!(status, 0);
    assert!(text.starts_with("sni_missing\n\n"));
    let (_, list, _) = run(&["list"], "");
    assert!(list.lines().any(|line| line.starts_with("sni_missing ")));
    for close in ["sni-missing", "sni_misssing", "SNI_missing"] {
        let said = format!(
            "no diagnosis is called {close:?}; did you mean sni_missing? 'tlsdiag list' shows all names"
        );
        fails(&["explain", close], "", &said);
    }
    for far in ["", "bad_gateway"] {
        let said = format!("no diagnosis is called {far:?}; 'tlsdiag list' shows all names");
        fails(&["explain", far], "", &said);
    }
}
