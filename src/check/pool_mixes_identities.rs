//! Kept connections serve locations with another client certificate or other trust.
//!
//! # Why
//! `keepalive` keeps a connection by the peer's address. A location that verifies is given one that
//! was made without; a location with a client certificate one that was made with another's, and its
//! requests have that one's rights.
//!
//! # What to write
//! An upstream block for every certificate and trust; or from nginx 1.29.7 on, `keepalive 32
//! local;`, with `proxy_ssl_session_reuse off;`.
//!
//! # How it is known
//! nginx `ngx_http_upstream_get_keepalive_peer`; tried end to end. Said where connections really
//! are kept: HTTP/1.1 with an empty `Connection`, or gRPC.

use super::sharing::{keepalive, keeps_connections, Identity};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "pool_mixes_identities",
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
    let (directive, difference) = mixed(group)?;
    let kept = group.iter().filter(|tls| keeps_connections(tls));
    let message = format!("kept connections serve a location with {difference}");
    Some(
        Draft::new(Severity::Warning, directive, message)
            .help("write a block for every certificate and trust")
            .used_by(kept.map(|tls| tls.pass.directive)),
    )
}

/// The `keepalive` that mixes, and what.
pub(super) fn mixed<'t>(
    group: &[UpstreamTls<'_, 't>],
) -> Option<(&'t crate::nginx_conf::Directive, &'static str)> {
    let directive = keepalive(group)?;
    let mut kept = group
        .iter()
        .filter(|tls| keeps_connections(tls))
        .map(Identity::of);
    let first = kept.next()?;
    let other = kept.find(|other| *other != first)?;
    Some((directive, first.difference(&other)))
}
