//! `tlsdiag check` as a program: what it prints in which format, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{json, Value};
use tlsdiag::check::CHECKS;

/// Exit status, standard output and standard error of `tlsdiag check` in tests/check.
fn run(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tlsdiag"))
        .arg("check")
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What is wrong usage reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

const PORT: &str = "server_without_port/fires.conf";

#[test]
fn a_finding_for_people() {
    let (status, said, errors) = run(&[PORT], b"");
    let wanted = "\
error[server_without_port]: TLS goes to port 80: that is the port of a `server` that names none
  --> server_without_port/fires.conf:3:5
   | server api.example.com;
   = help: server api.example.com:443;
   = used by: server_without_port/fires.conf:11

1 error, 0 warnings, 0 notes
";
    assert_eq!((status, said.as_str(), errors.as_str()), (1, wanted, ""));
    let (_, colored, _) = run(&["--color", "always", PORT], b"");
    assert!(colored.contains("\x1b["), "{colored}");
}

#[test]
fn a_finding_in_a_line() {
    let (status, said, _) = run(&["--format", "short", PORT], b"");
    let wanted =
        "server_without_port/fires.conf:3:5: error: TLS goes to port 80: that is the port of a \
                  `server` that names none [server_without_port]\n";
    assert_eq!((status, said.as_str()), (1, wanted));
}

#[test]
fn a_finding_as_an_object() {
    let (status, said, _) = run(&["--format", "json", PORT], b"");
    let finding: Value = serde_json::from_str(&said).unwrap();
    let wanted = json!({
        "id": "server_without_port",
        "severity": "error",
        "file": PORT,
        "line": 3,
        "column": 5,
        "directive": "server api.example.com;",
        "message": "TLS goes to port 80: that is the port of a `server` that names none",
        "help": ["server api.example.com:443;"],
        "used_by": ["server_without_port/fires.conf:11"],
    });
    assert_eq!((status, finding), (1, wanted));
    let (_, said, _) = run(&["--format", "json", "name_is_block/fires.conf"], b"");
    let unused: Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!(unused.get("used_by"), None, "unknown fields are absent");
}

#[test]
fn every_finding_as_sarif() {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.enable_format_assertions();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/sarif.schema.json");
    let schema = compiler.compile(path, &mut schemas).unwrap();
    for (index, check) in CHECKS.iter().enumerate() {
        let file = format!("{}/fires.conf", check.id);
        let (_, said, _) = run(&["--format", "sarif", &file], b"");
        let document: Value = serde_json::from_str(&said).unwrap();
        if let Err(error) = schemas.validate(&document, schema) {
            panic!("{}: {error}", check.id);
        }
        let run = &document["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], check.id);
        let results = run["results"].as_array().unwrap();
        let own = results.iter().find(|result| result["ruleId"] == check.id);
        assert_eq!(own.unwrap()["ruleIndex"], index);
        let place = &own.unwrap()["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], file);
    }
    let (status, said, _) = run(&["--format", "sarif"], b"events {}");
    let empty: Value = serde_json::from_str(&said).unwrap();
    schemas.validate(&empty, schema).unwrap();
    assert_eq!((status, &empty["runs"][0]["results"]), (0, &json!([])));
}

#[test]
fn a_finding_beside_the_line() {
    let (status, said, _) = run(&["--format", "github", PORT], b"");
    let wanted =
        "::error file=server_without_port/fires.conf,line=3,col=5,title=server_without_port\
                  ::TLS goes to port 80: that is the port of a `server` that names none\
                  %0Ahelp: server api.example.com:443;\n";
    assert_eq!((status, said.as_str()), (1, wanted));
    let hostile = b"upstream a%0Ab { server 10.0.0.1:443; }
        server { location / { proxy_pass https://a%0Ab; } }";
    let (_, said, _) = run(&["--format", "github"], hostile);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("\"a%250Ab\"%0A"), "{said}");
    let (_, said, _) = run(&["--format", "github", "verify_off/fires.conf"], b"");
    assert!(said.starts_with("::notice "), "{said}");
}

#[test]
fn the_status_says_whether_something_is_grave() {
    for (file, worst) in [
        ("server_without_port/fires.conf", 3),
        ("name_is_address/fires.conf", 2),
        ("verify_off/fires.conf", 1),
        ("verify_off/quiet.conf", 0),
    ] {
        for (fail_on, least) in [("error", 3), ("warning", 2), ("note", 1), ("never", 4)] {
            let (status, _, _) = run(&["--fail-on", fail_on, file], b"");
            assert_eq!(status, i32::from(worst >= least), "{file} {fail_on}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    for (arguments, input, wanted) in [
        (
            &["no/such.conf"] as &[_],
            "",
            "no/such.conf: No such file or directory (os error 2)",
        ),
        (&["pki"], "", "pki: is a directory"),
        (&["/dev/zero"], "", "/dev/zero: no regular file"),
        (&["-"], "a {\n b }", "standard input:2:4: unexpected \"}\""),
        (
            &[],
            "a;\n\"",
            "standard input:2:2: unexpected end of file, expecting \";\" or \"}\"",
        ),
        (
            &[],
            "a {{ b }};",
            "standard input:1:4: unexpected \"{\"; this looks like a template: check what is made of it",
        ),
    ] {
        let (status, said, errors) = run(arguments, input.as_bytes());
        assert_eq!((status, said.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(errors, format!("tlsdiag: {wanted}\n"), "{arguments:?}");
    }
    let (status, said, errors) = run(&[], b"include no/such;\nserver { include no/such/*; }");
    assert_eq!(
        (status, said.as_str()),
        (0, "0 errors, 0 warnings, 0 notes\n")
    );
    let wanted =
        "tlsdiag: standard input:1: no/such was not read: No such file or directory (os error 2)\n";
    assert_eq!(errors, wanted);
}

#[test]
fn a_dump_is_read_as_the_files_it_holds() {
    let dump = "nginx: configuration file /etc/nginx/nginx.conf test is successful\n\
        # configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp { include a.conf; }\n\n\
        # configuration file /etc/nginx/a.conf:\nserver { location / {\n  proxy_pass https://api.example.com; } }\n";
    let (status, said, errors) = run(&["--format", "short"], dump.as_bytes());
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(
        said.starts_with("/etc/nginx/a.conf:2:3: warning: "),
        "{said}"
    );
}

#[test]
fn nothing_of_the_file_acts_on_the_terminal_or_is_told_besides() {
    let hostile = b"server { location / {
        proxy_set_header Authorization \"Bearer secret\";
        proxy_pass https://a.example.com\x1b[31m\xc2\x9b\xff/path?key=secret;
        proxy_ssl_name \"\x1b]0;title\x07\";
    } }";
    for format in ["human", "short", "json", "sarif", "github"] {
        let (_, said, errors) = run(&["--format", format], hostile);
        let acts = |one: char| one.is_control() && one != '\n';
        assert!(!said.contains(acts), "{said:?}");
        assert!(said.contains("name_without_effect"), "{said}");
        assert!(
            !said.contains("secret") && !errors.contains("secret"),
            "{said}"
        );
    }
}
