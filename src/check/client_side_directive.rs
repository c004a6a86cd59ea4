//! `ssl_*` stands in a server without TLS, where upstreams were meant.
//!
//! # Why
//! `ssl_protocols`, `ssl_ciphers` and their kin are for the connections of clients. In a server
//! that listens without `ssl` they have no effect at all, and connections to upstreams read
//! `proxy_ssl_*`.
//!
//! # What to write
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3;`
//!
//! # How it is known
//! nginx `ngx_http_ssl_module`; tried end to end. Said where the server passes on over TLS and does
//! not set the same for upstreams.

use super::wording::rewritten;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Module, UpstreamTls};

pub(super) static CHECK: Check = Check {
    id: "client_side_directive",
    severity: Severity::Note,
    run,
};

/// Settings that exist for clients and for upstreams, and mean the same.
const BOTH: [&str; 6] = [
    "protocols",
    "ciphers",
    "trusted_certificate",
    "verify_depth",
    "crl",
    "conf_command",
];

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: &UpstreamTls<'_, 't>, setting: &str| {
        let server = input.server_of(tls)?;
        let plain = server.module == Module::Http && !server.has_tls;
        let scope = input.model.scope(server.scope)?;
        if !plain || scope.incomplete || tls.directive(setting).is_some() {
            return None;
        }
        let directive = scope.own(format!("ssl_{setting}").as_bytes()).first()?;
        let message = "the server listens without TLS, and upstreams do not read this";
        Some(
            Draft::new(Severity::Note, directive, message)
                .help(rewritten(directive, &tls.name_of(setting), None))
                .used_by([tls.pass.directive]),
        )
    };
    let mut drafts = Vec::new();
    for tls in input.tls() {
        drafts.extend(BOTH.iter().filter_map(|setting| draft(&tls, setting)));
    }
    drafts
}
