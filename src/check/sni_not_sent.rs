//! No server name is sent to an upstream that is known by name.
//!
//! # Why
//! `proxy_ssl_server_name` is off by default, unlike everything else that speaks TLS. A server that
//! keeps several hosts behind one address (every CDN, every ingress) cannot choose a certificate:
//! alert 40, 80 or 112, a closed connection, or another host's certificate.
//!
//! # What to write
//! `proxy_ssl_server_name on;`, and `proxy_ssl_name` where the `*_pass` names an upstream block.
//!
//! # How it is known
//! nginx `ngx_http_upstream_ssl_name`; the commonest cause of alert 40 in the field; tried end to
//! end. A note where all peers are private: such servers mostly have one host. Said once an
//! upstream.

use super::wording::{text, IN_EACH};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Block, Family, Host, Target, UpstreamTls};

pub(super) static CHECK: Check = Check {
    id: "sni_not_sent",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    input
        .by_upstream()
        .iter()
        .filter_map(|group| draft(group))
        .collect()
}

fn draft<'t>(group: &[UpstreamTls<'_, 't>]) -> Option<Draft<'t>> {
    if group.iter().any(UpstreamTls::sends_name) {
        return None;
    }
    // Off in so many words is no oversight; a name that has no effect is told of as that.
    let silent = |tls: &&UpstreamTls<'_, '_>| {
        let said = tls.directive("server_name").is_some() || tls.configured_name().is_some();
        !said && !tls.is_incomplete()
    };
    let group: Vec<_> = group.iter().filter(silent).collect();
    let first = group.first()?;
    let (who, is_private, name) = match &first.pass.target {
        Target::Host(host @ Host::Name(name), _) => {
            let unknown = may_be_a_block(first, name);
            let name_to_send = unknown.then(|| "<host-name-of-the-upstream>".to_owned());
            (text(name), host.is_private(), name_to_send)
        }
        Target::Block(block) => {
            let block = first.model.block(*block)?;
            let name = match (block.only_name(), block.name().contains(&b'.')) {
                (Some(only), _) if only.eq_ignore_ascii_case(block.name()) => None,
                (Some(only), _) => Some(text(only)),
                (None, true) => None,
                (None, false) => Some("<host-name-of-the-upstream>".to_owned()),
            };
            (
                format!("the upstream \"{}\"", text(block.name())),
                are_private(block),
                name,
            )
        }
        _ => return None,
    };
    let severity = match is_private {
        true => Severity::Note,
        false => Severity::Warning,
    };
    let mut draft = Draft::new(
        severity,
        first.pass.directive,
        format!("no server name (SNI) is sent to {who}"),
    )
    .help(format!("{} on;", first.name_of("server_name")))
    .used_by(group.iter().map(|tls| tls.pass.directive));
    if let Some(name) = name {
        draft = draft.help(format!("{} {name};", first.name_of("name")));
    }
    if group.len() > 1 {
        draft = draft.help(IN_EACH);
    }
    Some(draft)
}

/// Whether the name is perhaps that of a block in a file that was not read: surely where there is no port
/// to connect to.
fn may_be_a_block(tls: &UpstreamTls<'_, '_>, name: &[u8]) -> bool {
    let default = match tls.pass.target {
        Target::Host(_, None) => return true,
        Target::Host(_, port) => tls.pass.family == Family::Proxy && port == Some(443),
        _ => false,
    };
    default && !name.contains(&b'.') && !tls.model.is_whole()
}

/// No peer is known to be public.
fn are_private(block: &Block<'_>) -> bool {
    let private = |host: &Option<Host>| host.as_ref().is_none_or(Host::is_private);
    block.is_dynamic || block.peers.iter().all(|peer| private(&peer.host))
}
