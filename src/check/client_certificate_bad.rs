//! The client certificate that nginx shows has ended, is another key's, or is none for clients.
//!
//! # Why
//! nginx loads what it is given and looks at no date and no purpose; the upstream does, and says so
//! with an alert (42, 45, 46, 48) or by closing. Of a key that does not belong to the certificate
//! nginx says itself `key values mismatch`, and does not start.
//!
//! # What to write
//! A certificate for clients, with its key, followed by the intermediate certificates; and reload
//! nginx when it is renewed.
//!
//! # How it is known
//! nginx `ngx_ssl_certificate`; tried end to end. A chain is called incomplete only where the
//! certificate that is missing from it stands in the trusted file.

use super::x509::{Certificate, PemFile};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;
use crate::text::quote;

pub(super) static CHECK: Check = Check {
    id: "client_certificate_bad",
    severity: Severity::Error,
    run,
};

const DAY: i64 = 86_400;
/// Days before its end from which on a certificate is reported.
const SOON: i64 = 14;

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls.directive("certificate")?;
        let file = input.pem(tls.certificate()?)?;
        let leaf = file.certificates.first()?;
        let (severity, message, help) = fault(input, &tls, &file, leaf)?;
        Some(
            Draft::new(severity, directive, message)
                .help(help)
                .used_by([tls.pass.directive]),
        )
    };
    input.tls().filter_map(draft).collect()
}

fn fault(
    input: &Input<'_, '_>,
    tls: &UpstreamTls<'_, '_>,
    file: &PemFile,
    leaf: &Certificate,
) -> Option<(Severity, String, String)> {
    let renew = "renew the certificate and reload nginx";
    if leaf.not_after < input.now {
        return Some((
            Severity::Error,
            "the client certificate has expired".into(),
            renew.into(),
        ));
    }
    let key = tls.certificate_key().and_then(|name| input.pem(name));
    let key = key.as_ref().and_then(|file| file.key.as_ref());
    if let (Some(key), Some(wanted)) = (key, &leaf.key) {
        if key != wanted {
            let key = tls.name_of("certificate_key");
            return Some((
                Severity::Error,
                "nginx does not start: the private key is not this certificate's".into(),
                format!("{key} <the-key-of-this-certificate>;"),
            ));
        }
    }
    if !leaf.is_for_clients {
        return Some((
            Severity::Warning,
            "the certificate is not for clients: its extended key usage has no clientAuth".into(),
            "have a certificate issued with clientAuth".into(),
        ));
    }
    let days = (leaf.not_after - input.now) / DAY;
    if days < SOON {
        let message = format!(
            "the client certificate expires in less than {} days",
            days + 1
        );
        return Some((Severity::Warning, message, renew.into()));
    }
    let missing = missing_issuer(input, tls, file)?;
    let subject = quote(&missing);
    Some((
        Severity::Warning,
        format!("the chain is incomplete: the intermediate {subject} is not in the file"),
        "append the intermediate certificates to the file".into(),
    ))
}

/// An intermediate that is trusted as an upstream's and not sent with the client's certificate.
fn missing_issuer(
    input: &Input<'_, '_>,
    tls: &UpstreamTls<'_, '_>,
    file: &PemFile,
) -> Option<String> {
    let last = file.certificates.last()?;
    let trusted = input.pem(tls.trusted_certificate()?)?;
    if file.is_incomplete || last.is_self_issued() || file.issuers_of(last).next().is_some() {
        return None;
    }
    let mut issuers = trusted.issuers_of(last);
    let found = issuers.find(|issuer| !issuer.is_self_issued())?;
    Some(found.subject_text.clone())
}
