//! The upstream does not send the intermediate certificate that issued its own.
//!
//! # What it means
//! nginx cannot build a path from the server's certificate to a trusted root: a link is missing.
//!
//! # Evidence
//! Error 20 or 21 and an issuer that was neither sent nor is trusted; the certificate is not self-issued.
//! A private authority whose root is not in the trusted file and that issues directly looks the same, except
//! for the names: most intermediates are named like an authority in the trusted file. A certificate that
//! says where its issuer can be fetched was most likely issued by an intermediate.
//!
//! # Why it happens
//! The server was given only its own certificate. Browsers fetch or cache intermediates, nginx does not.
//!
//! # Workaround
//! The upstream must send its intermediate. `openssl s_client -connect host:443 -showcerts` shows what it
//! sends. In the meantime the intermediate can be added to the trusted file. A private root that issued the
//! certificate directly must be added for good.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 8446 section 4.4.2; RFC 5280 section 4.2.2.1.

use crate::capture::{Certificate, CertificateCheck};
use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_chain_incomplete",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;", "upgrading nginx alone"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if let Some(found) = super::problem(facts, Problem::AnchorUnknown) {
        return (!found.anchor_sent).then(|| alternative(found));
    }
    let found = super::problem(facts, Problem::IssuerMissing)?;
    let sentence = move || {
        format!(
            "upstream does not send {}, the issuer of its certificate {}",
            super::issuer(link(found.check)),
            found.certificate_of(last(found.check))
        )
    };
    // A private root, signing directly, looks the same. Where the certificate says its issuer is to be
    // had does not decide: that is the word of a peer that nobody has verified.
    let finding = Draft::new(Confidence::Possible, sentence, &found.evidence(), remedy());
    Some(match found.may_lack_an_intermediate() {
        true => finding,
        false => finding.as_alternative(),
    })
}

/// The certificate whose issuer is missing: the last one reached by names from the leaf.
fn link(check: &CertificateCheck) -> Option<&Certificate> {
    check.chain.get(last(check))
}

fn last(check: &CertificateCheck) -> usize {
    let mut current = 0;
    for _ in 0..check.chain.len() {
        let issuer = check.chain.get(current).map(|one| &one.issuer);
        let next = check
            .chain
            .iter()
            .position(|one| Some(&one.subject) == issuer);
        match next {
            Some(next) if next != current => current = next,
            _ => break,
        }
    }
    current
}

/// A root of the operator's own looks the same, but what to trust is another diagnosis, with its condition.
fn remedy() -> Remedy {
    Remedy::manual("upstream must send its intermediate certificate after its own")
}

/// Intermediates were sent and the last one's issuer is unknown: one more may be missing.
fn alternative<'f>(found: super::Found<'f>) -> Draft<'f> {
    let sentence = move || {
        format!(
            "upstream may not send every intermediate of its certificate {}",
            found.certificate_of(0)
        )
    };
    Draft::new(Confidence::Possible, sentence, &found.evidence(), remedy()).as_alternative()
}
