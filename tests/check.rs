//! Every check on its own files: it fires at the lines marked `# fires` and nowhere else, and not in the
//! file that differs in the least that mends it. No other check says anything of either, but for
//! those that a comment `# also:` names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tlsdiag::check::{check, summary, Finding, Severity, CHECKS, SOURCES};
use tlsdiag::disk::Disk;
use tlsdiag::nginx_conf::read;

/// When the certificates in tests/check/pki are looked at: 2026-11-26.
const NOW: i64 = 1_795_651_200;

fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/check")
        .join(id)
}

fn run(file: &Path) -> (String, Vec<Finding>) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let tree = read(&Disk, file.as_os_str().as_bytes()).unwrap();
    (text, check(&tree, &Disk, NOW))
}

/// The ids that a file's comment allows besides.
fn also(text: &str) -> BTreeSet<&str> {
    let lists = text
        .lines()
        .filter_map(|line| line.strip_prefix("# also: "));
    lists.flat_map(|list| list.split(", ")).collect()
}

fn ids(findings: &[Finding]) -> BTreeSet<&str> {
    findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn every_check_fires_where_it_should() {
    for check in CHECKS {
        let (text, findings) = run(&folder(check.id).join("fires.conf"));
        let marked = text
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.ends_with("# fires"));
        let marked: Vec<u32> = marked.map(|(_, number)| number).collect();
        let own: Vec<_> = findings
            .iter()
            .filter(|finding| finding.id == check.id)
            .collect();
        let lines: Vec<_> = own.iter().map(|finding| finding.line).collect();
        assert!(!marked.is_empty(), "{}", check.id);
        assert_eq!(lines, marked, "{}: {findings:#?}", check.id);
        let mut expected = also(&text);
        expected.insert(check.id);
        assert_eq!(ids(&findings), expected, "{}: {findings:#?}", check.id);
        let worst = own.iter().map(|finding| finding.severity).max();
        assert_eq!(worst, Some(check.severity), "{}", check.id);
        for finding in own {
            let line = text.lines().nth(finding.line as usize - 1).unwrap();
            let start = line
                .chars()
                .skip(finding.column as usize - 1)
                .collect::<String>();
            let name = finding.directive.split([' ', ';']).next().unwrap();
            assert!(start.starts_with(name), "{}: {finding:?}", check.id);
            assert!(
                !finding.message.is_empty() && !finding.help.is_empty(),
                "{finding:?}"
            );
        }
    }
}

#[test]
fn no_check_fires_on_its_nearest_miss() {
    for check in CHECKS {
        let (text, findings) = run(&folder(check.id).join("quiet.conf"));
        assert!(
            !ids(&findings).contains(check.id),
            "{}: {findings:#?}",
            check.id
        );
        assert_eq!(ids(&findings), also(&text), "{}: {findings:#?}", check.id);
    }
}

#[test]
fn comments_silence() {
    for check in CHECKS {
        let folder = folder(check.id);
        let (text, findings) = run(&folder.join("fires.conf"));
        let fires = findings
            .iter()
            .filter(|finding| finding.id == check.id)
            .count();
        let allow = format!("# tlsdiag: allow {}", check.id);
        for (silenced, left) in [
            (text.replace("# fires", &allow), 0),
            (text.replacen("# fires", &allow, 1), fires - 1),
            (text.replace("# fires", "# tlsdiag: allow another"), fires),
        ] {
            let tree = tlsdiag::nginx_conf::read_text(
                &Disk,
                folder.join("fires.conf").as_os_str().as_bytes(),
                silenced.as_bytes(),
            );
            let findings = tlsdiag::check::check(&tree.unwrap(), &Disk, NOW);
            let own = findings
                .iter()
                .filter(|finding| finding.id == check.id)
                .count();
            assert_eq!(own, left, "{}: {silenced}", check.id);
        }
    }
}

#[test]
fn every_check_is_documented() {
    assert_eq!(SOURCES.len(), CHECKS.len());
    for (check, (id, source)) in CHECKS.iter().zip(SOURCES) {
        assert_eq!(check.id, *id);
        let lines = source.lines().take_while(|line| line.starts_with("//!"));
        let text: Vec<_> = lines.collect();
        for heading in ["# Why", "# What to write", "# How it is known"] {
            assert!(
                text.contains(&format!("//! {heading}").as_str()),
                "{id}: {heading}"
            );
        }
        assert!(summary(id).ends_with('.'), "{id}");
    }
    let mut severities: Vec<_> = CHECKS.iter().map(|check| check.severity).collect();
    severities.dedup();
    severities.reverse();
    assert_eq!(
        severities,
        [Severity::Note, Severity::Warning, Severity::Error],
        "the gravest first"
    );
}

/// Every folder belongs to a check.
#[test]
fn there_is_nothing_else() {
    let known: BTreeSet<_> = CHECKS.iter().map(|check| check.id.to_owned()).collect();
    let entries = std::fs::read_dir(folder("")).unwrap();
    let names = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap());
    let folders: BTreeSet<_> = names.filter(|name| name != "pki").collect();
    assert_eq!(folders, known);
}

/// What is around a part of a server is not known: it may send the name, and be named as the upstream
/// is.
#[test]
fn a_part_may_stand_in_any_server() {
    let part = "location / {
        proxy_pass https://192.0.2.7;
        proxy_ssl_server_name on;
        proxy_ssl_name app.example.com;
        proxy_set_header Host $host;
    }
    location /named { proxy_pass https://192.0.2.8; proxy_ssl_verify on; proxy_ssl_name $host;
        proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; }
    location /sni { proxy_pass https://api.example.com; }
    location /verified { proxy_pass https://192.0.2.9; proxy_ssl_verify on; }
    location /off { proxy_pass https://192.0.2.10; proxy_ssl_verify off; }";
    let found = |text: &str| {
        let tree = tlsdiag::nginx_conf::read_text(&Disk, b"part.conf", text.as_bytes()).unwrap();
        let findings = check(&tree, &Disk, NOW);
        findings
            .iter()
            .map(|finding| finding.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(part), ["verify_off"]);
    let whole = [
        "host_differs_from_sni",
        "name_is_client_host",
        "sni_not_sent",
        "verify_address",
        "verify_without_ca",
        "verify_off",
    ];
    assert_eq!(found(&format!("server {{ {part} }}")), whole);
}

/// What stands in `http` or `stream` is also for servers in files that were not read.
#[test]
fn a_level_that_goes_on_elsewhere_is_for_others_too() {
    let found = |text: &str| {
        let tree = tlsdiag::nginx_conf::read_text(&Disk, b"part.conf", text.as_bytes()).unwrap();
        let findings = check(&tree, &Disk, NOW);
        let shown = findings.iter().map(|finding| finding.id);
        shown.collect::<BTreeSet<_>>()
    };
    for (level, outer, server) in [
        (
            "http",
            "proxy_ssl_verify_depth 2;",
            "server { location / { grpc_pass grpcs://192.0.2.7:1; } }",
        ),
        (
            "http",
            "proxy_ssl_name a.example.com;",
            "server { location / { proxy_pass https://192.0.2.7; } }",
        ),
        (
            "stream",
            "proxy_ssl_name a.example.com;",
            "server { proxy_pass 192.0.2.7:1; }",
        ),
    ] {
        let part = format!("{outer} {server}");
        let whole = format!("{level} {{ {part} }}");
        let more = format!("{level} {{ {part} include no-such-file; }}");
        assert_eq!(found(&whole).len(), 1, "{whole}");
        assert_eq!(found(&part), BTreeSet::new(), "{part}");
        assert_eq!(found(&more), BTreeSet::new(), "{more}");
    }
}

/// `TLSDIAG_BLESS=1 cargo test` writes the page anew.
#[test]
fn the_page_of_checks_is_current() {
    let mut page = String::from(
        "# Checks\n\nWhat `tlsdiag check` finds in a configuration. Generated from the checks \
         (`TLSDIAG_BLESS=1 cargo test`); `tlsdiag explain ID` shows the same. A comment `# tlsdiag: allow ID` \
         on the directive's line or above it silences one, for all of its block.\n\n\
         | id | worst | what is wrong |\n|---|---|---|\n",
    );
    for check in CHECKS {
        let (id, severity) = (check.id, check.severity.name());
        page.push_str(&format!(
            "| [{id}](#{id}) | {severity} | {} |\n",
            summary(id)
        ));
    }
    for (id, source) in SOURCES {
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let text = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
        let text = text
            .collect::<Vec<_>>()
            .join("\n")
            .replace("\n# ", "\n### ");
        page.push_str(&format!("\n## {id}\n\n{text}\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/check.md");
    if std::env::var_os("TLSDIAG_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page,
        "docs/check.md is out of date: run TLSDIAG_BLESS=1 cargo test"
    );
}
