//! A name is configured, and nginx neither sends nor compares one.
//!
//! # Why
//! `proxy_ssl_name` only says which name. It is sent with `proxy_ssl_server_name on` and compared
//! with `proxy_ssl_verify on`; both are off by default, and then the ClientHello has no name.
//!
//! # What to write
//! `proxy_ssl_server_name on;`
//!
//! # How it is known
//! nginx `ngx_http_upstream_ssl_init_connection`; tried end to end.

use std::collections::BTreeMap;

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{NameKind, UpstreamTls};
use crate::nginx_conf::Position;

pub(super) static CHECK: Check = Check {
    id: "name_without_effect",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut users: BTreeMap<Position, Vec<UpstreamTls<'_, 't>>> = BTreeMap::new();
    for tls in input.tls() {
        if let Some(name) = tls.configured_name() {
            users.entry(name.position()).or_default().push(tls);
        }
    }
    let draft = |users: Vec<UpstreamTls<'_, 't>>| {
        // Off in so many words is no oversight.
        let unused = |tls: &UpstreamTls<'_, 't>| {
            tls.directive("server_name").is_none() && !tls.verifies() && !tls.is_incomplete()
        };
        let first = users.first().filter(|_| users.iter().all(unused))?;
        let (level, _) = first.found("name")?;
        if input.model.goes_on_elsewhere(level) {
            return None;
        }
        let message = "the name is neither sent nor compared";
        let mut draft = Draft::new(Severity::Warning, first.configured_name()?, message)
            .help(format!("{} on;", first.name_of("server_name")))
            .used_by(users.iter().map(|tls| tls.pass.directive));
        if first.name().kind == NameKind::Address {
            let name = first.name_of("name");
            draft = draft.help(format!("{name} <host-name-of-the-upstream>;"));
        }
        Some(draft)
    };
    users.into_values().filter_map(draft).collect()
}
