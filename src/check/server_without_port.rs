//! TLS goes to port 80, because a `server` of the upstream block names no port.
//!
//! # Why
//! `proxy_pass https://api.example.com` without a block goes to port 443. In a block the scheme is
//! not known: a `server` without a port has port 80, and a web server answers the ClientHello in
//! plain HTTP (`wrong version number`) or with silence.
//!
//! # What to write
//! `server api.example.com:443;`
//!
//! # How it is known
//! nginx `ngx_http_upstream_server` (`u.default_port = 80`); tried end to end. stream refuses a
//! `server` without a port.

use super::wording::{rewritten, text};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Host, Module, Peer, Target};

pub(super) static CHECK: Check = Check {
    id: "server_without_port",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    for group in input.by_upstream() {
        let block = group.first().and_then(|tls| match tls.pass.target {
            Target::Block(block) => tls.model.block(block),
            _ => None,
        });
        let Some(block) = block.filter(|block| block.module == Module::Http && !block.is_dynamic)
        else {
            continue;
        };
        for peer in block.peers.iter().filter(|peer| has_no_port(peer)) {
            let server = text(peer.directive.argument(1).unwrap_or_default());
            let help = rewritten(peer.directive, "server", Some(&format!("{server}:443")));
            let message = "TLS goes to port 80: that is the port of a `server` that names none";
            drafts.push(
                Draft::new(Severity::Error, peer.directive, message)
                    .help(help)
                    .used_by(group.iter().map(|tls| tls.pass.directive)),
            );
        }
    }
    drafts
}

fn has_no_port(peer: &Peer<'_>) -> bool {
    let host = matches!(peer.host, Some(Host::Name(_) | Host::Address(_)));
    host && peer.port.is_none() && !peer.port_is_resolved()
}
