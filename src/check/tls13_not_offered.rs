//! TLS 1.3 is not offered to the upstream.
//!
//! # Why
//! Lists of versions from the time before TLS 1.3 (`TLSv1 TLSv1.1 TLSv1.2` was nginx's default
//! until 1.23.4) leave it out. An upstream that speaks nothing else answers with alert 70.
//!
//! # What to write
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3;`
//!
//! # How it is known
//! nginx `NGX_SSL_DEFAULT_PROTOCOLS`, CHANGES of 1.23.4; tried end to end. Said of lists, and of a
//! `MaxProtocol`, that stand in the configuration, for the default depends on nginx's version.

use super::wording::directive_text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;
use crate::nginx_conf::Directive;

pub(super) static CHECK: Check = Check {
    id: "tls13_not_offered",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let (directive, with) = narrowed(&tls)?;
        let message = "an upstream that speaks only TLS 1.3 cannot be reached";
        Some(
            Draft::new(Severity::Warning, directive, message)
                .help(with)
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

/// What ends the offer at TLS 1.2, and the same with TLS 1.3.
fn narrowed<'t>(tls: &UpstreamTls<'_, 't>) -> Option<(&'t Directive, String)> {
    let Some(versions) = tls.protocols() else {
        let commands = tls.conf_commands().into_iter();
        let mut limits = commands.filter(|(_, name, _)| name.eq_ignore_ascii_case(b"MaxProtocol"));
        let (directive, _, limit) = limits.next_back()?;
        let name = tls.name_of("conf_command");
        let with = format!("{name} MaxProtocol TLSv1.3;");
        return limit
            .eq_ignore_ascii_case(b"TLSv1.2")
            .then_some((directive, with));
    };
    let has = |version: &str| {
        versions
            .iter()
            .any(|one| one.eq_ignore_ascii_case(version.as_bytes()))
    };
    if !has("TLSv1.2") || has("TLSv1.3") {
        return None;
    }
    let directive = tls.directive("protocols")?;
    let with = directive_text(directive).replace(';', " TLSv1.3;");
    Some((directive, with))
}
