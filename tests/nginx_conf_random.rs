//! No bytes, however broken, stop the reader of configurations or the checks, and none make them take
//! more than their length allows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

#[path = "property/nginx_conf.rs"]
mod nginx_conf;
#[path = "property/random.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod random;

use std::time::Duration;

use nginx_conf::{corpus, Everywhere, Nowhere};
use random::Random;
use tlsdiag::check::check;
use tlsdiag::nginx_conf::{is_dump, read_dump, read_text, Tree};

/// What means something to nginx.
const SPECIAL: &[u8] = b" \t\r\n;{}'\"\\#$[]()-=*?:/.a0\0\xc3";

#[test]
fn broken_files_are_survived() {
    let corpus = corpus();
    let mut random = Random(0x5eed_c0de);
    for _ in 0..6_000 {
        let mut bytes = random.pick(&corpus).clone();
        random.damage(&mut bytes);
        for _ in 0..random.below(6) {
            let at = random.below(bytes.len() + 1);
            bytes.insert(at, *random.pick(SPECIAL));
        }
        nginx_conf::read(&bytes);
    }
}

#[test]
fn noise_is_survived() {
    let mut random = Random(0x0123_4567_89ab_cdef);
    for _ in 0..6_000 {
        let mut noise = random.bytes(400);
        for byte in &mut noise {
            if !random.one_in(4) {
                *byte = *random.pick(SPECIAL);
            }
        }
        nginx_conf::read(&noise);
    }
}

#[test]
fn every_prefix_is_survived() {
    for file in corpus() {
        for end in 0..=file.len() {
            nginx_conf::read(&file[..end]);
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
    (
        "http { server { proxy_ssl_ciphers B;",
        "proxy_ssl_conf_command CipherString A; location / { proxy_pass https://a; }",
        "} }",
    ),
    (
        "http { server { proxy_ssl_server_name on;",
        "proxy_set_header A b; location / { proxy_pass https://a; }",
        "} }",
    ),
    (
        "http {",
        "error_log a crit; server { listen 80; ssl_crl a; location / { proxy_pass https://a; } }",
        "}",
    ),
    (
        "http { server {",
        "proxy_ssl_verify on; location / { grpc_pass grpcs://a:1; }",
        "} }",
    ),
    (
        "http { upstream a { server b; keepalive 2; } server {",
        "location / { grpc_pass grpcs://a; grpc_ssl_server_name on; grpc_ssl_name $host; }",
        "} }",
    ),
];

/// Processor time that this thread has spent.
fn spent() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: clock_gettime writes one timespec, and `time` is one.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(done, 0, "this machine does not count the time of threads");
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

/// What it takes to read and check so many of them.
fn cost(worst: (&str, &str, &str), times: usize) -> Duration {
    let (first, repeated, last) = worst;
    let text = [first, &repeated.repeat(times), last].concat();
    let start = spent();
    let tree: Result<Tree, _> = match is_dump(text.as_bytes()) {
        true => read_dump(text.as_bytes()),
        false => read_text(&Nowhere, b"n.conf", text.as_bytes()),
    };
    if let Ok(tree) = tree {
        check(&tree, &Nowhere, 0);
    }
    spent() - start
}

/// Four times the bytes cost about four times as much; sixteen times would be a square. Of several
/// measurements the best counts: caches are shared with whatever else runs.
#[test]
fn the_cost_is_as_the_length() {
    for worst in WORST {
        let mut times = 64;
        while cost(*worst, times) < Duration::from_millis(5) && times < 100_000 {
            times *= 2;
        }
        let measured = || (cost(*worst, times), cost(*worst, times * 4));
        let is_linear = (0..8)
            .map(|_| measured())
            .any(|(short, long)| long < short * 8);
        assert!(is_linear, "{worst:?}: {times}: {:?}", measured());
    }
}
