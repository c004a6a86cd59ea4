//! No bytes, however broken, stop the reader of configurations or the checks, and none make them take
//! more than their length allows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tlsdiag::check::check;
use tlsdiag::nginx_conf::{is_dump, read_dump, read_text, Directive, Files, Tree};

/// Every file is the same one, and every directory has it.
struct Everywhere<'b>(&'b [u8]);

impl Files for Everywhere<'_> {
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        match path.len() < 200 {
            true => Ok(self.0.to_vec()),
            false => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(vec![b"a".to_vec(), b"b.conf".to_vec()])
    }
}

/// There is no other file.
struct Nowhere;

impl Files for Nowhere {
    fn read(&self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

/// xorshift64: the same numbers in every run, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// Bytes that mean something to nginx more often than not.
    fn byte(&mut self) -> u8 {
        const SPECIAL: &[u8] = b" \t\r\n;{}'\"\\#$[]()-=*?:/.a0\0\xc3";
        match self.below(4) {
            0 => u8::try_from(self.below(256)).unwrap(),
            _ => SPECIAL[self.below(SPECIAL.len())],
        }
    }

    /// A file with some bytes changed, inserted, removed, repeated or cut off.
    fn broken(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(12) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 if self.below(4) == 0 => bytes.truncate(at),
                1 => bytes.insert(at, self.byte()),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => {
                    let end = (at + self.below(80)).min(bytes.len());
                    bytes.extend_from_within(at..end);
                }
                _ if at < bytes.len() => bytes[at] = self.byte(),
                _ => {}
            }
            bytes.truncate(20_000);
        }
        bytes
    }
}

/// The files of all checks, and a dump.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let folders = std::fs::read_dir(folder).unwrap().flatten();
    let files =
        folders.flat_map(|one| ["fires.conf", "quiet.conf"].map(|file| one.path().join(file)));
    let mut corpus: Vec<_> = files.filter_map(|file| std::fs::read(file).ok()).collect();
    assert!(corpus.len() > 50);
    let dump = b"# configuration file /n.conf:\nevents {}\nhttp { include *.conf; }\n\n\
                 # configuration file /a.conf:\nserver { content_by_lua_block { a = [[ } ]] } }\n";
    corpus.push(dump.to_vec());
    corpus
}

/// Reads and checks; what is found has its place in the text.
fn survive(bytes: &[u8]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let tree = match is_dump(bytes) {
        true => read_dump(bytes),
        false => read_text(&Nowhere, b"n.conf", bytes),
    };
    match tree {
        Ok(tree) => {
            assert_places(&tree.directives, lines);
            for finding in check(&tree, &Everywhere(bytes), 0) {
                assert!((1..=lines).contains(&(finding.line as usize)) && finding.column > 0);
            }
        }
        Err(error) => {
            if let Some((line, column)) = error.at {
                assert!(
                    (1..=lines).contains(&(line as usize)) && column > 0,
                    "{error}"
                );
            }
        }
    }
}

fn assert_places(list: &[Directive], lines: usize) {
    for directive in list {
        let at = directive.position();
        assert!((1..=lines).contains(&(at.line as usize)) && at.column > 0);
        assert!(!directive.words.is_empty());
        assert_places(directive.children(), lines);
    }
}

#[test]
fn broken_files_are_survived() {
    let corpus = corpus();
    let mut random = Random(0x5eed_c0de);
    for _ in 0..6_000 {
        survive(&random.broken(&corpus));
    }
}

#[test]
fn noise_is_survived() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    for _ in 0..6_000 {
        let length = random.below(400);
        let noise: Vec<_> = (0..length).map(|_| random.byte()).collect();
        survive(&noise);
    }
}

#[test]
fn every_prefix_is_survived() {
    for file in corpus() {
        for end in 0..=file.len() {
            survive(&file[..end]);
        }
    }
}

/// Files that include themselves end in a bound, whatever they are.
#[test]
fn includes_have_bounds() {
    for text in [
        "include a;",
        "include *;",
        "a { include a; }",
        "include a; include b; include c;",
        "server { include *; location / { include *; } }",
    ] {
        let read = read_text(&Everywhere(text.as_bytes()), b"n.conf", text.as_bytes());
        assert!(read.is_err(), "{text}");
    }
}

/// Whole configurations that are the worst there is for some part of the reader, the model or a check:
/// what comes first, what is repeated, what comes last.
const WORST: &[(&str, &str, &str)] = &[
    ("", "a b;\n", ""),
    ("", "# tlsdiag: allow a, b\n", ""),
    ("", "# tlsdiag: allow a, b\na;", ""),
    ("", "\"", ""),
    ("", "$", ""),
    ("content_by_lua_block { ", "\"\\", "}"),
    ("content_by_lua_block { ", "\"\\\"'\\'", "}"),
    ("content_by_lua_block { ", "[=", "}"),
    ("content_by_lua_block { [[ ", "]=", "]] }"),
    ("content_by_lua_block { ", "--[", "}"),
    ("", "include a;\n", ""),
    (
        "# configuration file /n:\n",
        "include *a*b*c*d*;\n# configuration file /aaaaaaaaaaaa:\n",
        "",
    ),
    (
        "http { server {",
        "location / { proxy_pass https://a; }",
        "} }",
    ),
    (
        "http {",
        "server { location / { proxy_pass https://a; } }",
        "}",
    ),
    (
        "http {",
        "server { listen 1 default_server; server_name a b c; }",
        "}",
    ),
    (
        "http {",
        "upstream a { server b; } server { location / { proxy_pass https://a; } }",
        "}",
    ),
    (
        "http { server { proxy_ssl_verify on;",
        "proxy_ssl_name a;",
        "location / { grpc_pass grpcs://a; } } }",
    ),
    (
        "http { server {",
        "set $a b$a; proxy_ssl_name $a;",
        "location / { proxy_pass https://$a$a$a; } } }",
    ),
    (
        "stream {",
        "server { proxy_ssl_name a; proxy_pass b:1; }",
        "}",
    ),
];

fn seconds(worst: (&str, &str, &str), times: usize) -> Duration {
    let (first, repeated, last) = worst;
    let text = [first, &repeated.repeat(times), last].concat();
    let once = || {
        let start = Instant::now();
        let tree: Result<Tree, _> = match is_dump(text.as_bytes()) {
            true => read_dump(text.as_bytes()),
            false => read_text(&Nowhere, b"n.conf", text.as_bytes()),
        };
        if let Ok(tree) = tree {
            check(&tree, &Nowhere, 0);
        }
        start.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

/// Four times the bytes take about four times the time; sixteen times would be a square. Of several
/// measurements the best counts: the machine has other things to do.
#[test]
fn the_time_is_as_the_length() {
    for worst in WORST {
        let mut times = 64;
        while seconds(*worst, times) < Duration::from_millis(10) && times < 100_000 {
            times *= 2;
        }
        let measured = || (seconds(*worst, times), seconds(*worst, times * 4));
        let is_linear = (0..8)
            .map(|_| measured())
            .any(|(short, long)| long < short * 8);
        assert!(is_linear, "{worst:?}: {times}: {:?}", measured());
    }
}
