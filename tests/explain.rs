//! `tlsdiag explain` on logs: what is printed where, in which format, with which exit status.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::time::Duration;

use flate2::write::GzEncoder;
use flate2::Compression;
use serde_json::{json, Value};

const REFUSED: &str = "2026/11/26 10:41:02 [error] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000410:SSL \
                       routines::ssl/tls alert handshake failure:SSL alert number 40) while SSL handshaking to \
                       upstream, client: 192.0.2.1, server: app.test, request: \"GET /?secret HTTP/1.1\", \
                       upstream: \"https://198.51.100.7:443/?secret\", host: \"app.test\"\n";
const SILENT: &str = "2026/11/26 10:41:03 [error] 7#7: *2 upstream timed out (110: Connection timed out) while SSL \
                      handshaking to upstream, client: 192.0.2.1, server: app.test, request: \"GET / HTTP/1.1\", \
                      upstream: \"https://192.0.2.8:5984/\", host: \"app.test\"\n";
const OTHER: &str =
    "2026/11/26 10:41:04 [error] 7#7: *3 open() \"/x\" failed (2: No such file or directory)\n";

/// Exit status, standard output and standard error.
fn run(arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tlsdiag"))
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A command that reads no input does not mind.
    let _ = feed.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn objects(arguments: &[&str], input: &[u8]) -> Vec<Value> {
    let (status, output, said) = run(&[&["--format", "json"], arguments].concat(), input);
    assert_eq!((status, said.as_str()), (0, ""));
    output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A file of this test.
fn file(name: &str, bytes: impl AsRef<[u8]>) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("explain");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_group_is_an_object_of_fixed_fields() {
    let log = [REFUSED, OTHER, &REFUSED.replace("10:41", "11:00"), SILENT].concat();
    let found = objects(&[], log.as_bytes());
    assert_eq!(
        found[0],
        json!({
            "kind": "alert_40",
            "count": 2,
            "first": "2026-11-26T10:41:02",
            "last": "2026-11-26T11:00:02",
            "module": "proxy",
            "upstream": "https://198.51.100.7:443",
            "server": "app.test",
            "causes": ["sni_missing", "sni_unrecognized", "client_certificate_required", "cipher_mismatch"],
            "confidence": "likely",
            "fix": ["proxy_ssl_server_name on;"],
            "action": "where proxy_pass names an upstream block or an address, proxy_ssl_name <host>; too",
            "decide": ["conf", "probe"],
        })
    );
    assert_eq!(
        (found.len(), found[1]["kind"].as_str()),
        (2, Some("timed_out"))
    );
    // What is not known is absent.
    let piece = objects(&["-"], b"peer closed connection in SSL handshake\n");
    let mut fields: Vec<_> = piece[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "action",
            "causes",
            "confidence",
            "count",
            "decide",
            "fix",
            "kind"
        ]
    );
}

#[test]
fn no_query_and_no_client_is_shown() {
    for format in ["human", "short", "json"] {
        let (status, output, said) = run(&["--format", format], REFUSED.as_bytes());
        assert_eq!((status, said.as_str()), (0, ""));
        assert!(
            output.contains("198.51.100.7:443") && output.contains("sni_missing"),
            "{output}"
        );
        assert!(
            !output.contains("secret") && !output.contains("192.0.2.1"),
            "{output}"
        );
    }
}

#[test]
fn the_short_format_is_a_line_a_group() {
    let log = [REFUSED, SILENT].concat();
    let (_, output, _) = run(&["--format", "short"], log.as_bytes());
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines.iter().find(|line| line.contains("alert_40")).copied(),
        Some("1 sni_missing likely alert_40 https://198.51.100.7:443 app.test \"proxy_ssl_server_name on;\"")
    );
}

#[test]
fn people_read_the_answer_first() {
    let client = REFUSED
        .replace(" to upstream", "")
        .replace("upstream:", "x:");
    let log = [REFUSED, REFUSED, OTHER, &client].concat();
    let (status, output, _) = run(&[], log.as_bytes());
    assert_eq!(status, 0);
    let lines: Vec<_> = output.lines().collect();
    assert!(lines[0].starts_with(
        "2 failed handshakes with https://198.51.100.7:443, server app.test, 2026-11-26 10:41:02"
    ));
    assert!(
        lines[2].starts_with("  likely: sni_missing  The upstream needs"),
        "{output}"
    );
    assert!(
        output.contains("\n  fix:  proxy_ssl_server_name on;\n"),
        "{output}"
    );
    assert!(
        output.contains("\n1 failed handshake with clients: another matter\n"),
        "{output}"
    );
    assert!(!output.contains('\x1b'), "no terminal, no colours");
    let (_, coloured, _) = run(&["--color", "always"], log.as_bytes());
    assert!(coloured.contains('\x1b'));
}

#[test]
fn exit_codes_are_those_of_grep() {
    let log = file("found.log", REFUSED);
    let none = file("none.log", OTHER);
    assert_eq!(run(&[&log, &none], b"").0, 0);
    let (status, output, said) = run(&[&none], b"");
    assert_eq!((status, output.as_str()), (1, ""));
    assert_eq!(
        said,
        "tlsdiag: no failed handshake with an upstream in 1 lines\n"
    );
    let (status, output, said) = run(&[], b"one\ntwo\n");
    assert_eq!((status, output.as_str()), (1, ""));
    assert_eq!(said, "tlsdiag: none of 2 lines is of nginx's error log\n");
    let (status, _, said) = run(
        &[],
        b"upstream server temporarily disabled while SSL handshaking",
    );
    assert_eq!(status, 1);
    assert!(
        said.ends_with("what failed stands before them, at level error or crit\n"),
        "{said}"
    );
    assert_eq!(
        run(&["--format", "json", &none], b""),
        (1, String::new(), String::new())
    );
    // What can be read is explained nevertheless.
    let (status, output, said) = run(&["--format", "short", "no/such.log", &log], b"");
    assert!(status == 2 && output.contains("sni_missing"), "{output}");
    assert_eq!(
        said,
        "tlsdiag: no/such.log: No such file or directory (os error 2)\n"
    );
    let (status, output, said) = run(&[env!("CARGO_TARGET_TMPDIR")], b"");
    assert!(
        status == 2 && output.is_empty() && said.contains("Is a directory"),
        "{said}"
    );
}

#[test]
fn a_name_wins_over_a_file_of_that_name() {
    let path = file("sni_missing", SILENT);
    let folder = PathBuf::from(&path).parent().unwrap().to_owned();
    let explain = |what: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tlsdiag"));
        let output = command
            .args(["explain", what])
            .current_dir(&folder)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(explain("sni_missing").starts_with("sni_missing\n\nThe upstream needs"));
    assert!(explain("./sni_missing").starts_with("1 failed handshake with https://192.0.2.8:5984"));
}

#[test]
fn packed_logs_are_told_by_how_they_begin() {
    let members = [gzip(REFUSED), gzip(OTHER), gzip(REFUSED)].concat();
    let path = file("error.log.2", &members);
    for (arguments, input) in [
        (vec![path.as_str()], &[] as &[u8]),
        (vec![], &members),
        (vec!["-"], &members),
    ] {
        assert_eq!(objects(&arguments, input)[0]["count"], 2);
    }
    let whole = objects(&[&path, &file("error.log", REFUSED)], b"");
    assert_eq!(whole[0]["count"], 3);
    // A log that is being packed, or was cut by a full disk.
    let cut = file("cut.gz", &members[..members.len() - 20]);
    let (status, output, said) = run(&["--format", "short", &cut], b"");
    assert!(
        status == 2 && output.starts_with("1 sni_missing"),
        "{output}"
    );
    assert!(said.starts_with(&format!("tlsdiag: {cut}: ")), "{said}");
    let (status, _, said) = run(&[&file("a.xz", b"\xfd7zXZ\0\0")], b"");
    assert!(
        status == 2 && said.contains("packed by xz: xz -dc FILE"),
        "{said}"
    );
}

#[test]
fn hostile_logs_act_on_nothing() {
    let hostile = REFUSED.replace("app.test", "a\x1b[2J\u{9b}1m\u{202e}\u{7}b\" c");
    let binary: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let long = [
        "2026/11/26 10:41:02 [error] 7#7: *1 ",
        &"x".repeat(10 << 20),
        "\n",
    ]
    .concat();
    let log = [
        hostile.as_bytes(),
        &binary,
        b"\n",
        long.as_bytes(),
        REFUSED.as_bytes(),
    ]
    .concat();
    for format in ["human", "short", "json"] {
        let (status, output, said) = run(&["--format", format], &log);
        assert_eq!((status, said.as_str()), (0, ""));
        let acts = |one: char| one.is_control() && one != '\n' || one == '\u{202e}';
        assert!(!output.contains(acts), "{output:?}");
    }
    let found = objects(&[], &log);
    assert_eq!(
        found
            .iter()
            .map(|group| group["count"].as_u64().unwrap())
            .sum::<u64>(),
        2
    );
}

/// `--follow` on a file, its objects as they come.
struct Following {
    child: Child,
    lines: Receiver<String>,
}

impl Following {
    fn new(file: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tlsdiag"))
            .args(["explain", "--follow", "--format", "json", file])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                // The test may be over.
                let _ = send.send(line.unwrap());
            }
        });
        Self { child, lines }
    }

    /// The count in the next object.
    #[track_caller]
    fn count(&self) -> u64 {
        // Only a program that hangs takes so long.
        let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap();
        let object: Value = serde_json::from_str(&line).unwrap();
        object["count"].as_u64().unwrap()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn append(file: &str, text: &str) {
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_log_is_followed_through_rotations() {
    let log = file("followed.log", REFUSED);
    let following = Following::new(&log);
    assert_eq!(following.count(), 1);
    append(&log, OTHER);
    append(&log, REFUSED);
    assert_eq!(following.count(), 2);
    // A line in two pieces.
    let (start, end) = REFUSED.split_at(100);
    append(&log, start);
    append(&log, end);
    assert_eq!(following.count(), 3);
    // Renamed: nginx writes into the old one until it is told, then into a new one.
    let old = format!("{log}.1");
    fs::rename(&log, &old).unwrap();
    append(&old, REFUSED);
    assert_eq!(following.count(), 4);
    append(&log, REFUSED);
    assert_eq!(following.count(), 5);
    append(&old, REFUSED);
    assert_eq!(following.count(), 6);
    // Copied and cut: shorter than it was.
    append(&log, &OTHER.repeat(50));
    append(&log, REFUSED);
    assert_eq!(following.count(), 7);
    fs::write(&log, "").unwrap();
    append(&log, REFUSED);
    assert_eq!(following.count(), 8);
}

#[test]
fn a_pipe_is_followed_to_its_end() {
    let (status, output, said) = run(&["-f", "--format", "json", "-"], REFUSED.as_bytes());
    assert_eq!((status, said.as_str()), (0, ""));
    assert_eq!(output.lines().count(), 1);
    assert_eq!(run(&["-f", "-"], OTHER.as_bytes()).0, 1);
    let packed = file("packed.gz", gzip(REFUSED));
    let (status, _, said) = run(&["-f", &packed], b"");
    assert!(
        status == 2 && said.contains("a packed log does not grow"),
        "{said}"
    );
    assert_eq!(run(&["-f", "no/such.log"], b"").0, 2);
}

#[test]
fn the_configuration_decides() {
    let conf = "http { server { server_name app.test; location / { proxy_pass https://api.test; \
                proxy_ssl_server_name on; proxy_ssl_name $host; } } }";
    let conf = file("nginx.conf", conf);
    let found = objects(&["--conf", &conf], REFUSED.as_bytes());
    assert_eq!(found[0]["causes"][0], "sni_unrecognized");
    assert_eq!(found[0]["fix"], json!(["proxy_ssl_name api.test;"]));
    assert_eq!(found[0]["decide"], json!(["probe"]));
    let (_, _, said) = run(&["--conf", &conf], REFUSED.as_bytes());
    assert_eq!(said, "");
    let other = file(
        "other.conf",
        "server { server_name other.test; location / { proxy_pass https://api.test; } }",
    );
    let (status, _, said) = run(&["--conf", &other], REFUSED.as_bytes());
    let wanted = "tlsdiag: the configuration has nothing that fits 1 of 1 kinds of failures\n";
    assert_eq!((status, said.as_str()), (0, wanted));
    let (status, output, said) = run(&["--conf", "no/such.conf"], REFUSED.as_bytes());
    assert_eq!((status, output.as_str()), (2, ""));
    assert!(said.starts_with("tlsdiag: no/such.conf: "), "{said}");
    let broken = file("broken.conf", "http { \x1b[2J ");
    let (status, _, said) = run(&["--conf", &broken], REFUSED.as_bytes());
    assert!(status == 2 && !said.contains('\x1b'), "{said:?}");
}
