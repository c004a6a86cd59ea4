//! `proxy_ssl_*` in stream without `proxy_ssl on`: the connection is not encrypted.
//!
//! # Why
//! In http the scheme `https://` turns TLS on. stream's `proxy_pass` has no scheme: `proxy_ssl`
//! does, and it is off by default. The other directives are read and not used, and what clients
//! send goes out in the clear.
//!
//! # What to write
//! `proxy_ssl on;`
//!
//! # How it is known
//! nginx `ngx_stream_proxy_merge_srv_conf` (`ssl_enable`, 0 by default); tried end to end.

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Context, Family, Module, Pass, ScopeId, SETTINGS};
use crate::nginx_conf::Directive;

pub(super) static CHECK: Check = Check {
    id: "stream_without_proxy_ssl",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let model = input.model;
    let mut drafts = Vec::new();
    for (id, scope) in model.scopes() {
        let stream = scope.module == Module::Stream && scope.context != Context::Main;
        let Some(directive) = scope.list.iter().find(|one| stream && is_setting(one)) else {
            continue;
        };
        let inside = |pass: &&Pass<'_>| model.around(pass.scope).any(|(around, _)| around == id);
        let passes = model
            .passes()
            .iter()
            .filter(|pass| pass.family == Family::Stream);
        let passes: Vec<_> = passes.filter(inside).collect();
        // Off in so many words is no oversight.
        let plain = |scope: ScopeId| model.nearest(scope, b"proxy_ssl").is_none();
        let incomplete = passes.iter().any(|pass| model.is_incomplete(pass.scope));
        if passes.is_empty() || incomplete || !passes.iter().all(|pass| plain(pass.scope)) {
            continue;
        }
        let message = "without proxy_ssl on, stream does not use TLS and this has no effect";
        drafts.push(
            Draft::new(Severity::Error, directive, message)
                .help("proxy_ssl on;")
                .used_by(passes.iter().map(|pass| pass.directive)),
        );
    }
    drafts
}

fn is_setting(directive: &Directive) -> bool {
    let setting = directive.name().strip_prefix(b"proxy_ssl_");
    setting.is_some_and(|setting| SETTINGS.iter().any(|known| known.as_bytes() == setting))
}
