//! What is left to try on nginx's own side.
//!
//! A lever is a setting that narrows what nginx offers to less than its library could. Trying it is cheap
//! and rules out a cause, so it is printed before any advice to read the upstream's log. Where two lists were
//! narrowed, a refusal does not say which of them is too narrow: both are widened.

use crate::rules::{Applicability, Confidence, Draft, Evidence, Family, Finding, Rule, Security};

/// What it costs to try a guess: nothing, a value to fill in, some security, a name other than the one meant,
/// or another person's help. It ranks guesses only; where there is more evidence, that decides.
pub(super) fn effort<S>(rule: &Rule, finding: &Finding<S>) -> u8 {
    match finding.remedy.applicability {
        _ if finding.confidence != Confidence::Possible => 0,
        Applicability::Manual => 4,
        _ if doubts_a_name(finding) => 3,
        _ if finding.remedy.security == Security::Weakens => 2,
        Applicability::Machine if is_lever(rule, finding) => 0,
        Applicability::Placeholder if is_lever(rule, finding) => 1,
        // Whom to trust is no guess to be tried.
        _ => 4,
    }
}

/// A guess that a name is wrong, though it may be meant.
fn doubts_a_name<S>(finding: &Finding<S>) -> bool {
    const ODD: [Evidence; 2] = [Evidence::NameDiffersFromHost, Evidence::NameIsUpstreamBlock];
    let about_a_name = ODD.iter().any(|one| finding.because.contains(one));
    finding.confidence == Confidence::Possible && about_a_name
}

/// Whether a finding is a lever that is left to try: not one of an alternative only, and not a name that may
/// be meant.
pub(super) fn is_left<S>(rule: &Rule, finding: &Finding<S>) -> bool {
    !finding.alternative_only && is_lever(rule, finding) && !doubts_a_name(finding)
}

/// Where nothing decides, what can be tried as it stands comes first.
pub(super) fn prefer(found: &mut [(&'static Rule, Draft<'_>)]) {
    let first_decides = found.first().is_none_or(|(_, first)| decides(first));
    let lever = found.iter().position(|(rule, one)| {
        is_lever(rule, one) && one.remedy.applicability == Applicability::Machine
    });
    if let (false, Some(at)) = (first_decides, lever) {
        if let Some(until) = found.get_mut(..=at) {
            until.rotate_right(1);
        }
    }
}

fn decides<S>(finding: &Finding<S>) -> bool {
    !finding.because.contains(&Evidence::NothingDecides)
}

/// The answer, with what the other findings offer to try. An answer that only sends to somebody else's log
/// takes over the first lever, and is no more than a guess while that is untried.
pub(super) fn pull(
    mut finding: Finding,
    family: Family,
    others: &[(&'static Rule, Draft<'_>)],
) -> Finding {
    if finding.confidence == Confidence::Certain {
        return finding;
    }
    let mut levers = others.iter().filter(|(rule, other)| is_lever(rule, other));
    if is_about_a_list(&finding) {
        for (_, other) in levers.filter(|(_, other)| is_about_a_list(other)) {
            finding.remedy.add(&other.remedy);
        }
    } else if sends_away(&finding, family) {
        if let Some((_, lever)) = levers.next() {
            finding.remedy.replace_with(&lever.remedy);
            finding.confidence = Confidence::Possible;
        }
    }
    finding
}

/// A list of ours was narrowed, and the upstream refused without saying which.
fn is_about_a_list<S>(finding: &Finding<S>) -> bool {
    const LISTS: [Evidence; 3] = [
        Evidence::CipherListNarrow,
        Evidence::GroupListNarrow,
        Evidence::SignatureListNarrow,
    ];
    let because = &finding.because;
    because.contains(&Evidence::AlertReceived) && LISTS.iter().any(|one| because.contains(one))
}

/// It can be pasted, and costs no security. A name of the operator's choice counts, too: under verification
/// it changes which certificate is accepted, under a condition that is printed with it. Whom to trust is
/// another matter.
fn is_lever<S>(rule: &Rule, finding: &Finding<S>) -> bool {
    let is_free = match finding.remedy.security {
        Security::Neutral | Security::Hardens => true,
        Security::ChangesTrust => rule.family != Family::Certificate,
        Security::Weakens => false,
    };
    is_free && !finding.remedy.fix.is_empty()
}

/// All it says is to look elsewhere.
fn sends_away(finding: &Finding, family: Family) -> bool {
    let elsewhere = matches!(family, Family::Peer | Family::Transport | Family::Unknown);
    elsewhere && finding.remedy.fix.is_empty() && finding.remedy.security == Security::Neutral
}
