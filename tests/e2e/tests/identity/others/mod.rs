//! Connections that another module makes with nginx's TLS. Nobody knows whose they are, so they are
//! named by their peer, and no directive of proxy_pass is printed for them.

mod lua;
mod njs;

use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::trial::Failure;

use super::lab::assert_says;

/// What to set is said, but not in proxy_pass's words.
#[track_caller]
fn assert_advises(failure: &Failure, words: &str) {
    let text = format!("{} {}", failure.line.tail, failure.document);
    assert!(text.contains(words), "{words} is not in {text}");
    assert!(!text.contains("proxy_ssl_"), "{text}");
}

/// Named by their peer, and by nothing of nginx's own.
#[track_caller]
fn assert_others(failure: &Failure, peer: &Peer) {
    let port = peer.port();
    let said = format!(
        "module=other server/address=127.0.0.1 server/port={port} upstream= location_name= final="
    );
    assert_says(&failure.document, &said);
}
