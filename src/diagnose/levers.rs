//! What is left to try on nginx's own side.
//!
//! A lever is a setting that narrows what nginx offers to less than its library could. Trying it is cheap
//! and rules out a cause, so it is printed before any advice to read the upstream's log. Where two lists were
//! narrowed, a refusal does not say which of them is too narrow: both are widened.

use crate::rules::{Applicability, Confidence, Evidence, Family, Finding, Remedy, Rule, Security};

/// What it costs to try a guess: nothing, a value to fill in, some security, a name other than the one meant,
/// or another person's help. It ranks guesses only; where there is more evidence, that decides.
pub(super) fn effort(finding: &Finding) -> u8 {
    match finding.remedy.applicability {
        _ if finding.confidence != Confidence::Possible => 0,
        Applicability::Manual => 4,
        _ if doubts_a_name(finding) => 3,
        _ if finding.remedy.security == Security::Weakens => 2,
        Applicability::Machine if is_lever(&finding.remedy) => 0,
        Applicability::Placeholder if is_lever(&finding.remedy) => 1,
        // Whom to trust is no guess to be tried.
        _ => 4,
    }
}

/// A guess that a name is wrong, though it may be meant.
fn doubts_a_name(finding: &Finding) -> bool {
    const ODD: [Evidence; 2] = [Evidence::NameDiffersFromHost, Evidence::NameIsUpstreamBlock];
    let about_a_name = ODD.iter().any(|one| finding.because.contains(one));
    finding.confidence == Confidence::Possible && about_a_name
}

/// Whether a finding is a lever that is left to try: not one of an alternative only, and not a name that may
/// be meant.
pub(super) fn is_left(finding: &Finding) -> bool {
    !finding.alternative_only && is_lever(&finding.remedy) && !doubts_a_name(finding)
}

/// Where nothing decides, what can be tried as it stands comes first.
pub(super) fn prefer(found: &mut [(&'static Rule, Finding)]) {
    let first_decides = found.first().is_none_or(|(_, first)| decides(first));
    let lever = found.iter().position(|(_, one)| {
        is_lever(&one.remedy) && one.remedy.applicability == Applicability::Machine
    });
    if let (false, Some(at)) = (first_decides, lever) {
        if let Some(until) = found.get_mut(..=at) {
            until.rotate_right(1);
        }
    }
}

fn decides(finding: &Finding) -> bool {
    !finding.because.contains(&Evidence::NothingDecides)
}

/// The answer, with what the other findings offer to try.
pub(super) fn pull(
    mut finding: Finding,
    family: Family,
    others: &[(&'static Rule, Finding)],
) -> Finding {
    let is_guess = finding.confidence != Confidence::Certain;
    if is_guess && is_about_a_list(&finding) {
        let lists = others.iter().map(|(_, other)| other);
        for other in lists.filter(|other| is_about_a_list(other) && is_lever(&other.remedy)) {
            finding.remedy.add(&other.remedy);
        }
    }
    if is_guess && sends_away(&finding, family) {
        let mut remedies = others.iter().map(|(_, other)| &other.remedy);
        match decides(&finding) {
            true => {
                let first = remedies.find(|remedy| is_lever(remedy));
                first
                    .into_iter()
                    .for_each(|one| finding.remedy.try_first(one));
            }
            // With its condition, where it changes trust.
            false => {
                let can_be_tried =
                    |one: &&Remedy| !one.fix.is_empty() && one.security != Security::Weakens;
                let first = remedies.find(can_be_tried);
                first
                    .into_iter()
                    .for_each(|one| finding.remedy.replace_with(one));
            }
        }
    }
    finding
}

/// A list of ours was narrowed, and the upstream refused without saying which.
fn is_about_a_list(finding: &Finding) -> bool {
    const LISTS: [Evidence; 3] = [
        Evidence::CipherListNarrow,
        Evidence::GroupListNarrow,
        Evidence::SignatureListNarrow,
    ];
    let because = &finding.because;
    because.contains(&Evidence::AlertReceived) && LISTS.iter().any(|one| because.contains(one))
}

/// It can be pasted, and costs no security.
fn is_lever(remedy: &Remedy) -> bool {
    !remedy.fix.is_empty() && matches!(remedy.security, Security::Neutral | Security::Hardens)
}

/// All it says is to look elsewhere.
fn sends_away(finding: &Finding, family: Family) -> bool {
    let elsewhere = matches!(family, Family::Peer | Family::Transport | Family::Unknown);
    elsewhere && finding.remedy.fix.is_empty() && finding.remedy.security == Security::Neutral
}
