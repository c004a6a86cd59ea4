//! What checks say to write, where it depends on what is around: pasted as a whole it mends, and leads into
//! no other trap.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use tlsdiag::check::{check, Finding, CHECKS};
use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::read_text;

fn findings(text: &str) -> Vec<Finding> {
    let tree = read_text(&Disk, b"a.conf", text.as_bytes()).unwrap();
    check(&tree, &Disk, 0)
}

/// The help of the only finding of this id.
#[track_caller]
fn help(text: &str, id: &str) -> Vec<String> {
    let found = findings(text).into_iter().filter(|one| one.id == id);
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), 1, "{text}: {found:#?}");
    found[0].help.clone()
}

const VERIFY: [&str; 2] = [
    "proxy_ssl_verify on;",
    "proxy_ssl_trusted_certificate <file-with-the-root-of-the-upstream>;",
];

#[test]
fn who_verifies_needs_a_name_that_certificates_have() {
    let named = [&VERIFY[..], &["proxy_ssl_name <name-in-the-certificate>;"]].concat();
    for (pass, wanted) in [
        ("https://192.0.2.7:8006", &named[..]),
        ("https://unix:/run/a.sock:", &named),
        ("https://pool", &named),
        ("https://api.example.com", &VERIFY),
        ("https://dotted.example", &VERIFY),
        ("https://$arg_host", &VERIFY),
    ] {
        let text = format!(
            "upstream pool {{ server 192.0.2.7:443; }}
             upstream dotted.example {{ server 192.0.2.7:443; }}
             server {{ location / {{ proxy_pass {pass}; proxy_ssl_verify off; }} }}"
        );
        assert_eq!(help(&text, "verify_off"), wanted, "{pass}");
    }
    // A name on an outer level would be that of others, too.
    let outer = "server { proxy_ssl_verify off; location / { proxy_pass https://192.0.2.7; } }";
    assert_eq!(help(outer, "verify_off"), VERIFY);
}

#[test]
fn a_name_that_is_perhaps_a_block_needs_a_host() {
    const ON: &str = "proxy_ssl_server_name on;";
    const HOST: &str = "proxy_ssl_name <host-name-of-the-upstream>;";
    let location = |pass: &str| format!("server {{ location / {{ proxy_pass {pass}; }} }}");
    let part = |pass: &str| help(&location(pass), "sni_not_sent");
    assert_eq!(part("https://backend"), [ON, HOST]);
    assert_eq!(part("https://backend:8443"), [ON]);
    assert_eq!(part("https://backend.example.com"), [ON]);
    let whole = |more: &str| {
        let text = format!(
            "events {{}} http {{ {more} {} }}",
            location("https://backend")
        );
        help(&text, "sni_not_sent")
    };
    assert_eq!(whole(""), [ON]);
    assert_eq!(whole("include no-such-file;"), [ON, HOST]);
    // There is no port to connect to: surely a block.
    let stream = "proxy_ssl on; server { listen 1; proxy_pass backend; }";
    assert_eq!(help(stream, "sni_not_sent"), [ON, HOST]);
    let grpc = "server { location / { grpc_pass grpcs://backend; } }";
    let wanted = [ON, HOST].map(|line| line.replace("proxy", "grpc"));
    assert_eq!(help(grpc, "sni_not_sent"), wanted);
}

#[test]
fn what_several_places_need_is_written_in_each() {
    const ON: &str = "proxy_ssl_server_name on;";
    const EACH: &str = "in each place that is named, or once on a level around all of them";
    let server = |locations: &[&str]| {
        let one = |(number, more): (usize, &&str)| {
            format!("location /{number} {{ proxy_pass https://a.example.com; {more} }}")
        };
        let all = locations.iter().enumerate().map(one).collect::<String>();
        format!("server {{ {all} }}")
    };
    assert_eq!(help(&server(&[""]), "sni_not_sent"), [ON]);
    assert_eq!(help(&server(&["", ""]), "sni_not_sent"), [ON, EACH]);
    const OTHERS: &str = "sni_in_one_location_only";
    assert_eq!(help(&server(&["", ON]), OTHERS), [ON]);
    assert_eq!(help(&server(&["", ON, ""]), OTHERS), [ON, EACH]);
}

/// Nothing but directives ends in a semicolon.
#[test]
fn words_are_no_directives() {
    let is_directive = |line: &str| {
        let name = line.split(' ').next().unwrap();
        let others = ["server", "proxy_ssl", "error_log"];
        name.contains("_ssl_") || name.ends_with("_set_header") || others.contains(&name)
    };
    for check in CHECKS {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check");
        let file = format!("{folder}/{}/fires.conf", check.id);
        let found = findings(&std::fs::read_to_string(file).unwrap());
        for line in found.iter().flat_map(|finding| &finding.help) {
            assert!(
                is_directive(line) || !line.ends_with(';'),
                "{}: {line}",
                check.id
            );
        }
    }
}

#[test]
fn a_header_is_written_beside_the_others() {
    let help = |server: &str, location: &str| {
        let tls =
            "proxy_pass https://192.0.2.7; proxy_ssl_server_name on; proxy_ssl_name a.example.com;";
        let text = format!("server {{ {server} location / {{ {tls} {location} }} }}");
        help(&text, "host_differs_from_sni")
    };
    let host = "proxy_set_header Host a.example.com;";
    let beside = "beside the other proxy_set_header lines: a level that has one inherits none";
    let other = "proxy_set_header X-Real-IP $remote_addr;";
    assert_eq!(help("", ""), [host]);
    assert_eq!(help(other, ""), [host, beside]);
    assert_eq!(help("", other), [host]);
    assert_eq!(help("proxy_set_header Host b.example.com;", ""), [host]);
}

#[test]
fn an_address_is_not_sent_either() {
    let text = |name: &str| {
        format!(
            "server {{ location / {{ proxy_pass https://192.0.2.7; proxy_ssl_name {name}; }} }}"
        )
    };
    let on = "proxy_ssl_server_name on;";
    let named = help(&text("a.example.com"), "name_without_effect");
    assert_eq!(named, [on]);
    let address = help(&text("192.0.2.7"), "name_without_effect");
    assert_eq!(address, [on, "proxy_ssl_name <host-name-of-the-upstream>;"]);
}

#[test]
fn sessions_differ_in_what_is_named() {
    let differ = |one: &str, other: &str| {
        let location = |path: &str, more: &str| {
            format!(
                "location {path} {{ proxy_pass https://192.0.2.7; proxy_ssl_name a.example.com;
                     proxy_ssl_trusted_certificate a.pem; {more} }}"
            )
        };
        let text = format!(
            "server {{ {} {} }}",
            location("/a", one),
            location("/b", other)
        );
        let found = findings(&text);
        let mut own = found
            .iter()
            .filter(|one| one.id == "session_mixes_settings");
        own.next().map(|one| one.message.clone())
    };
    let message = |what: &str| {
        Some(format!(
            "TLS sessions are shared with a location that has {what}"
        ))
    };
    let on = "proxy_ssl_verify on;";
    let with = |more: &str| format!("{on} {more}");
    for (other, what) in [
        (String::new(), "other verification"),
        (
            with("proxy_ssl_certificate b.pem;"),
            "another client certificate",
        ),
        (with("proxy_ssl_crl b.pem;"), "other revocation lists"),
        (
            with("proxy_ssl_verify_depth 3;"),
            "another depth of verification",
        ),
    ] {
        assert_eq!(differ(on, &other), message(what), "{other}");
    }
    assert_eq!(differ(on, &with("proxy_ssl_verify_depth 1;")), None);
    assert_eq!(differ("", "proxy_ssl_verify_depth 3;"), None);
}
