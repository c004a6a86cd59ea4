//! Many at once: every diagnosis belongs to the request it names.

use std::collections::HashMap;

use tlsdiag_e2e::client;
use tlsdiag_e2e::lab::{block, healthy, keeping, refusing, KEEP, NAMED};
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::observe::json::{at, text};
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::Peer;

use super::lab::assert_says;

const CLIENTS: usize = 8;
const ROUNDS: usize = 12;
const KINDS: usize = 6;

#[test]
fn every_diagnosis_is_of_its_own_request() {
    let script = scripted::start;
    let kinds: [(&str, &str, Peer); KINDS] = [
        ("refused", "protocol_version_mismatch", refusing()),
        ("plain", "plaintext_upstream", script(Script::PlainHttp)),
        ("closed", "peer_closed", script(Script::CloseAfterHello)),
        ("reset", "peer_reset", script(Script::ResetAfterHello)),
        ("healthy", "", healthy()),
        ("kept", "", keeping()),
    ];
    let settings = format!("{KEEP}{NAMED}proxy_ssl_protocols TLSv1.2;");
    let mut config = Config::new().module(Module::Ours).server(&settings);
    for (kind, _, peer) in &kinds {
        let pass = format!("proxy_pass https://{kind};");
        config = config
            .http(&block(kind, &[peer.port()], "keepalive 8;"))
            .location(&format!("/{kind}/"), &pass);
    }
    let nginx = Nginx::start(config);
    let port = nginx.port();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let kinds: Vec<&str> = kinds.iter().map(|(kind, ..)| *kind).collect();
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let kind = kinds[(number + round) % KINDS];
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
        let port = peer.port();
        let said = format!("event/code={name} upstream={kind} server/port={port}");
        assert_says(document, &said);
        // The line is of the same connection, and nginx's tail names the same request.
        let connection = at(document, "nginx/upstream_tls/connection_id");
        let connection = connection.unwrap().as_u64();
        let mut ours = finished.log.ours().into_iter();
        let line = ours.find(|line| line.connection == connection);
        let message = &line.expect("a line for every document").message;
        assert!(message.contains(&format!("GET {path} ")), "{message}");
        assert!(
            message.contains(&format!("upstream_tls[{name}] ")),
            "{message}"
        );
        *seen.entry(path.to_owned()).or_default() += 1;
    }
    let expected = (0..CLIENTS)
        .flat_map(|number| (0..ROUNDS).map(move |round| (number + round) % KINDS))
        .filter(|kind| *kind < 4)
        .count();
    assert!(seen.values().all(|times| *times == 1), "{seen:?}");
    assert_eq!(seen.len(), expected, "{}", finished.log.text);
    assert_eq!(finished.log.ours().len(), expected);
}
