//! The file of revocation lists has none for an authority of the upstream's chain.
//!
//! # Why
//! With `proxy_ssl_crl` nginx asks OpenSSL to check every certificate of the chain, roots included.
//! An authority without its list, or with one that has ended, fails every handshake: `unable to get
//! certificate CRL` (3), `CRL has expired` (12).
//!
//! # What to write
//! Put the current list of every authority of the chain into the file, and reload.
//!
//! # How it is known
//! nginx `ngx_ssl_crl` (`X509_V_FLAG_CRL_CHECK_ALL`); tried end to end. Said where no list is of a
//! trusted authority, or where an authority has one and the trusted one that issued it has none.

use std::rc::Rc;

use super::x509::{Certificate, PemFile};
use super::{Check, Draft, Input, Severity};
use crate::nginx_conf::model::UpstreamTls;
use crate::text::quote;

pub(super) static CHECK: Check = Check {
    id: "crl_incomplete",
    severity: Severity::Error,
    run,
};

fn run<'t>(input: &Input<'_, 't>) -> Vec<Draft<'t>> {
    let draft = |tls: UpstreamTls<'_, 't>| {
        let directive = tls.directive("crl")?;
        let (trusted, lists) = files(input, &tls)?;
        let missing = missing(&trusted, &lists, input.now)?;
        let message = format!(
            "every handshake fails: there is no valid list of the authority {}",
            quote(&missing.subject_text)
        );
        let help = "put the current list of every authority of the chain into the file, and reload";
        Some(
            Draft::new(Severity::Error, directive, message)
                .help(help)
                .used_by([tls.pass.directive]),
        )
    };
    input
        .tls()
        .filter(|tls| tls.verifies())
        .filter_map(draft)
        .collect()
}

/// The authorities and the lists, where both files could be read as a whole.
fn files(input: &Input<'_, '_>, tls: &UpstreamTls<'_, '_>) -> Option<(Rc<PemFile>, Rc<PemFile>)> {
    let trusted = input.pem(tls.trusted_certificate()?)?;
    let lists = input.pem(tls.crl()?)?;
    (!trusted.is_incomplete && !lists.is_incomplete).then_some((trusted, lists))
}

fn missing<'f>(trusted: &'f PemFile, lists: &PemFile, now: i64) -> Option<&'f Certificate> {
    let has_list = |authority: &Certificate| {
        let mut crls = lists.crls.iter();
        crls.any(|crl| crl.is_of(authority) && crl.next_update.is_none_or(|end| end > now))
    };
    let without = |authority: &&Certificate| !has_list(authority);
    let authorities = &trusted.certificates;
    if !authorities.iter().any(has_list) {
        return authorities.first();
    }
    let listed = authorities.iter().filter(|authority| has_list(authority));
    let mut issuers = listed.flat_map(|authority| trusted.issuers_of(authority));
    issuers.find(without)
}
