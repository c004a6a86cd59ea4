//! The upstream takes nginx's offer for a second try with an older version.
//!
//! # What it means
//! A client that retries with an older version marks that with TLS_FALLBACK_SCSV. A server that supports
//! a newer one refuses such a try, because somebody on the path may have forced it.
//!
//! # Evidence
//! A fatal inappropriate_fallback(86). With the mark in our ClientHello it has no other meaning.
//!
//! # Why it happens
//! nginx never sends the mark itself; a patched nginx, or a device between nginx and the upstream that
//! rewrites the ClientHello, may.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3;`, so that nothing newer is left out.
//!
//! # Dead ends
//! Fewer versions make it worse: the server complains that its best one is missing.
//!
//! # References
//! RFC 7507.

use crate::facts::{Facts, Offered};
use crate::registry::{Alert, ProtocolVersion};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "inappropriate_fallback",
    family: Family::Version,
    dead_ends: &["proxy_ssl_protocols TLSv1.2;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.received() != Some(Alert::INAPPROPRIATE_FALLBACK) {
        return None;
    }
    let marked = facts.offered.as_ref().is_some_and(Offered::fallback);
    let highest = facts.offered.as_ref().and_then(Offered::max_version);
    let (confidence, mark) = match marked {
        true => (
            Confidence::Certain,
            "nginx's hello carries TLS_FALLBACK_SCSV",
        ),
        false => (Confidence::Likely, "though nginx sent no TLS_FALLBACK_SCSV"),
    };
    let sentence = move || {
        let offered = match highest {
            Some(version) => format!("an offer of at most {version}"),
            None => "the offer".to_owned(),
        };
        format!(
            "upstream takes {offered} for a retry with an older version, {mark}: received alert \
         inappropriate_fallback(86)"
        )
    };
    let mut evidence = vec![Evidence::AlertReceived, Evidence::AlertIsSpecific];
    if marked {
        evidence.push(Evidence::FallbackSignalled);
    }
    let elsewhere = "look for a device on the path that repeats or rewrites ClientHellos";
    let remedy = match highest {
        Some(version) if version >= ProtocolVersion::TLS1_3 => Remedy::manual(elsewhere),
        _ => Remedy::paste(facts, ["protocols TLSv1.2 TLSv1.3"]).with_action(elsewhere),
    };
    Some(Draft::new(confidence, sentence, &evidence, remedy))
}
