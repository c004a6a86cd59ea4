//! Many at once: every diagnosis belongs to the request it names.

use std::collections::HashMap;

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::{at, text};
use tlsdiag_e2e::peers::scripted::{self, Script};

use super::lab::{block, healthy, keeping, refusing, API};

const CLIENTS: usize = 8;
const ROUNDS: usize = 12;

#[test]
fn every_diagnosis_is_of_its_own_request() {
    let kinds = [
        ("refused", "protocol_version_mismatch", refusing()),
        (
            "plain",
            "plaintext_upstream",
            scripted::start(Script::PlainHttp),
        ),
        (
            "closed",
            "peer_closed",
            scripted::start(Script::CloseAfterHello),
        ),
        (
            "reset",
            "peer_reset",
            scripted::start(Script::ResetAfterHello),
        ),
        ("healthy", "", healthy()),
        ("kept", "", keeping()),
    ];
    let mut config = Config::new().module(Module::Ours);
    for (kind, _, peer) in &kinds {
        config = config.http(&block(kind, &[peer], "keepalive 8;")).location(
            &format!("/{kind}/"),
            &format!(
                "proxy_pass https://{kind}; proxy_http_version 1.1; \
                 proxy_set_header Connection ''; \
                 proxy_ssl_server_name on; \
                 proxy_ssl_name {API}; proxy_ssl_protocols TLSv1.2;"
            ),
        );
    }
    let nginx = Nginx::start(config);
    let port = nginx.port();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let kinds: Vec<&str> = kinds.iter().map(|(kind, ..)| *kind).collect();
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let kind = kinds[(number + round) % kinds.len()];
                    client::get(port, &format!("/{kind}/{number}-{round}"));
                }
            });
        }
    });
    let finished = nginx.finish();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for document in &finished.documents {
        let path = text(document, "url/path");
        let kind = path.split('/').nth(1).unwrap();
        let (_, name, peer) = kinds.iter().find(|(known, ..)| *known == kind).unwrap();
        assert_eq!(text(document, "event/code"), *name, "{document:#}");
        assert_eq!(text(document, "nginx/upstream_tls/upstream"), kind);
        assert_eq!(
            at(document, "server/port").and_then(serde_json::Value::as_u64),
            Some(u64::from(peer.port()))
        );
        // The line is of the same connection, and nginx's tail names the same request.
        let connection = at(document, "nginx/upstream_tls/connection_id")
            .unwrap()
            .as_u64();
        let line = finished
            .log
            .ours()
            .into_iter()
            .find(|line| line.connection == connection);
        let line = line.expect("a line for every document");
        assert!(
            line.message.contains(&format!("GET {path} ")),
            "{}",
            line.raw
        );
        assert!(
            line.message.contains(&format!("upstream_tls[{name}] ")),
            "{}",
            line.raw
        );
        *seen.entry(path.to_owned()).or_default() += 1;
    }
    let expected = (0..CLIENTS)
        .flat_map(|number| (0..ROUNDS).map(move |round| (number + round) % kinds_len()))
        .filter(|kind| *kind < 4)
        .count();
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    assert_eq!(seen.len(), expected, "{}", finished.log.text);
    assert_eq!(finished.log.ours().len(), expected);
}

const fn kinds_len() -> usize {
    6
}
