//! The status reports, to the byte: what other programs and people read is in tests/status/.
//! `TLSDIAG_BLESS=1` writes those files again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::path::Path;

use serde_json::Value;
use tlsdiag::counters::Snapshot;
use tlsdiag::report::status::{write, Format};

#[path = "status/sample.rs"]
mod sample;
use sample::sample;

/// Everything that a format could trip over.
const HOSTILE: &str = "</style><script>alert(1)</script>\"'\\{}\n# EOF\n\u{202e}\u{9b}31m\0";

fn report(format: Format, snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    write(format, snapshot, None, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// 2026-11-23T08:41:07.123Z
const NOW_MS: i64 = 1_795_423_267_123;

fn ordinary() -> Snapshot {
    sample(NOW_MS, str::to_owned)
}

fn hostile() -> Snapshot {
    sample(NOW_MS, |name| format!("{name}{HOSTILE}"))
}

#[track_caller]
fn assert_golden(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/status")
        .join(file);
    if std::env::var_os("TLSDIAG_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, golden, "{file}: TLSDIAG_BLESS=1 writes it again");
}

#[test]
fn reports_are_what_they_were() {
    let snapshot = ordinary();
    let json: Value = serde_json::from_str(&report(Format::Json, &snapshot)).unwrap();
    assert_golden(
        "sample.json",
        &(serde_json::to_string_pretty(&json).unwrap() + "\n"),
    );
    assert_golden("sample.prom", &report(Format::Prometheus, &snapshot));
    assert_golden(
        "sample.openmetrics",
        &report(Format::OpenMetrics, &snapshot),
    );
    assert_golden("sample.html", &report(Format::Html, &snapshot));
}

#[test]
fn json_holds_every_server_and_only_what_is_known() {
    let text = report(Format::Json, &ordinary());
    assert!(text.ends_with("}\n") && text.lines().count() == 1);
    let json: Value = serde_json::from_str(&text).unwrap();
    let orders = &json["http"]["upstreams"]["orders"];
    assert_eq!(orders["peers"][0]["ssl"]["handshakes"], 48);
    let failing = &orders["peers"][1];
    assert_eq!(failing["ssl"]["verify_failures"]["expired_cert"], 12);
    assert_eq!(failing["failures"]["handshake_timeout"], 3);
    assert_eq!(failing["failures"]["misdirected_request"], 1);
    assert_eq!(
        (&failing["refused"], &failing["ssl"]["handshakes_failed"]),
        (&1.into(), &17.into())
    );
    assert_eq!(failing["changed"][0], "certificate_expired");
    assert!(failing.get("name").is_none());
    let stream = &json["stream"]["upstreams"]["orders"]["peers"][0];
    assert!(stream.get("last_good").is_none() && stream.get("changed").is_none());
    assert_eq!(stream["last_failure"]["reason"], "sni_missing");
    assert_eq!(json["other"]["failures"]["peer_reset"], 1);
    assert!(!text.contains("null"), "{text}");
}

/// `name{label="value",...} number`, every name once with its labels, the values unescaped.
fn samples(text: &str) -> Vec<(String, String)> {
    let mut samples: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        assert!(
            name.bytes()
                .all(|one| one.is_ascii_lowercase() || one == b'_'),
            "{line}"
        );
        let (mut quoted, mut escaped) = (false, false);
        for one in labels.chars() {
            match (escaped, one) {
                (true, _) => escaped = false,
                (false, '\\') => escaped = true,
                (false, '"') => quoted = !quoted,
                _ => {}
            }
        }
        assert!(!quoted && !escaped, "{line}");
        assert!(labels.is_empty() || labels.ends_with('}'), "{line}");
        assert!(
            samples.iter().all(|(known, _)| known != series),
            "{series} stands twice"
        );
        samples.push((series.to_owned(), value.to_owned()));
    }
    samples
}

#[test]
fn every_series_is_there_once_and_its_family_is_declared_before_it() {
    for (format, open_metrics) in [(Format::Prometheus, false), (Format::OpenMetrics, true)] {
        for snapshot in [ordinary(), hostile()] {
            let text = report(format, &snapshot);
            let samples = samples(&text);
            assert!(samples.len() > 60);
            let created = samples.iter().filter(|(name, _)| name.contains("_created"));
            assert_eq!(created.count() > 0, open_metrics);
            let mut family = "";
            for line in text.lines() {
                if let Some(declared) = line.strip_prefix("# TYPE ") {
                    family = declared.split(' ').next().unwrap();
                } else if !line.starts_with('#') {
                    assert!(line.starts_with(family), "{line} in {family}");
                }
            }
            assert_eq!(text.ends_with("# EOF\n"), open_metrics);
            assert_eq!(text.matches("\n# EOF").count(), usize::from(open_metrics));
        }
    }
}

#[test]
fn both_metric_formats_say_the_same() {
    let of = |format| {
        let mut all = samples(&report(format, &ordinary()));
        all.retain(|(name, _)| !name.contains("_created"));
        all
    };
    assert_eq!(of(Format::Prometheus), of(Format::OpenMetrics));
}

#[test]
fn buckets_are_cumulative_and_end_in_the_count() {
    let text = report(Format::Prometheus, &ordinary());
    let orders = r#"{context="http",upstream="orders""#;
    let bucket = |le: &str| format!("_bucket{orders},le=\"{le}\"}}");
    for (series, value) in [
        (bucket("0.005"), "0"),
        (bucket("0.025"), "43"),
        (bucket("1.0"), "53"),
        (bucket("10.0"), "53"),
        (bucket("+Inf"), "54"),
        (format!("_count{orders}}}"), "54"),
        (format!("_sum{orders}}}"), "13.250417"),
    ] {
        let line = format!("nginx_upstream_tls_handshake_duration_seconds{series} {value}\n");
        assert!(text.contains(&line), "{line} in {text}");
    }
}

#[test]
fn names_stay_data_in_every_format() {
    let snapshot = hostile();
    let html = report(Format::Html, &snapshot);
    assert!(!html.contains("<script") && html.matches("</style>").count() == 1);
    assert!(html.contains("&lt;/style&gt;&lt;script&gt;alert(1)"));
    for format in [
        Format::Json,
        Format::Prometheus,
        Format::OpenMetrics,
        Format::Html,
    ] {
        let text = report(format, &snapshot);
        let bad = text.chars().find(|one| one.is_control() && *one != '\n');
        assert_eq!(bad, None, "{format:?}");
        assert!(!text.contains('\u{202e}'), "{format:?}");
    }
    let json: Value = serde_json::from_str(&report(Format::Json, &snapshot)).unwrap();
    let upstreams = json["http"]["upstreams"].as_object().unwrap();
    assert_eq!(upstreams.len(), 2);
    assert!(upstreams
        .keys()
        .any(|name| name.starts_with("orders</style>")));
}

#[test]
fn the_page_refreshes_only_when_asked_and_within_bounds() {
    let page = |refresh| {
        let mut out = Vec::new();
        write(Format::Html, &ordinary(), refresh, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(!page(None).contains("http-equiv"));
    assert!(page(Some(5)).contains(r#"<meta http-equiv="refresh" content="5">"#));
    assert!(page(Some(0)).contains(r#"content="1">"#));
    assert!(page(Some(u32::MAX)).contains(r#"content="3600">"#));
}

#[test]
fn a_writer_that_fails_ends_the_report() {
    struct Full(usize);
    impl std::io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            match self.0.checked_sub(bytes.len()) {
                Some(left) => self.0 = left,
                None => return Err(std::io::ErrorKind::OutOfMemory.into()),
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in [
        Format::Json,
        Format::Prometheus,
        Format::OpenMetrics,
        Format::Html,
    ] {
        let length = report(format, &ordinary()).len();
        assert!(write(format, &ordinary(), None, &mut Full(length)).is_ok());
        assert!(write(format, &ordinary(), None, &mut Full(length - 1)).is_err());
        assert!(write(format, &ordinary(), None, &mut Full(0)).is_err());
    }
}

#[test]
fn an_empty_zone_is_a_report_too() {
    for format in [
        Format::Json,
        Format::Prometheus,
        Format::OpenMetrics,
        Format::Html,
    ] {
        assert!(
            report(format, &Snapshot::default()).len() > 500,
            "{format:?}"
        );
    }
}
