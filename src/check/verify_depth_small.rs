//! Chains with as many intermediate certificates as the trusted file has do not pass.
//!
//! # Why
//! `proxy_ssl_verify_depth` is 1 by default: one intermediate between the upstream's certificate
//! and the root. With two, verification fails with 20 or 22, which look like a missing certificate.
//!
//! # What to write
//! `proxy_ssl_verify_depth 2;`
//!
//! # How it is known
//! OpenSSL `check_chain`, nginx `ngx_ssl_trusted_certificate`; tried end to end. Said where the
//! trusted file itself holds a longer chain, by its shortest way to a root.

use super::x509::{Certificate, PemFile};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "verify_depth_small",
    severity: Severity::Warning,
    run,
};

/// Longer chains are not followed.
const MAX_DEPTH: u32 = 8;

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let trusted = input.pem(tls.trusted_certificate()?)?;
        let deepest = trusted
            .certificates
            .iter()
            .filter_map(|one| intermediates(&trusted, one, 0))
            .max()?;
        if !tls.verifies() || trusted.is_incomplete || deepest <= tls.verify_depth() {
            return None;
        }
        let at = tls
            .directive("verify_depth")
            .or_else(|| tls.directive("verify"))?;
        let message = format!(
            "the trusted file has a chain of {deepest} intermediate certificates, and {} may be",
            tls.verify_depth()
        );
        Some(
            Draft::new(Severity::Warning, at, message)
                .help(format!("{} {deepest};", tls.name_of("verify_depth")))
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

/// How many there are from this one up to a root, itself included; `None` without a root.
fn intermediates(file: &PemFile, certificate: &Certificate, depth: u32) -> Option<u32> {
    if certificate.is_self_issued() {
        return Some(0);
    }
    if depth >= MAX_DEPTH || !certificate.is_authority {
        return None;
    }
    let above = file
        .issuers_of(certificate)
        .filter_map(|one| intermediates(file, one, depth + 1));
    above.min().map(|above| above + 1)
}
