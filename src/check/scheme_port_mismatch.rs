//! TLS goes to a port of plain HTTP, or plain HTTP to a port of TLS.
//!
//! # Why
//! nginx takes scheme and port as they are. TLS to port 80 is answered in plain text (`wrong
//! version number`); plain HTTP to port 443 with `400 The plain HTTP request was sent to HTTPS
//! port`. A block that is used by both cannot be right for both, and kept connections of one scheme
//! serve the other.
//!
//! # What to write
//! The other scheme, or the other port; for a block with two users, a block for each.
//!
//! # How it is known
//! The ports are customs (80, 8080; 443, 8443, 9443), so it is a warning; of the longer ones only
//! where the peer is public, for containers use them for anything. nginx
//! `ngx_http_upstream_get_keepalive_peer` compares addresses only; tried end to end.

use std::collections::BTreeMap;

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Block, Family, Host, Pass, Target};

pub(super) static CHECK: Check = Check {
    id: "scheme_port_mismatch",
    severity: Severity::Warning,
    run,
};

/// Of everyone, and of public hosts besides.
const PLAIN: (u16, &[u16]) = (80, &[8080]);
const TLS: (u16, &[u16]) = (443, &[8443, 9443]);

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    let mut blocks: BTreeMap<usize, Vec<&Pass<'t>>> = BTreeMap::new();
    for pass in input.model.passes() {
        match &pass.target {
            Target::Block(block) => blocks.entry(*block).or_default().push(pass),
            Target::Host(host, Some(port)) => {
                if let Some(message) = mismatch(pass, host, *port) {
                    drafts.push(
                        Draft::new(Severity::Warning, pass.directive, message).help(help(pass)),
                    );
                }
            }
            Target::Host(_, None) | Target::Unknown => {}
        }
    }
    for (block, passes) in blocks {
        if let Some(block) = input.model.block(block).filter(|block| !block.is_dynamic) {
            drafts.extend(in_block(block, &passes));
        }
    }
    drafts
}

fn in_block<'t>(block: &Block<'t>, passes: &[&Pass<'t>]) -> Vec<Draft<'t>> {
    // What else is spoken has its own ports.
    let speaks_http = |pass: &&&Pass<'_>| matches!(pass.family, Family::Proxy | Family::Grpc);
    let http: Vec<_> = passes.iter().filter(speaks_http).collect();
    let users = || passes.iter().map(|pass| pass.directive);
    let with = |tls| http.iter().any(|pass| pass.tls == Some(tls));
    if with(true) && with(false) {
        let message = "the block is used with TLS and without";
        let draft = Draft::new(Severity::Warning, block.directive, message)
            .help("write a block for each")
            .used_by(users());
        return vec![draft];
    }
    let draft = |peer: &crate::nginx_conf::model::Peer<'t>| {
        let pass = passes.first()?;
        let message = mismatch(pass, peer.host.as_ref()?, peer.port?)?;
        Some(
            Draft::new(Severity::Warning, peer.directive, message)
                .help(help(pass))
                .used_by(users()),
        )
    };
    block.peers.iter().filter_map(draft).collect()
}

fn mismatch(pass: &Pass<'_>, host: &Host, port: u16) -> Option<String> {
    let is_one = |(everyone, public): (u16, &[u16])| {
        port == everyone || (public.contains(&port) && !host.is_private())
    };
    let (what, whose) = match (pass.family, pass.tls) {
        (Family::Proxy | Family::Grpc | Family::Stream, Some(true)) if is_one(PLAIN) => {
            ("TLS", "plain HTTP")
        }
        (Family::Proxy | Family::Grpc, Some(false)) if is_one(TLS) => ("plain HTTP", "TLS"),
        _ => return None,
    };
    Some(format!(
        "{what} goes to port {port}, which is usually one of {whose}"
    ))
}

fn help(pass: &Pass<'_>) -> &'static str {
    match (pass.family, pass.tls) {
        (Family::Stream, _) => "the port of TLS, or no proxy_ssl",
        (_, Some(true)) => "the port of TLS, or the scheme without",
        _ => "the scheme of TLS, or the port without",
    }
}
