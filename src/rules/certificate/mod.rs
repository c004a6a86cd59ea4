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

use super::because;
use crate::capture::{Certificate, CertificateCheck, VerifyError};
use crate::facts::{Facts, Problem};

/// A rejected chain with the trouble a rule is about.
struct Found<'a> {
    check: &'a CertificateCheck,
    error: VerifyError,
    problem: Problem,
    anchor_sent: bool,
}

/// Declines when the chain's trouble is another one, or when the verdict was inherited.
fn problem<'a>(facts: &'a Facts<'_>, wanted: Problem) -> Option<Found<'a>> {
    let check = facts.rejected_chain()?;
    let found = facts.chain_problem()?;
    let inherited = facts.recording.handshake.resumed == Some(true) && !check.verified_again;
    (found.problem == wanted && !inherited).then_some(Found {
        check,
        error: found.error,
        problem: found.problem,
        anchor_sent: found.anchor_sent,
    })
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

    fn certificate(&self) -> &str {
        self.shown().map_or("", |one| one.subject.as_str())
    }

    fn certificate_of(&self, depth: usize) -> &str {
        self.check
            .chain
            .get(depth)
            .map_or("", |one| one.subject.as_str())
    }

    fn evidence(&self) -> Vec<&'static str> {
        let mut evidence = vec![because::VERIFICATION_FAILED];
        if self.check.verified_again {
            evidence.push(because::VERIFIED_AGAIN);
        }
        let more: &[_] = match self.problem {
            Problem::TooLong => &[because::LARGER_DEPTH_VERIFIES],
            Problem::IssuerMissing => &[because::ISSUER_NOT_SENT, because::ISSUER_NOT_TRUSTED],
            Problem::AnchorUnknown => &[because::ROOT_NOT_TRUSTED],
            _ => &[],
        };
        evidence.extend(more);
        if self.problem == Problem::IssuerMissing
            && self.check.chain.iter().any(|one| one.issuer_url.is_some())
        {
            evidence.push(because::ISSUER_URL_PRESENT);
        }
        evidence
    }
}
