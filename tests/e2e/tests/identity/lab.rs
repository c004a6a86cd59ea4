//! What these tests share.

use serde_json::Value;
use tlsdiag_e2e::certs::{Authority, Identity, Leaf};
use tlsdiag_e2e::observe::json::at;
use tlsdiag_e2e::peers::scripted::{self, Script};
use tlsdiag_e2e::peers::{Peer, Stack, Upstream};
use tlsdiag_e2e::require::Build;
use tlsdiag_e2e::trial::{Failure, Trial};

/// The upstream's real name.
pub(crate) const API: &str = "api.example.test";

pub(crate) fn identity() -> Identity {
    Authority::root("Example Root").issue(&Leaf::named(API).rsa())
}

/// An upstream that answers every ClientHello with handshake_failure(40).
pub(crate) fn refusing() -> Peer {
    scripted::start(Script::Alert {
        code: 40,
        version: 0x0303,
    })
}

/// An upstream with nothing wrong.
pub(crate) fn healthy() -> Peer {
    Upstream::new(Stack::OpenSsl, identity()).start()
}

/// An nginx as upstream: it keeps connections and gives out sessions.
pub(crate) fn keeping() -> Peer {
    Upstream::new(Stack::Nginx, identity()).start()
}

/// `proxy_pass` to a peer.
pub(crate) fn pass(peer: &Peer) -> String {
    format!("proxy_pass https://127.0.0.1:{};", peer.port())
}

/// `upstream NAME {}` with these peers.
pub(crate) fn block(name: &str, peers: &[&Peer], more: &str) -> String {
    let servers: String = peers
        .iter()
        .map(|peer| format!("server 127.0.0.1:{}; ", peer.port()))
        .collect();
    format!("upstream {name} {{ {servers} {more} }}\n")
}

/// The document says this; an empty text means that the field must be absent.
#[track_caller]
pub(crate) fn assert_says(document: &Value, fields: &[(&str, &str)]) {
    for (path, expected) in fields {
        let path = match *path {
            short @ ("upstream" | "location_name" | "module" | "attempt" | "final" | "status") => {
                format!("nginx/upstream_tls/{short}")
            }
            long => long.to_owned(),
        };
        let found = match at(document, &path) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        assert_eq!(found, *expected, "{path} in {document:#}");
    }
}

/// The request that nginx names in the tail of our line.
#[track_caller]
pub(crate) fn assert_line_of(failure: &Failure, request: &str) {
    let expected = format!("request: \"GET {request} HTTP/1.1\"");
    assert!(
        failure.line.tail.contains(&expected),
        "{expected} is not in {:?}",
        failure.line.tail
    );
}

/// The only failure of a trial, and the statuses its client saw.
#[track_caller]
pub(crate) fn only_failure(trial: &Trial, statuses: &[u16]) -> Failure {
    let seen: Vec<u16> = trial.with.responses.iter().map(|r| r.status).collect();
    assert_eq!(seen, statuses, "{}", trial.with.finished.log.text);
    trial.failures(1).remove(0)
}

/// Whether this nginx has a module of the core; says loudly when a test ends for the lack of it.
pub(crate) fn has(option: &str, test: &str) -> bool {
    let has = Build::get().text.contains(option);
    if !has {
        eprintln!("NOT TESTED: {test}: this nginx was built without {option}");
    }
    has
}
