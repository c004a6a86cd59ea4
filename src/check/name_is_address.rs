//! A server name is to be sent, and the name is an address: nginx sends none.
//!
//! # Why
//! A server name cannot be an address (RFC 6066 section 3). With `proxy_ssl_server_name on` and
//! `proxy_pass https://192.0.2.7`, or an address in `proxy_ssl_name`, the ClientHello goes out
//! without a name, and nothing says so.
//!
//! # What to write
//! `proxy_ssl_name <host-name-of-the-upstream>;`
//!
//! # How it is known
//! nginx `ngx_http_upstream_ssl_name`; tried end to end. Not said of a `proxy_ssl_server_name` that
//! is on for a whole server, some of whose upstreams are addresses.

use super::wording::text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{NameKind, UpstreamTls};

pub(super) static CHECK: Check = Check {
    id: "name_is_address",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let name = tls.name();
        if name.kind != NameKind::Address || !tls.sends_name() || tls.verifies() {
            return None;
        }
        let (scope, switch) = tls.found("server_name")?;
        let at = match tls.configured_name() {
            Some(configured) => configured,
            None => (scope == tls.pass.scope).then_some(switch)?,
        };
        let message = format!(
            "no server name (SNI) is sent: \"{}\" is an address",
            text(&name.text)
        );
        Some(
            Draft::new(Severity::Warning, at, message)
                .help(format!(
                    "{} <host-name-of-the-upstream>;",
                    tls.name_of("name")
                ))
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}
