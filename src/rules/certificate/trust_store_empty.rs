//! nginx verifies, and trusts nobody.
//!
//! # What it means
//! Verification is on and the context has no trusted certificate: every chain fails.
//!
//! # Evidence
//! The chain was rejected for want of an issuer, and the store has no certificate in it.
//!
//! # Why it happens
//! Stock nginx refuses `proxy_ssl_verify on;` without `proxy_ssl_trusted_certificate`; a patched one, or a
//! file that holds no certificate, leads here.
//!
//! # Workaround
//! `proxy_ssl_trusted_certificate <file>;` with the root that signs the upstream's certificates.
//!
//! # Dead ends
//! Switching verification off trusts everybody instead of nobody.
//!
//! # References
//! nginx `ngx_ssl_trusted_certificate`.

use crate::facts::Facts;
use crate::rules::wording::constant;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "trust_store_empty",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_verify_depth ...;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.rejected_chain()?.trust_store_size != Some(0) {
        return None;
    }
    let remedy = Remedy::paste(facts, ["trusted_certificate </path/to/ca.crt>"])
        .only_if("it is the CA of this upstream, compared out of band");
    // Whether the chain is whole, too, nobody can tell yet.
    Some(Draft::new(
        Confidence::Likely,
        constant("nginx verifies the upstream's certificate and has no trusted certificate to do it with"),
        &[Evidence::VerificationFailed, Evidence::StoreEmpty],
        remedy,
    ))
}
