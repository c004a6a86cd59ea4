//! The file of trusted certificates cannot make any chain end.
//!
//! # Why
//! OpenSSL wants a chain up to a self-signed root in the file (nginx does not set
//! `X509_V_FLAG_PARTIAL_CHAIN`). With intermediates alone, or with the upstream's own certificate
//! where an authority issued it, verification fails with 2, 20 or 21. A root that has expired fails
//! with 10.
//!
//! # What to write
//! The root of the upstream's authority into the file.
//!
//! # How it is known
//! OpenSSL `build_chain`, nginx `ngx_ssl_trusted_certificate`, as of 1.31; tried end to end.

use super::x509::{Certificate, PemFile};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;

pub(super) static CHECK: Check = Check {
    id: "trust_file_unfit",
    severity: Severity::Warning,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls
            .directive("trusted_certificate")
            .filter(|_| tls.verifies())?;
        let trusted = input.pem(tls.trusted_certificate()?)?;
        let fault = fault(&trusted, input.now)?;
        Some(
            Draft::new(Severity::Warning, directive, fault)
                .help("put the root of the upstream's authority into the file")
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

fn fault(trusted: &PemFile, now: i64) -> Option<&'static str> {
    let all = &trusted.certificates;
    if trusted.is_incomplete {
        return None;
    }
    if all.is_empty() {
        return Some("there is no certificate in the file");
    }
    if !all.iter().any(Certificate::is_self_issued) {
        return Some("there is no root in the file, and verification wants one");
    }
    let expired = |root: &Certificate| root.not_after < now;
    let mut roots = all.iter().filter(|one| one.is_self_issued());
    roots
        .all(expired)
        .then_some("every root in the file has expired")
}
