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

use std::collections::HashMap;

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Family, Module, Pass, ScopeId, SETTINGS};
use crate::nginx_conf::Directive;

pub(super) static CHECK: Check = Check {
    id: "stream_without_proxy_ssl",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let model = input.model;
    let mut inside: HashMap<ScopeId, Vec<&Pass<'t>>> = HashMap::new();
    for pass in model
        .passes()
        .iter()
        .filter(|pass| pass.family == Family::Stream)
    {
        for (around, _) in model.around(pass.scope) {
            inside.entry(around).or_default().push(pass);
        }
    }
    let mut drafts = Vec::new();
    for (id, scope) in model
        .scopes()
        .filter(|(_, scope)| scope.module == Module::Stream)
    {
        let passes = inside.remove(&id).unwrap_or_default();
        let Some(directive) = scope.list.iter().find(|one| is_setting(one)) else {
            continue;
        };
        // Off in so many words is no oversight.
        let plain = |pass: &&Pass<'_>| {
            model.nearest(pass.scope, b"proxy_ssl").is_none() && !model.is_incomplete(pass.scope)
        };
        if passes.is_empty() || !passes.iter().all(plain) || model.goes_on_elsewhere(id) {
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
