//! Some locations send the upstream its name, and others of the same upstream do not.
//!
//! # Why
//! `proxy_ssl_server_name` holds for the level where it stands: in one location, it is off in the
//! next. Requests of that one fail while the others work. Kept connections and sessions, which all
//! locations of an upstream share, may hide it for a while.
//!
//! # What to write
//! `proxy_ssl_server_name on;` on the `server` level, or in every location.
//!
//! # How it is known
//! nginx `ngx_http_proxy_merge_loc_conf`; tried end to end.

use super::wording::{directive_text, IN_EACH};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Host, Target, UpstreamTls};

pub(super) static CHECK: Check = Check {
    id: "sni_in_one_location_only",
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
    let with = group.iter().find(|tls| tls.sent_name().is_some())?;
    if matches!(
        with.pass.target,
        Target::Host(Host::Socket(_) | Host::Address(_), _)
    ) {
        return None;
    }
    let silent = |tls: &&UpstreamTls<'_, '_>| {
        tls.directive("server_name").is_none()
            && tls.configured_name().is_none()
            && !tls.is_incomplete()
    };
    let without: Vec<_> = group.iter().filter(silent).collect();
    let first = without.first()?;
    let message = "no server name (SNI) is sent here, but elsewhere to the same upstream";
    let mut draft = Draft::new(Severity::Warning, first.pass.directive, message)
        .help(format!("{} on;", first.name_of("server_name")))
        .used_by(without.iter().map(|tls| tls.pass.directive));
    if let Some(name) = with
        .configured_name()
        .filter(|_| with.pass.family == first.pass.family)
    {
        draft = draft.help(directive_text(name));
    }
    if without.len() > 1 {
        draft = draft.help(IN_EACH);
    }
    Some(draft)
}
