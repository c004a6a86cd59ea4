//! Verification is on, and the name that is compared is an address or the path of a socket.
//!
//! # Why
//! nginx compares names only (`X509_check_host`): it never looks at IP addresses in subjectAltName,
//! so a certificate that is right for the address fails with `does not match "192.0.2.7"`. Only one
//! that has the address as a DNS name, or as its common name and no DNS names, would pass. With a
//! unix socket nginx compares the socket's path.
//!
//! # What to write
//! `proxy_ssl_name <name-in-the-certificate>;`
//!
//! # How it is known
//! nginx `ngx_ssl_check_host`, as of 1.31; tried end to end.

use super::wording::text;
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::NameKind;

pub(super) static CHECK: Check = Check {
    id: "verify_address",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let mut drafts = Vec::new();
    for tls in input
        .tls()
        .filter(|tls| tls.verifies() && !tls.is_incomplete())
    {
        let name = tls.name();
        let what = match name.kind {
            NameKind::Address => "nginx looks for no IP address in certificates",
            NameKind::Socket => "the path of a socket is in no certificate",
            _ => continue,
        };
        let at = tls.configured_name().unwrap_or(tls.pass.directive);
        let message = format!(
            "the certificate is compared with \"{}\": {what}",
            text(&name.text)
        );
        drafts.push(
            Draft::new(Severity::Error, at, message)
                .help(format!(
                    "{} <name-in-the-certificate>;",
                    tls.name_of("name")
                ))
                .used_by([tls.pass.directive]),
        );
    }
    drafts
}
