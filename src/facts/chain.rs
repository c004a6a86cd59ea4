//! What is wrong with a chain that nginx rejected.
//!
//! A broken chain collects several errors; one of them is the cause. The order below is the order
//! of causes: what makes a certificate unfit whoever signed it comes before who signed it.

use crate::capture::{CertificateCheck, VerifyError};

/// X509_V_ERR_* values that are told apart.
mod code {
    pub(super) const ISSUER_NOT_FOUND: i32 = 2;
    pub(super) const NO_CRL: i32 = 3;
    pub(super) const NOT_YET_VALID: i32 = 9;
    pub(super) const EXPIRED: i32 = 10;
    pub(super) const CRL_NOT_YET_VALID: i32 = 11;
    pub(super) const CRL_EXPIRED: i32 = 12;
    pub(super) const SELF_SIGNED_LEAF: i32 = 18;
    pub(super) const SELF_SIGNED_IN_CHAIN: i32 = 19;
    pub(super) const ISSUER_NOT_FOUND_LOCALLY: i32 = 20;
    pub(super) const LEAF_NOT_VERIFIED: i32 = 21;
    pub(super) const TOO_LONG: i32 = 22;
    pub(super) const REVOKED: i32 = 23;
    pub(super) const PURPOSE: i32 = 26;
    pub(super) const NO_CRL_ISSUER: i32 = 33;
    pub(super) const EE_KEY_TOO_SMALL: i32 = 66;
    pub(super) const CA_MD_TOO_WEAK: i32 = 68;
}

/// The kinds of trouble, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The session carried a verdict that a fresh verification does not share.
    Inherited,
    /// 23
    Revoked,
    /// 10
    Expired,
    /// 9
    NotYetValid,
    /// 18
    SelfSigned,
    /// 26
    Purpose,
    /// 66, 67, 68
    TooWeak,
    /// a larger depth verifies
    TooLong,
    /// The issuer was neither sent nor trusted.
    IssuerMissing,
    /// The chain is complete up to an anchor that is not trusted.
    AnchorUnknown,
    /// 3, 33
    CrlMissing,
    /// 11, 12
    CrlExpired,
    /// Anything else.
    Other,
}

/// The cause, and the error that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainProblem {
    /// The kind of trouble.
    pub problem: Problem,
    /// The error that shows it; the code nginx logged when nothing was verified again.
    pub error: VerifyError,
}

impl ChainProblem {
    pub(super) fn of(check: &CertificateCheck) -> Self {
        let logged = VerifyError {
            code: check.result,
            depth: 0,
        };
        if check.verified_again && check.errors.is_empty() {
            return Self {
                problem: Problem::Inherited,
                error: logged,
            };
        }
        if check.proven_depth.is_some() {
            let first = check.errors.first().copied().unwrap_or(logged);
            return Self {
                problem: Problem::TooLong,
                error: first,
            };
        }
        let seen = if check.errors.is_empty() {
            &[logged][..]
        } else {
            &check.errors
        };
        let ranked = seen.iter().filter_map(|error| {
            let problem = kind(*error, check);
            Some((
                rank(problem)?,
                Self {
                    problem,
                    error: *error,
                },
            ))
        });
        let best = ranked.min_by_key(|(rank, _)| *rank).map(|(_, found)| found);
        best.unwrap_or(Self {
            problem: Problem::Other,
            error: logged,
        })
    }
}

fn kind(error: VerifyError, check: &CertificateCheck) -> Problem {
    match error.code {
        code::REVOKED => Problem::Revoked,
        code::EXPIRED => Problem::Expired,
        code::NOT_YET_VALID => Problem::NotYetValid,
        code::SELF_SIGNED_LEAF => Problem::SelfSigned,
        code::PURPOSE => Problem::Purpose,
        code::EE_KEY_TOO_SMALL..=code::CA_MD_TOO_WEAK => Problem::TooWeak,
        // Two intermediates and depth 1 end as 22 on OpenSSL 1.1.1; without a depth that verifies
        // it is another trouble with the same chain.
        code::TOO_LONG | code::SELF_SIGNED_IN_CHAIN => Problem::AnchorUnknown,
        code::ISSUER_NOT_FOUND | code::ISSUER_NOT_FOUND_LOCALLY | code::LEAF_NOT_VERIFIED => {
            if ends_in_a_root(check) {
                Problem::AnchorUnknown
            } else {
                Problem::IssuerMissing
            }
        }
        code::NO_CRL | code::NO_CRL_ISSUER => Problem::CrlMissing,
        code::CRL_EXPIRED | code::CRL_NOT_YET_VALID => Problem::CrlExpired,
        _ => Problem::Other,
    }
}

/// Follows the chain from the leaf by names, as far as issuers were sent: does it end in a
/// self-issued certificate?
fn ends_in_a_root(check: &CertificateCheck) -> bool {
    let Some(mut current) = check.chain.first() else {
        return false;
    };
    for _ in 0..check.chain.len() {
        if current.self_issued {
            return true;
        }
        match check.chain.iter().find(|one| one.subject == current.issuer) {
            Some(issuer) => current = issuer,
            None => return false,
        }
    }
    false
}

fn rank(problem: Problem) -> Option<usize> {
    const ORDER: [Problem; 11] = [
        Problem::Revoked,
        Problem::Expired,
        Problem::NotYetValid,
        Problem::SelfSigned,
        Problem::Purpose,
        Problem::TooWeak,
        Problem::IssuerMissing,
        Problem::AnchorUnknown,
        Problem::CrlMissing,
        Problem::CrlExpired,
        Problem::Other,
    ];
    ORDER.iter().position(|one| *one == problem)
}
