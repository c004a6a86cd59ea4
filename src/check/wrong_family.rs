//! `proxy_ssl_*` stands where only `grpc_pass` or `uwsgi_pass` is, or the other way round.
//!
//! # Why
//! Each family reads its own directives only: `grpc_pass` heeds `grpc_ssl_*`, `uwsgi_pass` heeds
//! `uwsgi_ssl_*`. nginx accepts the others in the same location and never looks at them: no name is
//! sent, no certificate is shown, and nothing is verified, whatever `proxy_ssl_verify` says.
//!
//! # What to write
//! The directive of the family that passes on: `grpc_ssl_verify on;`.
//!
//! # How it is known
//! The three modules' own configurations (`ngx_http_grpc_loc_conf_t` and its kin); tried end to
//! end.

use std::collections::{HashMap, HashSet};

use super::wording::rewritten;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Context, Family, Module, Scope, ScopeId, UpstreamTls, SETTINGS};

pub(super) static CHECK: Check = Check {
    id: "wrong_family",
    severity: Severity::Error,
    run,
};

/// Directives of one level that are reported.
const MAX_SETTINGS: usize = 64;

/// What passes on in a scope and those inside.
#[derive(Default)]
struct Inside<'i, 't> {
    families: HashSet<Family>,
    tls: Vec<UpstreamTls<'i, 't>>,
    /// Not everything is known.
    incomplete: bool,
}

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let inside = look_inside(input);
    let mut drafts = Vec::new();
    for (id, scope) in input
        .model
        .scopes()
        .filter(|(_, scope)| scope.module == Module::Http)
    {
        let Some(inside) = inside.get(&id).filter(|inside| decides(scope, inside)) else {
            continue;
        };
        if input.model.goes_on_elsewhere(id) {
            continue;
        }
        let settings = scope.list.iter().filter_map(|directive| {
            let (family, setting) = family_of(directive.name())?;
            (!inside.families.contains(&family)).then_some((directive, setting))
        });
        for (directive, setting) in settings.take(MAX_SETTINGS) {
            let missing = inside
                .tls
                .iter()
                .filter(|tls| tls.directive(setting).is_none());
            let missing: Vec<_> = missing.collect();
            let Some(first) = missing.first() else {
                continue;
            };
            let message = format!(
                "{} reads {}_ssl_* only: this has no effect",
                String::from_utf8_lossy(first.pass.directive.name()),
                first.pass.family.prefix(),
            );
            drafts.push(
                Draft::new(Severity::Error, directive, message)
                    .help(rewritten(directive, &first.name_of(setting), None))
                    .used_by(missing.iter().map(|tls| tls.pass.directive)),
            );
        }
    }
    drafts
}

/// A file that could not be read may hold another `*_pass`, but not in a location that has one.
fn decides(scope: &Scope<'_>, inside: &Inside<'_, '_>) -> bool {
    let passes = scope.list.iter().any(|one| one.name().ends_with(b"_pass"));
    !inside.incomplete || (scope.context == Context::Location && passes)
}

fn look_inside<'i, 't>(input: &Input<'i, 't>) -> HashMap<ScopeId, Inside<'i, 't>> {
    let mut found: HashMap<ScopeId, Inside<'i, 't>> = HashMap::new();
    for (id, _) in input.model.scopes().filter(|(_, scope)| scope.incomplete) {
        for (around, _) in input.model.around(id) {
            found.entry(around).or_default().incomplete = true;
        }
    }
    for pass in input.model.passes() {
        for (around, _) in input.model.around(pass.scope) {
            found
                .entry(around)
                .or_default()
                .families
                .insert(pass.family);
        }
    }
    for tls in input.tls() {
        for (around, _) in input.model.around(tls.pass.scope) {
            found.entry(around).or_default().tls.push(tls);
        }
    }
    found
}

/// The family and the setting of a directive of http.
fn family_of(name: &[u8]) -> Option<(Family, &'static str)> {
    [Family::Proxy, Family::Grpc, Family::Uwsgi]
        .into_iter()
        .find_map(|family| {
            let rest = name
                .strip_prefix(family.prefix().as_bytes())?
                .strip_prefix(b"_ssl_")?;
            let setting = SETTINGS.iter().find(|setting| setting.as_bytes() == rest)?;
            Some((family, *setting))
        })
}
