//! Three things that a rejected chain does not prove: that the upstream has no other certificate for the
//! host meant, that nginx itself rejected it, and that it was judged in this handshake and not in an
//! earlier one.

use crate::capture::CertificateCheck;
use crate::facts::Facts;
use crate::registry::X509Error;
use crate::rules::{send_a_name, Confidence, Draft, Evidence, Finding, Remedy, Security};

/// A verdict that came with a session, whose chain nobody can look at any more, says only what may be
/// wrong.
pub(super) fn demote<'f>(facts: &Facts<'_>, finding: Draft<'f>) -> Draft<'f> {
    match facts.verdict_came_with_a_session() && hangs_on_the_certificate(&finding) {
        true => finding.as_alternative(),
        false => finding,
    }
}

/// Takes back what a rejected chain does not prove: that nginx was the one that rejected it, and that
/// the certificate is the one the upstream has for the host meant. Last of all, because it changes what
/// is said of a cause, not which cause comes first.
pub(super) fn limit(facts: &Facts<'_>, mut finding: Finding) -> Finding {
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
    finding.because.push(Evidence::NoServerNameSent);
    finding
        .sentence
        .push_str(", but no SNI was sent and it is not for the name compared: it may be the server's default one");
    if facts.name.missing() {
        let with_a_name = Remedy::paste(facts, send_a_name(facts));
        // What to trust is said when it is known to be this one.
        let then = match finding.remedy.security {
            Security::ChangesTrust => "the next failure says what there is to trust".to_owned(),
            _ => finding.remedy.to_text(),
        };
        finding.remedy = with_a_name.with_action(format!(
            "if the same certificate comes with SNI, too: {then}"
        ));
    }
    finding
}

/// How sure one can be of a chain that was not verified again: nginx keeps only the last error, and few
/// errors are enough by themselves.
fn unverified(check: &CertificateCheck) -> Confidence {
    /// X509_V_ERR_* that may stand for another cause: no issuer found, a chain too long.
    const AMBIGUOUS: [X509Error; 5] = [
        X509Error::UNABLE_TO_GET_ISSUER_CERT,
        X509Error::SELF_SIGNED_CERT_IN_CHAIN,
        X509Error::UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509Error::UNABLE_TO_VERIFY_LEAF_SIGNATURE,
        X509Error::CERT_CHAIN_TOO_LONG,
    ];
    match AMBIGUOUS.contains(&X509Error(check.result)) {
        true => Confidence::Possible,
        false => Confidence::Likely,
    }
}

/// No certificate was sent now: the verdict is on the one of the handshake that began the session, and
/// nginx goes on resuming it when the upstream has been repaired.
fn with_the_session(facts: &Facts<'_>, mut finding: Finding) -> Finding {
    finding.confidence = finding.confidence.max(Confidence::Likely);
    finding.because.push(Evidence::SessionResumed);
    let hint = format!(
        "if that is repaired by now, nginx goes by an old session: {} off",
        facts
            .with_prefix("proxy_ssl_session_reuse")
            .unwrap_or_default()
    );
    finding.remedy.action = Some(match finding.remedy.action {
        Some(action) => format!("{action}, {hint}"),
        None => hint,
    });
    finding
}

/// Another certificate could have passed; not so where nothing at all is trusted.
fn hangs_on_the_certificate<S>(finding: &Finding<S>) -> bool {
    let because = |code| finding.because.contains(&code);
    because(Evidence::VerificationFailed) && !because(Evidence::StoreEmpty)
}
