//! The client chooses the name that is sent or compared.
//!
//! # Why
//! `proxy_ssl_name $host` passes on what the client asked for. An upstream that goes by another
//! name answers with alert 112 or 40, or its certificate does not match; and where nginx verifies,
//! whoever sends a `Host` decides which certificates pass.
//!
//! # What to write
//! `proxy_ssl_name <host-name-of-the-upstream>;`, or a `map` from the hosts that there are to the
//! names.
//!
//! # How it is known
//! nginx `ngx_http_upstream_ssl_name`; tried end to end. `$host` is not the client's choice in a
//! server that lists exact names and is not the default of its address. A proxy that connects to
//! the host the client asks for is not meant.

use super::wording::{directive_text, text};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::{Server, UpstreamTls};

pub(super) static CHECK: Check = Check {
    id: "name_is_client_host",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls
            .configured_name()
            .filter(|_| tls.sends_name() || tls.verifies())?;
        let name = tls.name().text;
        let server = input.server_of(&tls);
        let variable = client_variable(&name, server)?;
        if contains(&tls.pass.text, variable.as_bytes()) {
            return None;
        }
        let message = format!("the client chooses the name of the upstream: {variable}");
        let mut draft = Draft::new(Severity::Warning, directive, message)
            .help(format!(
                "{} <host-name-of-the-upstream>;",
                tls.name_of("name")
            ))
            .used_by([tls.pass.directive]);
        if tls.verifies() {
            let verify = tls
                .directive("verify")
                .map(directive_text)
                .unwrap_or_default();
            draft = draft.help(format!("\"{verify}\" then means something"));
        }
        Some(draft)
    };
    input.tls().filter_map(draft).collect()
}

/// The first variable of a name whose value comes from the client.
fn client_variable(name: &[u8], server: Option<&Server<'_>>) -> Option<String> {
    const CLIENTS: &[&str] = &[
        "$http_",
        "$arg_",
        "$cookie_",
        "$ssl_server_name",
        "$ssl_preread_server_name",
    ];
    let name = text(name).replace("${", "$");
    let open = server.is_some_and(|server| server.only_names().is_none());
    let starts: Vec<_> = name.match_indices('$').map(|(at, _)| at).collect();
    starts.into_iter().find_map(|at| {
        let rest = name.get(at..)?;
        let end = rest
            .get(1..)?
            .find(|one: char| !(one.is_ascii_alphanumeric() || one == '_'));
        let variable = rest.get(..end.map_or(rest.len(), |end| end + 1))?;
        let client = CLIENTS.iter().any(|start| variable.starts_with(start));
        (client || (variable == "$host" && open)).then(|| variable.to_owned())
    })
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
