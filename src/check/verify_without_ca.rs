//! Verification is on, and there is no certificate to verify against.
//!
//! # Why
//! nginx trusts nobody by default, not even the system's authorities. It refuses to start: `no
//! proxy_ssl_trusted_certificate for proxy_ssl_verify`.
//!
//! # What to write
//! `proxy_ssl_trusted_certificate <file-with-the-root-of-the-upstream>;` (on Debian,
//! /etc/ssl/certs/ca-certificates.crt holds the public ones).
//!
//! # How it is known
//! nginx `ngx_http_proxy_set_ssl` and its kin, from 1.7.0 to 1.31; tried end to end.

use super::{Check, Draft, Input, Severity};

pub(super) static CHECK: Check = Check {
    id: "verify_without_ca",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let without = |tls: &crate::nginx_conf::model::UpstreamTls<'_, 't>| {
        tls.verifies() && tls.trusted_certificate().is_none() && !tls.is_incomplete()
    };
    let mut drafts = Vec::new();
    for tls in input.tls().filter(without) {
        let Some(directive) = tls.directive("verify") else {
            continue;
        };
        let trusted = tls.name_of("trusted_certificate");
        let unless = match input.model.begins_at_main() {
            true => "",
            false => " unless http or stream has one",
        };
        let message =
            format!("nginx does not start{unless}: there is no {trusted} to verify against");
        drafts.push(
            Draft::new(Severity::Error, directive, message)
                .help(format!("{trusted} <file-with-the-root-of-the-upstream>;"))
                .used_by([tls.pass.directive]),
        );
    }
    drafts
}
