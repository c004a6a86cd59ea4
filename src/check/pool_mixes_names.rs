//! Kept connections serve requests for other names than the one they were made with.
//!
//! # Why
//! `keepalive` keeps a connection by the peer's address. One that was made with the name of one
//! host is given to a request for another: the upstream answers with 421 or the wrong host, and the
//! name that nginx verifies is never compared.
//!
//! # What to write
//! An upstream block for every name; or from nginx 1.29.7 on, where the names differ by location,
//! `keepalive 32 local;`.
//!
//! # How it is known
//! nginx `ngx_http_upstream_get_keepalive_peer`; tried end to end. Said where connections really
//! are kept: HTTP/1.1 with an empty `Connection`, or gRPC.

use super::sharing::{keepalive, keeps_connections, name_of, name_varies};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "pool_mixes_names",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |group: Vec<UpstreamTls<'_, 't>>| {
        let directive = keepalive(&group)?;
        let kept: Vec<_> = group.iter().filter(|tls| keeps_connections(tls)).collect();
        let first = kept.first()?;
        let differ = kept.iter().any(|tls| name_of(tls) != name_of(first));
        let vary = kept.iter().any(|tls| name_varies(tls));
        if !differ && !vary {
            return None;
        }
        let message = "kept connections serve requests for other names than they were made with";
        let mut draft = Draft::new(Severity::Warning, directive, message)
            .help("write a block for every name")
            .used_by(kept.iter().map(|tls| tls.pass.directive));
        if !vary {
            draft = draft.help("keepalive 32 local; (nginx 1.29.7)");
        }
        Some(draft)
    };
    input.by_upstream().into_iter().filter_map(draft).collect()
}
