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

use super::server_name;
use super::{because, Applicability, Confidence, Finding, Remedy};
use crate::capture::{Certificate, CertificateCheck, VerifyError};
use crate::facts::{Facts, Problem};
use crate::text::quote;

/// A rejected chain with the trouble a rule is about.
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

/// A verdict that came with a session, of a chain that nobody can look at any more, says what may be
/// wrong with it and no more.
pub(super) fn place(facts: &Facts<'_>, finding: Finding) -> Finding {
    match facts.verdict_came_with_a_session() && hangs_on_the_certificate(&finding) {
        true => finding.as_alternative(),
        false => finding,
    }
}

/// Takes back what a rejected chain does not prove: that nginx was the one that rejected it, and that
/// the certificate is the one the upstream has for the host meant. Last of all, because it changes what
/// is said of a cause, not which cause comes first.
pub(super) fn temper(facts: &Facts<'_>, mut finding: Finding) -> Finding {
    if facts.rejection_is_inferred() {
        finding.confidence = finding.confidence.max(Confidence::Likely);
    }
    if let Some(check) = facts.rejected_chain().filter(|check| !check.verified_again) {
        finding.confidence = finding.confidence.max(unverified(check));
    }
    if !hangs_on_the_certificate(&finding) {
        return finding;
    }
    if facts.recording.handshake.resumed == Some(true) {
        return with_the_session(facts, finding);
    }
    if !facts.maybe_default_certificate() {
        return finding;
    }
    finding.confidence = finding.confidence.max(Confidence::Likely);
    finding.because.push(because::NO_SERVER_NAME_SENT);
    finding
        .sentence
        .push_str(", but no SNI was sent and it is not for the name compared: it may be the server's default one");
    if facts.name.missing() {
        let with_a_name = Remedy::paste(facts, server_name::send_a_name(facts));
        finding.remedy = with_a_name.with_action(format!(
            "if the same certificate comes with SNI, too: {}",
            told(&finding.remedy)
        ));
    }
    finding
}

/// How sure one can be of a chain that was not verified again: nginx keeps the last error only, and only
/// some say enough alone.
fn unverified(check: &CertificateCheck) -> Confidence {
    /// X509_V_ERR_* that may stand for another cause: no issuer found, a chain too long.
    const AMBIGUOUS: [i32; 5] = [2, 19, 20, 21, 22];
    match AMBIGUOUS.contains(&check.result) {
        true => Confidence::Possible,
        false => Confidence::Likely,
    }
}

/// No certificate was sent now: the verdict is on the one of the handshake that began the session, and
/// nginx goes on resuming it when the upstream has been repaired.
fn with_the_session(facts: &Facts<'_>, mut finding: Finding) -> Finding {
    finding.confidence = finding.confidence.max(Confidence::Likely);
    finding.because.push(because::SESSION_RESUMED);
    let hint = format!(
        "if that is repaired by now, nginx goes by an old session: {} off",
        facts
            .in_family("proxy_ssl_session_reuse")
            .unwrap_or_default()
    );
    finding.remedy.action = Some(match finding.remedy.action {
        Some(action) => format!("{action}, {hint}"),
        None => hint,
    });
    finding
}

/// Another certificate could have passed; not so where nothing at all is trusted.
fn hangs_on_the_certificate(finding: &Finding) -> bool {
    let because = |code| finding.because.contains(&code);
    because(because::VERIFICATION_FAILED) && !because(because::STORE_EMPTY)
}

/// A remedy in words.
fn told(remedy: &Remedy) -> String {
    let mut parts: Vec<String> = remedy.fix.iter().map(ToString::to_string).collect();
    parts.extend(remedy.condition.iter().map(|one| format!("only if {one}")));
    parts.extend(remedy.action.clone());
    parts.join(" ")
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
