//! The upstream's chain ends at an authority nginx was not told to trust.
//!
//! # What it means
//! The chain is complete, and its root is not in the file of `proxy_ssl_trusted_certificate`.
//!
//! # Evidence
//! Error 19, 20 or 2 and a chain that leads to a self-issued certificate that was sent; or, as an
//! alternative, a single certificate of an unknown issuer.
//!
//! # Why it happens
//! A private authority, another environment's file, or a public root missing in a hand-made bundle. nginx
//! does not use the system's store by itself.
//!
//! # Workaround
//! `proxy_ssl_trusted_certificate <root.pem>;` with the root named, got over a path you trust. Where there
//! is a file already, the root belongs into that one.
//!
//! # Dead ends
//! Switching verification off accepts any certificate from anybody.
//!
//! # References
//! nginx `proxy_ssl_trusted_certificate`.

use crate::facts::{Facts, Problem};
use crate::rules::{Confidence, Draft, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_issuer_unknown",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if let Some(found) = super::problem(facts, Problem::IssuerMissing) {
        // One certificate whose issuer is nowhere: its issuer may be a root that only lacks trust.
        let sentence = move || {
            format!(
                "upstream certificate {} was issued by {}, which nginx does not trust{}",
                found.certificate(),
                super::issuer(found.shown()),
                found.whom_nginx_trusts()
            )
        };
        let evidence = found.evidence();
        let finding = Draft::new(
            Confidence::Possible,
            sentence,
            &evidence,
            remedy(facts, super::issuer(found.shown())),
        );
        // An intermediate is missing where nginx trusts its kin, or where it is to be had.
        return Some(match found.may_lack_an_intermediate() {
            true => finding.as_alternative(),
            false => finding,
        });
    }
    let found = super::problem(facts, Problem::AnchorUnknown)?;
    let root = found.check.chain.iter().rev().find(|one| one.self_issued);
    // Without the root something between may be missing too.
    let root = root.filter(|_| found.anchor_sent);
    let anchor = move || match root {
        Some(root) => root.subject.to_string(),
        None => super::issuer(found.check.chain.last()),
    };
    let sentence = move || {
        let (leaf, anchor) = (found.certificate_of(0), anchor());
        let trusted = found.whom_nginx_trusts();
        match root {
            Some(_) => format!("upstream certificate {leaf} leads to {anchor}, which nginx does not trust{trusted}"),
            None => format!("upstream certificate {leaf} leads to an issuer nginx does not trust, {anchor}{trusted}"),
        }
    };
    let confidence = match root {
        Some(_) => Confidence::Certain,
        None => Confidence::Likely,
    };
    Some(Draft::new(
        confidence,
        sentence,
        &found.evidence(),
        remedy(facts, anchor()),
    ))
}

/// `anchor` is the quoted name of the authority at the end of the chain.
fn remedy(facts: &Facts<'_>, anchor: String) -> Remedy {
    super::trust(
        facts,
        "trusted_certificate </path/to/root-ca.pem>",
        format!("{anchor} is your CA, compared out of band"),
    )
}
