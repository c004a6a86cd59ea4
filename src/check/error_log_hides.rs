//! The error log is set not to say why a handshake with an upstream failed.
//!
//! # Why
//! nginx says most failures on level `error`. With `error_log ... crit` the client's 502 is all
//! there is.
//!
//! # What to write
//! `error_log /var/log/nginx/error.log error;`
//!
//! # How it is known
//! nginx `ngx_ssl_connection_error`, `ngx_http_upstream_ssl_handshake`; tried end to end.

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;
use crate::nginx_conf::Directive;

pub(super) static CHECK: Check = Check {
    id: "error_log_hides",
    severity: Severity::Note,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let logs = tls.model.nearest_all(tls.pass.scope, b"error_log");
        let directive = logs.first().filter(|_| logs.iter().all(|log| hides(log)))?;
        let message =
            "failures of handshakes with upstreams are not logged: nginx says them on level error";
        Some(
            Draft::new(Severity::Note, directive, message)
                .help("error_log /var/log/nginx/error.log error;")
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

fn hides(log: &Directive) -> bool {
    let nowhere = log.argument(1) == Some(b"/dev/null");
    nowhere || matches!(log.argument(2), Some(b"crit" | b"alert" | b"emerg"))
}
