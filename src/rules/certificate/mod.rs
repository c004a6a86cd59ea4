//! The upstream's certificate, when nginx verifies.

pub(super) mod certificate_chain_incomplete;
pub(super) mod certificate_chain_too_long;
pub(super) mod certificate_expired;
pub(super) mod certificate_hostname_mismatch;
pub(super) mod certificate_invalid;
pub(super) mod certificate_issuer_unknown;
pub(super) mod certificate_not_yet_valid;
pub(super) mod certificate_purpose_mismatch;
pub(super) mod certificate_revoked;
pub(super) mod certificate_self_signed;
pub(super) mod certificate_too_weak;
pub(super) mod crl_expired;
pub(super) mod crl_unavailable;
pub(super) mod trust_store_empty;
pub(super) mod verify_result_inherited;

mod kin;

use super::{Applicability, Evidence, Remedy};
use crate::capture::{Certificate, CertificateCheck, VerifyError};
use crate::facts::{Facts, Problem};
use crate::text::quote;

/// A rejected chain with the trouble a rule is about.
#[derive(Clone, Copy)]
struct Found<'a> {
    check: &'a CertificateCheck,
    error: VerifyError,
    problem: Problem,
    anchor_sent: bool,
}

/// Declines when the chain's trouble is another one.
fn problem<'a>(facts: &'a Facts<'_>, wanted: Problem) -> Option<Found<'a>> {
    let check = facts.rejected_chain()?;
    let found = facts.chain_problem()?;
    (found.problem == wanted).then_some(Found {
        check,
        error: found.error,
        problem: found.problem,
        anchor_sent: found.anchor_sent,
    })
}

/// Trusts what is in a file: `setting` with its placeholder. The directive takes the place of one that
/// stands there or is inherited: what other peers are verified against would be gone.
fn trust(facts: &Facts<'_>, setting: &'static str, condition: String) -> Remedy {
    let remedy = Remedy::paste(facts, [setting]).only_if(condition);
    match remedy.applicability {
        Applicability::Manual => remedy,
        _ => remedy.with_action("add it to the file nginx already uses, if there is one"),
    }
}

fn subject(certificate: Option<&Certificate>) -> String {
    quote(certificate.map_or("", |one| one.subject.raw()))
}

/// Issuer of a certificate, quoted.
fn issuer(certificate: Option<&Certificate>) -> String {
    quote(certificate.map_or("", |one| one.issuer.raw()))
}

impl Found<'_> {
    /// The certificate the error is about.
    fn shown(&self) -> Option<&Certificate> {
        let index = self.error.index.unwrap_or(self.error.depth);
        self.check
            .chain
            .get(usize::try_from(index).ok()?)
            .or_else(|| self.check.chain.first())
    }

    /// Subject of the certificate the error is about, quoted.
    fn certificate(&self) -> String {
        subject(self.shown())
    }

    /// Subject of the certificate at this place of the chain, quoted.
    fn certificate_of(&self, depth: usize) -> String {
        subject(self.check.chain.get(depth))
    }

    /// The issuer that is missing may be an intermediate: nginx trusts an authority of the same name, or the
    /// certificate says where its issuer is to be had. Also where nobody knows whom nginx trusts.
    fn may_lack_an_intermediate(&self) -> bool {
        let trusted = &self.check.trusted_names;
        let issuer = self.shown().map_or("", |one| one.issuer.raw());
        let known = u32::try_from(trusted.len()).unwrap_or(u32::MAX);
        trusted.is_empty()
            || self.check.trust_store_size.is_some_and(|all| all > known)
            || self.check.chain.iter().any(|one| one.issuer_url.is_some())
            || trusted.iter().any(|name| kin::may_be(name.raw(), issuer))
    }

    /// Whom nginx trusts instead, as the end of a sentence.
    fn whom_nginx_trusts(&self) -> String {
        let names = &self.check.trusted_names;
        let others = self.check.trust_store_size.unwrap_or(0).saturating_sub(1);
        match (names.first(), others) {
            (None, _) => String::new(),
            (Some(first), 0) => format!(": its trusted file holds {first}"),
            (Some(first), more) => format!(": its trusted file holds {first} and {more} more"),
        }
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = vec![Evidence::VerificationFailed];
        if self.check.verified_again {
            evidence.push(Evidence::VerifiedAgain);
        }
        let more: &[_] = match self.problem {
            Problem::TooLong => &[Evidence::LargerDepthVerifies],
            Problem::IssuerMissing => &[Evidence::IssuerNotSent, Evidence::IssuerNotTrusted],
            Problem::AnchorUnknown => &[Evidence::RootNotTrusted],
            _ => &[],
        };
        evidence.extend(more);
        if self.problem == Problem::IssuerMissing
            && self.check.chain.iter().any(|one| one.issuer_url.is_some())
        {
            evidence.push(Evidence::IssuerUrlPresent);
        }
        evidence
    }
}
