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
//! nginx `NGX_SSL_DEFAULT_PROTOCOLS`, CHANGES of 1.23.4; tried end to end. Said of lists that stand
//! in the configuration, for the default depends on nginx's version.

use super::wording::directive_text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "tls13_not_offered",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls.directive("protocols")?;
        let versions = tls.protocols()?;
        let has = |version: &str| {
            versions
                .iter()
                .any(|one| one.eq_ignore_ascii_case(version.as_bytes()))
        };
        if !has("TLSv1.2") || has("TLSv1.3") {
            return None;
        }
        let with = directive_text(directive).replace(';', " TLSv1.3;");
        let message = "an upstream that speaks only TLS 1.3 cannot be reached";
        Some(
            Draft::new(Severity::Warning, directive, message)
                .help(with)
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}
