//! A real Prometheus reads both formats, and runs the alert rules and every query of the dashboard.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tlsdiag::counters::Snapshot;
use tlsdiag::report::status::Format;
use tlsdiag_e2e::wait;
use tlsdiag_observability::prometheus::{promtool, Prometheus};
use tlsdiag_observability::reports::{hostile, report, sample};
use tlsdiag_observability::repository;
use tlsdiag_observability::served::{Served, STATUS, TEXT};
use tlsdiag_observability::site::{Answer, Site};

fn answer(format: Format, snapshot: &Snapshot) -> Answer {
    Answer {
        headers: vec![format!("Content-Type: {}", format.content_type())],
        body: report(format, snapshot),
    }
}

/// Both formats below `/text` and `/openmetrics`, with hostile names below `/hostile/`.
fn site(times: impl Fn() -> u64 + Send + 'static) -> Site {
    Site::start(move |path| {
        let snapshot = match path.starts_with("/hostile") {
            true => hostile(),
            false => sample(times()),
        };
        let format = match path.trim_start_matches("/hostile") {
            "/text" => Format::Prometheus,
            "/openmetrics" => Format::OpenMetrics,
            _ => return None,
        };
        Some(answer(format, &snapshot))
    })
}

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    for snapshot in [sample(1), hostile(), Snapshot::default()] {
        let text = report(Format::Prometheus, &snapshot);
        assert_eq!(promtool(&["check", "metrics"], &text), Ok(()));
    }
    let wrong = "# TYPE nginx_upstream_tls_oops counter\nnginx_upstream_tls_oops 1\n";
    assert!(
        promtool(&["check", "metrics"], wrong).is_err(),
        "promtool checks nothing"
    );
}

#[test]
fn both_formats_are_scraped_whole_and_say_the_same() {
    let site = site(|| 1);
    let prometheus = Prometheus::start(&[
        ("text", site.port(), "/text"),
        ("openmetrics", site.port(), "/openmetrics"),
        ("hostile_text", site.port(), "/hostile/text"),
        ("hostile_openmetrics", site.port(), "/hostile/openmetrics"),
        ("absent", site.port(), "/absent"),
    ]);
    prometheus.wait_for(r#"count(up == 1) == 4"#);
    prometheus.wait_for(r#"up{job="absent"} == 0"#);
    for target in prometheus.targets().as_array().unwrap() {
        let absent = target["labels"]["job"] == "absent";
        assert_eq!(target["lastError"] == "", !absent, "{target:#}");
    }
    let failures = "nginx_upstream_tls_handshake_failures_total{reason='certificate_expired'}";
    let result = prometheus.query(failures);
    assert_eq!(result.len(), 4, "{result:#?}");
    for one in &result {
        assert_eq!(one["value"][1], "12", "{one:#}");
        assert_eq!(one["metric"]["context"], "http");
    }
    // The same series with the same values, whatever the format.
    let pair = r#"{__name__=~"nginx_upstream_tls_.*",__name__!~".*_(created|timestamp_seconds)",job="JOB"}"#;
    let series = |job: &str| -> BTreeSet<String> {
        let result = prometheus.query(&pair.replace("JOB", job));
        let text = |one: &Value| {
            let mut metric = one["metric"].clone();
            metric["job"] = Value::Null;
            format!("{metric} {}", one["value"][1])
        };
        result.iter().map(text).collect()
    };
    let text = series("text");
    assert!(text.len() > 70, "{}", text.len());
    assert_eq!(text, series("openmetrics"));
    assert_eq!(series("hostile_text").len(), text.len());
    assert_eq!(series("hostile_text"), series("hostile_openmetrics"));
    let quoted = prometheus.query(
        r#"nginx_upstream_tls_handshakes_total{job="hostile_text",upstream=~".*<script>alert.*"}"#,
    );
    assert_eq!(quoted.len(), 3, "names come whole: {quoted:#?}");
}

#[test]
fn the_alert_rules_are_right() {
    let rules = repository("contrib/prometheus/upstream_tls.rules.yml");
    let tests = repository("contrib/prometheus/upstream_tls.rules.test.yml");
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    assert_eq!(promtool(&["check", "rules", &path(&rules)], ""), Ok(()));
    assert_eq!(promtool(&["test", "rules", &path(&tests)], ""), Ok(()));
    let text = std::fs::read_to_string(&rules).unwrap();
    let tested = std::fs::read_to_string(&tests).unwrap();
    let names = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    for name in names {
        assert!(
            tested.contains(&format!("alertname: {name}\n")),
            "{name} is not tested"
        );
    }
}

/// Everything in the dashboard that is asked of Prometheus.
fn queries(dashboard: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let panels = list(&dashboard["panels"]);
    let annotations = list(&dashboard["annotations"]["list"]);
    let targets = panels.iter().flat_map(|panel| list(&panel["targets"]));
    targets
        .chain(annotations)
        .map(|one| {
            one["expr"]
                .as_str()
                .unwrap_or_else(|| panic!("no query: {one}"))
                .to_owned()
        })
        .collect()
}

/// Asks everything that the dashboard does.
fn ask_everything(prometheus: &Prometheus) {
    let file = repository("contrib/grafana/upstream_tls.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let queries = queries(&dashboard);
    assert!(queries.len() > 20);
    for query in queries {
        let mut concrete = query.replace("$__rate_interval", "30s");
        for variable in ["$job", "$instance", "$upstream"] {
            concrete = concrete.replace(variable, ".*");
        }
        assert!(
            !concrete.contains('$'),
            "a variable without a value: {concrete}"
        );
        let result = prometheus.query(&concrete);
        assert!(!result.is_empty(), "nothing comes of {query}");
        let number = |one: &Value| one["value"][1].as_str().unwrap().parse::<f64>().unwrap();
        assert!(
            result.iter().any(|one| number(one).is_finite()),
            "{query}: {result:?}"
        );
    }
    // label_values(metric, label)
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(definition) = variable["definition"].as_str() else {
            continue;
        };
        let inner = definition
            .strip_prefix("label_values(")
            .and_then(|one| one.strip_suffix(')'));
        let (metric, label) = inner.unwrap().rsplit_once(", ").unwrap();
        let metric = metric.replace("$job", ".*").replace("$instance", ".*");
        let values = prometheus.label_values(label, &metric);
        assert!(!values.is_empty(), "{definition}");
    }
}

#[test]
fn every_query_of_the_dashboard_gives_something() {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    let site = site(|| TIMES.fetch_add(1, Ordering::Relaxed) + 1);
    let prometheus = Prometheus::start(&[("nginx", site.port(), "/openmetrics")]);
    prometheus.wait_for("count_over_time(nginx_upstream_tls_start_timestamp_seconds[1m]) > 6");
    ask_everything(&prometheus);
}

/// The same with what nginx itself serves, in both formats.
#[test]
fn nginx_is_scraped_and_fills_the_dashboard() {
    let served = Served::start();
    served.work();
    let prometheus = Prometheus::start(&[
        ("openmetrics", served.port(), STATUS),
        ("text", served.port(), TEXT),
    ]);
    let scraped = "count(count_over_time(nginx_upstream_tls_start_timestamp_seconds[1m]) > 6) == 2";
    let filled = wait::poll(Duration::from_secs(60), || {
        served.work();
        (!prometheus.query(scraped).is_empty()).then_some(())
    });
    assert!(filled.is_some(), "{:#}", prometheus.targets());
    for target in prometheus.targets().as_array().unwrap() {
        assert_eq!(target["lastError"], "", "{target:#}");
        assert_eq!(target["health"], "up", "{target:#}");
    }
    ask_everything(&prometheus);
    for job in ["openmetrics", "text"] {
        let refused = format!(
            "nginx_upstream_tls_handshake_failures_total{{job='{job}',reason='sni_missing',upstream='broken'}} > 1"
        );
        assert_eq!(prometheus.query(&refused).len(), 1, "{job}");
        let named = format!(
            "nginx_upstream_tls_handshakes_total{{job='{job}',upstream=~'<img src=x .*'}} > 1"
        );
        assert_eq!(prometheus.query(&named).len(), 1, "{job}");
    }
    let text = served.get(TEXT);
    let kind = "Content-Type: text/plain; version=0.0.4; charset=utf-8".to_owned();
    assert!(text.headers.contains(&kind), "{:?}", text.headers);
    let text = String::from_utf8(text.body).unwrap();
    assert_eq!(promtool(&["check", "metrics"], &text), Ok(()));
    served.finish();
}
