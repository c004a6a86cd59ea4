//! Verification is switched off in so many words.
//!
//! # Why
//! It is off by default, so the directive changes nothing but what an outer level says. Whoever can
//! answer at the upstream's address reads and changes what is passed on. It never mends a handshake
//! that ends before the certificate is judged.
//!
//! # What to write
//! `proxy_ssl_verify on;`, `proxy_ssl_trusted_certificate <file-with-the-root-of-the-upstream>;`,
//! and the name.
//!
//! # How it is known
//! nginx `ngx_http_upstream_ssl_handshake`; tried end to end.

use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "verify_off",
    severity: Severity::Note,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let (scope, directive) = tls.found("verify").filter(|_| !tls.verifies())?;
        let message = "the upstream's certificate is not verified";
        let trusted = tls.name_of("trusted_certificate");
        let mut draft = Draft::new(Severity::Note, directive, message)
            .help(format!("{} on;", tls.name_of("verify")));
        if tls.trusted_certificate().is_none() {
            draft = draft.help(format!("{trusted} <file-with-the-root-of-the-upstream>;"));
        }
        // On an outer level it would be the name of others, too.
        if scope == tls.pass.scope && !tls.has_comparable_name() {
            draft = draft.help(format!(
                "{} <name-in-the-certificate>;",
                tls.name_of("name")
            ));
        }
        Some(draft.used_by([tls.pass.directive]))
    };
    input.tls().filter_map(draft).collect()
}
