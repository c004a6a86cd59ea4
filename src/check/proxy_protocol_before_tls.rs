//! The PROXY header goes out before the ClientHello.
//!
//! # Why
//! With `proxy_protocol on` stream writes the header in the clear, then shakes hands. An upstream
//! that does not expect it there reads `PROXY TCP4 ...` where a ClientHello should be and closes,
//! or answers with an alert.
//!
//! # What to write
//! Let the upstream expect it (`listen 443 ssl proxy_protocol;`, HAProxy `accept-proxy`), or
//! `proxy_protocol off;`.
//!
//! # How it is known
//! nginx `ngx_stream_proxy_init_upstream`; tried end to end.

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "proxy_protocol_before_tls",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let (_, directive) = tls.model.nearest(tls.pass.scope, b"proxy_protocol")?;
        let on = directive.argument(1)?.eq_ignore_ascii_case(b"on");
        let message = "the PROXY header goes out in the clear, before the ClientHello";
        on.then(|| {
            Draft::new(Severity::Warning, directive, message)
                .help("let the upstream expect it, or switch proxy_protocol off")
                .used_by([tls.pass.directive])
        })
    };
    input
        .tls()
        .filter(UpstreamTls::is_stream)
        .filter_map(draft)
        .collect()
}
