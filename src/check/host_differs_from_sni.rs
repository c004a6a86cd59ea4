//! The server name that is sent and the `Host` of the request are not the same.
//!
//! # Why
//! The handshake is for one host and the request for another. Servers that keep several hosts
//! behind one address answer 421, 403 or 404, or with another host's pages; the handshake itself
//! succeeds.
//!
//! # What to write
//! `proxy_set_header Host <the-same-name>;` where the upstream goes by that name.
//!
//! # How it is known
//! RFC 9110 section 7.4; tried end to end. A note: behind a CDN the difference is often wanted.

use super::wording::text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Family, NameKind, Server, Target, UpstreamTls};
use crate::nginx_conf::Directive;

pub(super) static CHECK: Check = Check {
    id: "host_differs_from_sni",
    severity: Severity::Note,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let header = match tls.pass.family {
            Family::Proxy => "proxy_set_header",
            Family::Grpc => "grpc_set_header",
            Family::Uwsgi | Family::Stream => return None,
        };
        let name = tls
            .sent_name()
            .filter(|_| tls.name().kind == NameKind::Dns)?;
        let server = input.server_of(&tls);
        let set = host_header(&tls, header);
        let host = match set.and_then(|directive| directive.argument(2)) {
            Some(value) => value_of(&tls, value, server, &name)?,
            None => proxy_host(&tls)?,
        };
        if tls.is_incomplete() || without_port(&host).eq_ignore_ascii_case(&text(&name)) {
            return None;
        }
        let name = text(&name);
        let message = format!("the server name (SNI) is \"{name}\" and Host is \"{host}\"");
        let mut draft = Draft::new(Severity::Note, set.unwrap_or(tls.pass.directive), message)
            .help(format!("{header} Host {name};"))
            .used_by([tls.pass.directive]);
        let others = tls.model.nearest(tls.pass.scope, header.as_bytes());
        if set.is_none() && others.is_some_and(|(level, _)| level != tls.pass.scope) {
            draft = draft.help(format!(
                "beside the other {header} lines: a level that has one inherits none"
            ));
        }
        Some(draft)
    };
    input.tls().filter_map(draft).collect()
}

fn host_header<'t>(tls: &UpstreamTls<'_, 't>, header: &str) -> Option<&'t Directive> {
    let set = tls.model.nearest_all(tls.pass.scope, header.as_bytes());
    let host = |one: &&&Directive| {
        one.argument(1)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"Host"))
    };
    set.iter().find(host).copied()
}

/// What a header's value comes to, in words where it is the client's; `None` where it may be the name.
fn value_of(
    tls: &UpstreamTls<'_, '_>,
    value: &[u8],
    server: Option<&Server<'_>>,
    name: &[u8],
) -> Option<String> {
    let value = tls.model.resolve(tls.pass.scope, value);
    match value.as_slice() {
        b"$proxy_host" | b"$proxy_host:$proxy_port" => proxy_host(tls),
        b"$host" | b"$http_host" | b"$host:$server_port" => {
            (!server?.is_named(name)).then(|| text(&value))
        }
        b"" => None,
        value => (!crate::nginx_conf::model::has_variables(value)).then(|| text(value)),
    }
}

/// `$proxy_host`, without a port.
fn proxy_host(tls: &UpstreamTls<'_, '_>) -> Option<String> {
    match &tls.pass.target {
        Target::Block(block) => Some(text(tls.model.block(*block)?.name())),
        Target::Host(crate::nginx_conf::model::Host::Socket(_), _) => Some("localhost".into()),
        Target::Host(host, _) => Some(host.to_text()),
        Target::Unknown => None,
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}
