//! Clients agree on a protocol with nginx, and the upstream is not told.
//!
//! # Why
//! A stream server with `ssl_alpn h2` promises its clients HTTP/2. The connection to the upstream
//! has a handshake of its own, and without ALPN the upstream speaks HTTP/1.1, or refuses with alert
//! 120.
//!
//! # What to write
//! `proxy_ssl_alpn h2;` with nginx 1.31.0 or newer; before, pass the TLS through without ending it.
//!
//! # How it is known
//! nginx `ngx_stream_proxy_ssl_alpn`, CHANGES of 1.31.0. That nothing is offered was tried end to
//! end.

use super::wording::rewritten;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "stream_without_alpn",
    severity: Severity::Note,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let (_, directive) = tls.model.nearest(tls.pass.scope, b"ssl_alpn")?;
        let is_given = tls.directive("alpn").is_some() || tls.is_incomplete();
        let message = "the protocol that clients agree on is not offered to the upstream";
        (!is_given).then(|| {
            Draft::new(Severity::Note, directive, message)
                .help(format!(
                    "{} (nginx 1.31.0)",
                    rewritten(directive, "proxy_ssl_alpn", None)
                ))
                .used_by([tls.pass.directive])
        })
    };
    input
        .tls()
        .filter(UpstreamTls::is_stream)
        .filter_map(draft)
        .collect()
}
