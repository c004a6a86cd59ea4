//! Repeats: written once, counted always, and every number told.

use serde_json::{json, Value};
use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::refusing_the_version;
use tlsdiag_e2e::nginx::{Config, Nginx};
use tlsdiag_e2e::observe::{json, Log};
use tlsdiag_e2e::peers::relay::Switch;
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::process::read_lossy;
use tlsdiag_e2e::wait;

use super::lab::{ask, block, counting, get, refusing, server, status, Death};

fn config(peer: &Peer, repeat: &str) -> Config {
    counting()
        .http(&block("orders", peer))
        .http(&format!("upstream_tls_repeat {repeat};\n"))
        .location("/", "proxy_pass https://orders;")
}

/// The lines of diagnoses, and those that tell a number.
fn told(log: &Log) -> (Vec<String>, Vec<String>) {
    let all = log.ours().into_iter().map(|line| line.message.clone());
    all.partition(|line| line.contains("; fix: "))
}

fn is_number(document: &Value) -> bool {
    document["event"]["action"] == "tls-handshake-repeats"
}

/// What the number of a line is.
fn number(line: &str) -> usize {
    let rest = line.split("] ").nth(1).unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

fn wait_for_number(nginx: &Nginx) -> String {
    wait::until("the number of those that were not written", || {
        told(&nginx.log()).1.pop()
    })
}

#[test]
fn a_storm_is_one_line_and_its_number() {
    let peer = refusing();
    let nginx = Nginx::start(config(&peer, "3s"));
    get(&nginx, "/", 502, 50);
    let line = wait_for_number(&nginx);
    let words = format!(
        "upstream_tls[sni_missing] 49 more like this suppressed in the last 3 s: orders, 127.0.0.1:{}",
        peer.port()
    );
    assert_eq!(line, words);
    let status = status(&nginx);
    assert_eq!(status["log"]["records"], 1, "{status:#}");
    assert_eq!(status["log"]["suppressed"], 49);
    assert_eq!(server(&nginx, "orders")["failures"]["sni_missing"], 50);
    // The window is over: the next one is written again.
    get(&nginx, "/", 502, 1);
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(
        (lines.len(), numbers.len()),
        (2, 1),
        "{}",
        finished.log.text
    );
    let [first, number, last] = &finished.documents[..] else {
        panic!("{:#?}", finished.documents);
    };
    assert!(!is_number(first) && is_number(number) && !is_number(last));
    assert_eq!(
        number["nginx"]["upstream_tls"]["suppressed"], 49,
        "{number:#}"
    );
    assert_eq!(number["event"]["code"], "sni_missing");
    assert_eq!(number["server"]["port"], peer.port());
    assert_eq!(
        number["event"]["start"], first["@timestamp"],
        "the one that was written"
    );
    assert!(number["event"]["end"].as_str() > number["event"]["start"].as_str());
}

#[test]
fn without_it_every_failure_is_written() {
    let peer = refusing();
    let off = config(&peer, "1h").location(
        "/off",
        "proxy_pass https://orders; upstream_tls_repeat off;",
    );
    let nginx = Nginx::start(off);
    get(&nginx, "/off", 502, 5);
    let finished = nginx.finish();
    assert_eq!(told(&finished.log).0.len(), 5);
    assert_eq!(finished.documents.len(), 5);
    let nginx = Nginx::start(
        counting()
            .http(&block("orders", &peer))
            .location("/", "proxy_pass https://orders;"),
    );
    get(&nginx, "/", 502, 5);
    assert_eq!(told(&nginx.finish().log).0.len(), 5);
}

#[test]
fn a_worker_that_ends_tells_what_it_has() {
    let peer = refusing();
    let nginx = Nginx::start(config(&peer, "1h"));
    get(&nginx, "/", 502, 10);
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(
        (lines.len(), numbers.len()),
        (1, 1),
        "{}",
        finished.log.text
    );
    assert_eq!(number(&numbers[0]), 9);
    assert!(
        numbers[0].contains(" suppressed in the last "),
        "{}",
        numbers[0]
    );
    assert_eq!(
        finished
            .documents
            .iter()
            .filter(|one| is_number(one))
            .count(),
        1
    );
}

#[test]
fn a_reload_tells_it_too_and_the_new_configuration_begins_anew() {
    let peer = refusing();
    let mut nginx = Nginx::start(config(&peer, "1h"));
    get(&nginx, "/", 502, 4);
    nginx.reload(|_| ()).unwrap();
    get(&nginx, "/", 502, 3);
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(lines.len(), 2, "{}", finished.log.text);
    let numbers: Vec<_> = numbers.iter().map(|line| number(line)).collect();
    assert_eq!(numbers, [3, 2]);
}

#[test]
fn the_number_of_a_worker_that_was_killed_is_told_by_the_next() {
    let peer = refusing();
    let mut nginx = Nginx::start(config(&peer, "2s"));
    nginx.expect_trouble("exited on signal 9");
    get(&nginx, "/", 502, 6);
    let workers = nginx.workers();
    nginx.kill_worker(workers[0]);
    let line = wait_for_number(&nginx);
    assert_eq!(number(&line), 5, "{line}");
    let finished = nginx.finish();
    let pid = |document: &Value| document["process"]["pid"].clone();
    let number = finished
        .documents
        .iter()
        .find(|one| is_number(one))
        .unwrap();
    assert_ne!(
        pid(number),
        pid(&finished.documents[0]),
        "another worker told it"
    );
}

/// What is told of 5 repeats where a worker is killed at this point, told at the end of their window: each
/// number, and who told it.
fn told_by_a_worker_killed_at(point: &str) -> Vec<(Value, Value)> {
    let peer = refusing();
    let mut config = config(&peer, "2s");
    let death = Death::at(point, &mut config);
    let mut nginx = Nginx::start(config);
    nginx.expect_trouble("exited on signal 9");
    get(&nginx, "/", 502, 6);
    let first = nginx.workers();
    wait::until("another worker", || {
        let now = nginx.workers();
        (!now.is_empty() && now != first).then_some(())
    });
    assert!(death.has_come());
    wait_for_number(&nginx);
    // The window is over, and nothing of it is left.
    get(&nginx, "/", 502, 2);
    let finished = nginx.finish();
    let numbers = finished.documents.iter().filter(|one| is_number(one));
    let mut numbers: Vec<_> = numbers.collect();
    let last = numbers.pop().unwrap();
    assert_eq!(last["nginx"]["upstream_tls"]["suppressed"], 1, "{last:#}");
    assert_eq!(told(&finished.log).1.len(), numbers.len() + 1);
    let written = &finished.documents[0];
    let pair = |number: &Value| {
        assert_eq!(number["nginx"]["upstream_tls"]["suppressed"], 5);
        assert_eq!(number["event"]["start"], written["@timestamp"]);
        assert_eq!(number["event"]["code"], "sni_missing");
        (
            number["event"]["end"].clone(),
            number["process"]["pid"].clone(),
        )
    };
    numbers.into_iter().map(pair).collect()
}

#[test]
fn a_number_that_was_not_written_yet_is_told_by_the_next_worker() {
    let told = told_by_a_worker_killed_at("tell");
    assert_eq!(told.len(), 1, "{told:?}");
}

/// Nobody knows whether it was written: rather twice than never.
#[test]
fn a_number_just_written_is_told_again() {
    let told = told_by_a_worker_killed_at("told");
    let [(end, worker), (same, other)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(end, same);
    assert_ne!(worker, other);
}

/// Another place, another cause, another server: not the same failure.
#[test]
fn only_the_same_failure_is_a_repeat() {
    let (peer, silent) = (refusing(), refusing());
    let config = config(&peer, "1h")
        .http(&block("others", &silent))
        .location("/b", "proxy_pass https://orders;")
        .location(
            "/c",
            "proxy_pass https://orders; proxy_ssl_server_name on; proxy_ssl_name api.example.test;",
        )
        .location("/d", "proxy_pass https://others;");
    let nginx = Nginx::start(config);
    for _ in 0..3 {
        for path in ["/", "/b", "/c", "/d"] {
            get(&nginx, path, 502, 1);
        }
    }
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(lines.len(), 4, "{}", finished.log.text);
    assert_eq!(
        numbers.iter().map(|line| number(line)).collect::<Vec<_>>(),
        [2; 4]
    );
}

/// In a storm not every failure is diagnosed; one that went otherwise is, also within the same second.
#[test]
fn a_storm_of_two_causes_is_counted_apart() {
    let (alert, other) = (refusing(), refusing_the_version());
    let server_of = Switch::to(&alert);
    let block = format!(
        "upstream orders {{ server 127.0.0.1:{}; }}\n",
        server_of.port()
    );
    let config = counting()
        .http(&block)
        .http("upstream_tls_repeat 1h;\n")
        .location("/", "proxy_pass https://orders;");
    let nginx = Nginx::start(config);
    for _ in 0..20 {
        for peer in [&alert, &other] {
            server_of.set(peer);
            get(&nginx, "/", 502, 1);
        }
    }
    let orders = server(&nginx, "orders");
    let causes = json!({"sni_missing": 20, "protocol_version_mismatch": 20});
    assert_eq!(orders["failures"], causes, "{orders:#}");
    let alerts = json!({"handshake_failure": 20, "protocol_version": 20});
    assert_eq!(orders["alerts"]["received"], alerts);
    assert_eq!(
        orders["last_failure"]["reason"],
        "protocol_version_mismatch"
    );
    assert_eq!(status(&nginx)["log"]["suppressed"], 38);
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(lines.len(), 2, "{}", finished.log.text);
    let numbers: Vec<_> = numbers.iter().map(|line| number(line)).collect();
    assert_eq!(numbers, [19, 19]);
}

/// A server has room for eight kinds of failures. The ninth is written each time: no line is lost.
#[test]
fn where_all_windows_are_taken_the_line_is_written() {
    let peer = refusing();
    let places = (0..9).map(|place| format!("/{place}"));
    let config = places.clone().fold(config(&peer, "1h"), |config, place| {
        config.location(&place, "proxy_pass https://orders;")
    });
    let nginx = Nginx::start(config);
    for place in places {
        get(&nginx, &place, 502, 3);
    }
    let status = status(&nginx);
    assert_eq!(status["log"]["records"], 8 + 3, "{status:#}");
    assert_eq!(status["log"]["suppressed"], 8 * 2);
    assert_eq!(server(&nginx, "orders")["failures"]["sni_missing"], 27);
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    assert_eq!(lines.len(), 8 + 3, "{}", finished.log.text);
    let numbers: Vec<_> = numbers.iter().map(|line| number(line)).collect();
    assert_eq!(numbers, [2; 8]);
}

/// Several workers meet in one window, and each failure is in one number.
#[test]
fn workers_share_a_window() {
    let peer = refusing();
    let mut config = config(&peer, "1s");
    config.workers = 3;
    let nginx = Nginx::start(config);
    for _ in 0..4 {
        get(&nginx, "/", 502, 40);
        std::thread::sleep(std::time::Duration::from_millis(400));
    }
    let metrics = String::from_utf8(ask(&nginx, "/status", "text/plain").body).unwrap();
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    let suppressed: usize = numbers.iter().map(|line| number(line)).sum();
    assert_eq!(lines.len() + suppressed, 160, "{}", finished.log.text);
    assert!(lines.len() >= 2, "{}", finished.log.text);
    assert!((1..=lines.len()).contains(&numbers.len()));
    for (name, value) in [("records", lines.len()), ("suppressed", suppressed)] {
        let line = format!("\nnginx_upstream_tls_log_{name}_total {value}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
}

/// The number goes where the failure went: the location's own log and documents.
#[test]
fn the_number_follows_its_failure() {
    let peer = refusing();
    let own = "proxy_pass https://orders; error_log own_error.log error; upstream_tls_log own.log;";
    let nginx = Nginx::start(config(&peer, "2s").location("/own", own));
    get(&nginx, "/own", 502, 4);
    let file = nginx.file("own_error.log");
    let line = wait::until("the number", || {
        told(&Log::parse(&read_lossy(&file))).1.pop()
    });
    assert_eq!(number(&line), 3);
    assert_eq!(json::read(&nginx.file("own.log")).len(), 2);
    let finished = nginx.finish();
    assert!(finished.log.ours().is_empty() && finished.documents.is_empty());
}

/// A number that is told with the next failure has nothing of that request in its line.
#[test]
fn the_number_is_about_no_request() {
    let peer = refusing();
    // Two windows: the timer waits for the first.
    let config = config(&peer, "1s").location("/b", "proxy_pass https://orders;");
    let nginx = Nginx::start(config);
    for _ in 0..30 {
        get(&nginx, "/", 502, 2);
        get(&nginx, "/b", 502, 2);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let finished = nginx.finish();
    let (lines, numbers) = told(&finished.log);
    let all: usize = numbers.iter().map(|line| number(line)).sum();
    assert_eq!(lines.len() + all, 120, "{}", finished.log.text);
    for line in numbers {
        assert!(
            !line.contains("client:") && !line.contains(" while "),
            "{line}"
        );
    }
}

#[test]
fn stream_tells_its_own() {
    let peer = refusing();
    let port = tlsdiag_e2e::ports::Port::reserve();
    let config = counting().stream(&format!(
        "upstream_tls_repeat 2s;
         upstream orders {{ server 127.0.0.1:{}; }}
         server {{ listen 127.0.0.1:{port}; proxy_pass orders; proxy_ssl on; error_log stream.log error; }}",
        peer.port()
    ));
    let nginx = Nginx::start(config);
    for _ in 0..5 {
        assert!(client::exchange(port.number(), b"x").is_empty());
    }
    let file = nginx.file("stream.log");
    let line = wait::until("the number", || {
        told(&Log::parse(&read_lossy(&file))).1.pop()
    });
    assert_eq!(number(&line), 4, "{line}");
    assert_eq!(told(&Log::parse(&read_lossy(&file))).0.len(), 1);
    nginx.finish();
}
