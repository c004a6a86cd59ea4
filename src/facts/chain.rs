//! What is wrong with a chain that nginx rejected.
//!
//! A broken chain has several errors, and one of them is the cause. They are tried in this order: first the
//! faults of a certificate itself, then the question who signed it.

use crate::capture::{CertificateCheck, VerifyError, MAX_CHAIN};
use crate::registry::X509Error;

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
    /// The issuer of the peer's own certificate was neither sent nor is it trusted.
    IssuerMissing,
    /// The chain leads to an anchor that is not trusted. The anchor itself is often not sent
    /// (RFC 8446 section 4.4.2): see [`ChainProblem::anchor_sent`].
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
    /// The chain as sent ends in a self-issued certificate: nothing is missing from it.
    pub anchor_sent: bool,
}

impl ChainProblem {
    pub(super) fn of(check: &CertificateCheck, resumed: bool) -> Self {
        let logged = VerifyError {
            code: check.result,
            depth: 0,
            index: None,
        };
        let path = Path::of(check);
        let found = |problem, error| Self {
            problem,
            error,
            anchor_sent: path.ends_in_root,
        };
        if resumed && check.verified_again && check.errors.is_empty() {
            return found(Problem::Inherited, logged);
        }
        let seen = match check.errors.as_slice() {
            [] => &[logged][..],
            errors => errors,
        };
        if check.proven_depth.is_some() {
            return found(Problem::TooLong, *seen.first().unwrap_or(&logged));
        }
        let ranked = seen
            .iter()
            .map(|error| (kind(*error, check, &path), *error));
        // Of equals the first one met.
        let best = ranked.min_by_key(|(problem, error)| rank(*problem, error.depth));
        let (problem, error) = best.unwrap_or((Problem::Other, logged));
        found(problem, error)
    }
}

fn kind(error: VerifyError, check: &CertificateCheck, path: &Path) -> Problem {
    match X509Error(error.code) {
        X509Error::CERT_REVOKED => Problem::Revoked,
        X509Error::CERT_HAS_EXPIRED => Problem::Expired,
        X509Error::CERT_NOT_YET_VALID => Problem::NotYetValid,
        X509Error::DEPTH_ZERO_SELF_SIGNED_CERT => Problem::SelfSigned,
        X509Error::INVALID_PURPOSE => Problem::Purpose,
        X509Error::EE_KEY_TOO_SMALL | X509Error::CA_KEY_TOO_SMALL | X509Error::CA_MD_TOO_WEAK => {
            Problem::TooWeak
        }
        // Two intermediates and depth 1 end as 22 on OpenSSL 1.1.1; when no larger depth verifies
        // either, the depth is not all that is wrong. Not verified again, nothing says what is.
        X509Error::CERT_CHAIN_TOO_LONG if check.verified_again => Problem::AnchorUnknown,
        // OpenSSL says 2, not 20, once a certificate of the trust store is part of the chain: then
        // the trusted file lacks the root above it, and the upstream can do nothing about that.
        X509Error::SELF_SIGNED_CERT_IN_CHAIN | X509Error::UNABLE_TO_GET_ISSUER_CERT => {
            Problem::AnchorUnknown
        }
        X509Error::UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | X509Error::UNABLE_TO_VERIFY_LEAF_SIGNATURE => {
            // Servers leave out the root: a chain that leads away from the leaf is more likely
            // whole than broken.
            if path.ends_in_root || path.has_intermediate {
                Problem::AnchorUnknown
            } else {
                Problem::IssuerMissing
            }
        }
        X509Error::UNABLE_TO_GET_CRL | X509Error::UNABLE_TO_GET_CRL_ISSUER => Problem::CrlMissing,
        X509Error::CRL_HAS_EXPIRED | X509Error::CRL_NOT_YET_VALID => Problem::CrlExpired,
        _ => Problem::Other,
    }
}

/// The way from the leaf upwards, by names, as far as issuers were sent.
struct Path {
    has_intermediate: bool,
    ends_in_root: bool,
}

impl Path {
    fn of(check: &CertificateCheck) -> Self {
        let mut path = Self {
            has_intermediate: false,
            ends_in_root: false,
        };
        let mut current = check.chain.first();
        // Names can form a ring: no more steps than certificates.
        for _ in 0..check.chain.len().min(MAX_CHAIN) {
            let Some(certificate) = current else { break };
            if certificate.self_issued {
                path.ends_in_root = true;
                break;
            }
            let mut others = check.chain.iter().take(MAX_CHAIN);
            current = others.find(|one| one.subject == certificate.issuer);
            path.has_intermediate |= current.is_some();
        }
        path
    }
}

/// What makes the leaf itself unfit comes first, then who signed it, then the rest.
fn rank(problem: Problem, depth: u32) -> u8 {
    match problem {
        Problem::Inherited | Problem::TooLong => 0,
        Problem::Revoked => 1,
        Problem::Expired if depth == 0 => 2,
        Problem::NotYetValid if depth == 0 => 3,
        Problem::SelfSigned => 4,
        Problem::Purpose => 5,
        Problem::TooWeak => 6,
        Problem::IssuerMissing => 7,
        Problem::AnchorUnknown => 8,
        Problem::Expired | Problem::NotYetValid => 9,
        Problem::CrlMissing => 10,
        Problem::CrlExpired => 11,
        Problem::Other => 12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Certificate;

    fn certificate(subject: &str, issuer: &str) -> Certificate {
        Certificate {
            subject: subject.into(),
            issuer: issuer.into(),
            self_issued: subject == issuer,
            ..Certificate::default()
        }
    }

    /// Errors as `(code, depth)`, the chain as `(subject, issuer)`.
    fn check(errors: &[(i32, u32)], chain: &[(&str, &str)]) -> CertificateCheck {
        CertificateCheck {
            result: errors.last().map_or(0, |(code, _)| *code),
            verified_again: true,
            errors: errors
                .iter()
                .map(|(code, depth)| VerifyError {
                    index: None,
                    code: *code,
                    depth: *depth,
                })
                .collect(),
            chain: chain
                .iter()
                .map(|(subject, issuer)| certificate(subject, issuer))
                .collect(),
            ..CertificateCheck::default()
        }
    }

    fn problem(errors: &[(i32, u32)], chain: &[(&str, &str)]) -> Problem {
        ChainProblem::of(&check(errors, chain), true).problem
    }

    const LEAF: (&str, &str) = ("CN=leaf", "CN=int");
    const INT: (&str, &str) = ("CN=int", "CN=root");
    const ROOT: (&str, &str) = ("CN=root", "CN=root");

    #[test]
    fn a_leaf_alone_lacks_its_issuer() {
        assert_eq!(
            problem(&[(20, 0), (21, 0)], &[LEAF]),
            Problem::IssuerMissing
        );
        let other = ("CN=other", "CN=elsewhere");
        assert_eq!(problem(&[(20, 0)], &[LEAF, other]), Problem::IssuerMissing);
    }

    #[test]
    fn a_chain_without_its_root_lacks_trust_and_not_an_intermediate() {
        let found = ChainProblem::of(&check(&[(20, 1)], &[LEAF, INT]), true);
        assert_eq!(found.problem, Problem::AnchorUnknown);
        assert!(!found.anchor_sent);
        let found = ChainProblem::of(&check(&[(19, 2)], &[LEAF, INT, ROOT]), true);
        assert_eq!(found.problem, Problem::AnchorUnknown);
        assert!(found.anchor_sent);
    }

    #[test]
    fn a_trusted_intermediate_without_its_root_is_no_fault_of_the_upstream() {
        assert_eq!(problem(&[(2, 1)], &[LEAF]), Problem::AnchorUnknown);
    }

    #[test]
    fn what_is_wrong_with_the_leaf_comes_before_who_signed_it() {
        assert_eq!(problem(&[(20, 1), (10, 0)], &[LEAF, INT]), Problem::Expired);
        assert_eq!(problem(&[(19, 2), (26, 0)], &[LEAF]), Problem::Purpose);
        assert_eq!(problem(&[(10, 0), (23, 0)], &[LEAF]), Problem::Revoked);
        // An intermediate that has expired is only the second trouble of an untrusted chain.
        let found = ChainProblem::of(&check(&[(10, 1), (20, 1)], &[LEAF, INT]), true);
        assert_eq!(found.problem, Problem::AnchorUnknown);
        assert_eq!(problem(&[(3, 0), (10, 1)], &[LEAF, INT]), Problem::Expired);
    }

    #[test]
    fn a_depth_is_too_small_only_when_a_larger_one_was_proved() {
        let mut long = check(&[(20, 1)], &[LEAF, INT]);
        long.proven_depth = Some(2);
        assert_eq!(ChainProblem::of(&long, true).problem, Problem::TooLong);
        assert_eq!(problem(&[(22, 1)], &[LEAF, INT]), Problem::AnchorUnknown);
        let unproved = CertificateCheck {
            result: 22,
            ..CertificateCheck::default()
        };
        assert_eq!(ChainProblem::of(&unproved, true).problem, Problem::Other);
    }

    #[test]
    fn a_chain_that_verifies_now_inherited_its_verdict() {
        let inherited = CertificateCheck {
            result: 18,
            verified_again: true,
            ..CertificateCheck::default()
        };
        let found = ChainProblem::of(&inherited, true);
        assert_eq!((found.problem, found.error.code), (Problem::Inherited, 18));
        let unproved = CertificateCheck {
            verified_again: false,
            ..inherited
        };
        assert_eq!(
            ChainProblem::of(&unproved, true).problem,
            Problem::SelfSigned
        );
    }

    #[test]
    fn names_that_form_a_ring_end() {
        let ring = [("CN=a", "CN=b"), ("CN=b", "CN=a")];
        assert_eq!(problem(&[(20, 1)], &ring), Problem::AnchorUnknown);
        assert_eq!(problem(&[(12345, 7)], &[]), Problem::Other);
    }
}
