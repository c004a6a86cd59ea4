//! The upstream does not speak TLS on this port.
//!
//! # What it means
//! nginx sent a ClientHello and the first bytes that came back are no TLS record.
//!
//! # Evidence
//! The bytes themselves. OpenSSL calls this "wrong version number" or "packet length too long", depending
//! on its version.
//!
//! # Why it happens
//! `proxy_pass https://` to a plain HTTP port, or to a port of another protocol. A `server` line of an
//! upstream block without a port means port 80, also for `https://`.
//!
//! # Workaround
//! Use the upstream's TLS port; or, if the path to it is trusted, `http://` (`grpc://`, `uwsgi://`; in
//! stream no `proxy_ssl on;`), which gives up encryption and verification.
//!
//! # Dead ends
//! No protocol or cipher setting makes a plain-text server speak TLS.
//!
//! # References
//! RFC 8446 section 5.1.

use crate::capture::Module;
use crate::facts::{Facts, PlainProtocol};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule, Security};
use crate::text::quote;

pub(crate) static RULE: Rule = Rule {
    name: "plaintext_upstream",
    family: Family::Transport,
    dead_ends: &["proxy_ssl_protocols ...;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let protocol = facts.plaintext?;
    let sentence = move || {
        let speaks = match protocol {
            PlainProtocol::Other => "does not speak TLS".to_owned(),
            known => format!("speaks {}, not TLS", known.label()),
        };
        match facts.recording.context.peer.as_deref() {
            Some(peer) => format!("upstream {} {speaks}", quote(peer)),
            None => format!("upstream {speaks}"),
        }
    };
    let module = facts.recording.context.module;
    let pass = match module {
        Module::Other => "this connection",
        Module::Grpc => "grpc_pass",
        Module::Uwsgi => "uwsgi_pass",
        Module::Proxy | Module::Stream => "proxy_pass",
    };
    let action = match server_without_port(facts) {
        Some(action) => action,
        None => format!("point {pass} at the upstream's TLS port"),
    };
    let remedy = match without_tls(module, protocol) {
        Some(plain) => Remedy::manual(format!(
            "{action}, or {plain} if this path is trusted: no encryption and no verification then"
        ))
        .with_security(Security::Weakens),
        None => Remedy::manual(action),
    };
    // Bytes that look like nothing known may still be a damaged record.
    let confidence = match protocol {
        PlainProtocol::Other => Confidence::Likely,
        _ => Confidence::Certain,
    };
    Some(Draft::new(
        confidence,
        sentence,
        &[Evidence::NotATlsRecord],
        remedy,
    ))
}

/// A `server` line without a port means port 80, whatever the scheme (`ngx_http_upstream_server`).
fn server_without_port(facts: &Facts<'_>) -> Option<String> {
    let line = facts.recording.settings.server_line.as_deref()?;
    let has_port = line
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let block = facts
        .name
        .configured
        .as_ref()
        .filter(|_| facts.name.is_block)?;
    (facts.port() == Some(80) && !has_port).then(|| {
        format!("a server line without a port means port 80: in upstream block {block} write server {line}:443")
    })
}

/// How to do without TLS, where that would work: the protocol must be the one nginx then speaks. Stream
/// passes on any.
fn without_tls(module: Module, protocol: PlainProtocol) -> Option<&'static str> {
    match (module, protocol) {
        (_, PlainProtocol::Other) | (Module::Other, _) => None,
        (Module::Stream, _) => Some("leave proxy_ssl off"),
        (Module::Proxy, PlainProtocol::Http) => Some("at http://"),
        // A uwsgi server answers like an HTTP server.
        (Module::Uwsgi, PlainProtocol::Http) => Some("at uwsgi://"),
        (Module::Grpc, PlainProtocol::Http | PlainProtocol::Http2) => Some("at grpc://"),
        _ => None,
    }
}
