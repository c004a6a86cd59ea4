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
    let wanted = (2, String::new(), format!("tlsdiag: {said}\n"));
    assert_eq!(run(arguments, input), wanted);
}

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Every command with arguments it takes.
const COMMANDS: &[&[&str]] = &[
    &["diagnose", RECORDING],
    &["explain", "sni_missing"],
    &["check", "tests/check/verify_off/quiet.conf"],
    #[cfg(feature = "probe")]
    &["probe", "127.0.0.1:1"],
    &["list"],
    &["generate", "no/such"],
];

#[test]
fn help_is_given_everywhere() {
    let (status, usage, said) = run(&["--help"], "");
    assert_eq!((status, said.as_str()), (0, ""));
    assert_eq!(run(&["-h"], ""), (0, usage.clone(), String::new()));
    for arguments in COMMANDS {
        let name = arguments[0];
        assert!(usage.contains(&format!("\n  {name} ")), "{name}: {usage}");
        let (status, help, said) = run(&[*arguments, &["--help"]].concat(), "");
        assert_eq!((status, said.as_str()), (0, ""), "{name}");
        let call = format!("Usage: tlsdiag {name} ");
        assert!(help.contains(&call), "{help}");
        assert_eq!(run(&["help", name], ""), (0, help, String::new()));
    }
    assert!(usage.contains("Examples:\n"));
}

#[test]
fn wrong_usage_is_told_and_nothing_is_done() {
    for arguments in [
        &[] as &[_],
        &["explain", "--all"],
        &["list", "more"],
        &["diagnose"],
        &["diagnose", "--jsno", RECORDING],
        &["diagnose", "--json"],
        &["--color", "sometimes", "list"],
        &["lsit"],
    ] {
        let (status, output, said) = run(arguments, "");
        assert_eq!((status, output.as_str()), (2, ""), "{arguments:?}");
        let told = said.contains("Usage: tlsdiag") || said.contains("possible values");
        assert!(told, "{arguments:?}: {said}");
    }
}

#[test]
fn hostile_names_do_not_act_on_the_terminal() {
    for arguments in [
        &["diagnose", "no/\x1b[31msuch\n.json"] as &[_],
        &["--\x1b[2Jcolor", "list"],
        &["explain", "\u{9b}2J\u{202e}"],
        &["explain", "./\x1b]0;title\x07"],
        &["generate", "Cargo.toml/\x1b[31m"],
    ] {
        let (status, output, said) = run(arguments, "");
        assert_eq!((status, output.as_str()), (2, ""), "{arguments:?}");
        let acts = |one: char| one.is_control() && one != '\n' || one == '\u{202e}';
        assert!(!said.contains(acts), "{said:?}");
        assert!(said.contains("\\x"), "{said:?}");
    }
    let recording = read(RECORDING).replace("\"kind\": \"", "\"kind\": \"\\u001b[31m");
    let (status, _, said) = run(&["diagnose", "-"], &recording);
    assert_eq!(status, 2);
    assert!(
        said.contains("\\x1B[31m") && !said.contains('\x1b'),
        "{said:?}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    for arguments in COMMANDS.iter().take(3).chain([&["--help"] as &[_]].iter()) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tlsdiag"))
            .args(*arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), &*said),
            (Some(0), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn pages_and_completions_say_what_help_says() {
    let folder = format!("{}/generated", env!("CARGO_TARGET_TMPDIR"));
    let (status, output, said) = run(&["generate", &folder], "");
    assert_eq!((status, output.as_str(), said.as_str()), (0, "", ""));
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    for arguments in COMMANDS {
        let name = arguments[0];
        let page = read(&format!("man/man1/tlsdiag-{name}.1"));
        assert!(
            page.contains(&format!("tlsdiag {name}")) || page.contains(name),
            "{page}"
        );
        for completion in [
            "bash-completion/completions/tlsdiag.bash",
            "zsh/site-functions/_tlsdiag",
            "fish/vendor_completions.d/tlsdiag.fish",
        ] {
            assert!(read(completion).contains(name), "{completion}: {name}");
        }
    }
    assert!(read("man/man1/tlsdiag.1").contains("tlsdiag\\-explain(1)"));
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
            "no diagnosis and no file is called {close:?}; did you mean sni_missing? 'tlsdiag list' shows all names"
        );
        fails(&["explain", close], "", &said);
    }
    for far in ["", "bad_gateway"] {
        let said =
            format!("no diagnosis and no file is called {far:?}; 'tlsdiag list' shows all names");
        fails(&["explain", far], "", &said);
    }
}
