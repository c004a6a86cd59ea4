//! The upstream finds what nginx offered, or presented, too weak.
//!
//! # What it means
//! The server could have gone on, but its policy asks for more: a newer version, stronger suites or
//! groups, longer keys.
//!
//! # Evidence
//! A fatal insufficient_security(71). Servers send it instead of handshake_failure(40) when the reason is
//! strength alone; what exactly they miss the alert does not say, the offer may. In HTTP/2 a server says the
//! same over a handshake that stands: GOAWAY with INADEQUATE_SECURITY(12), for a suite that HTTP/2 prohibits.
//!
//! # Why it happens
//! A `proxy_ssl_protocols` or `proxy_ssl_ciphers` line from an old guide against a server with a strict
//! policy; a client certificate with a short key. With HTTP/2, a list of groups that leaves nothing in common:
//! plain RSA key exchange is then what is left of TLS 1.2.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_ciphers HIGH:!aNULL:!MD5;`, as far as the offer was
//! narrower than that, and with `:!kRSA` where it had no plain RSA key exchange, or HTTP/2 prohibits it. Otherwise
//! the upstream's log names what it misses.
//!
//! # Dead ends
//! A lower security level on nginx's side offers less, not more. `proxy_ssl_verify` is about the upstream's
//! certificate.
//!
//! # References
//! RFC 5246 section 7.2.2; RFC 8446 section 6.2; RFC 9113 section 9.2.2 and appendix A.

use crate::facts::{Breadth, Facts, Offered};
use crate::registry::{Alert, ProtocolVersion};
use crate::rules::parameters::cipher_mismatch::{wider_list, FORWARD_SECRET};
use crate::rules::parameters::group_mismatch;
use crate::rules::version::both;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "insufficient_security",
    family: Family::Peer,
    dead_ends: &["proxy_ssl_verify off;", "@SECLEVEL=0 in proxy_ssl_ciphers"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.received() != Some(Alert::INSUFFICIENT_SECURITY) {
        return for_http2(facts);
    }
    let mut evidence = vec![Evidence::AlertReceived, Evidence::AlertIsSpecific];
    let presented = facts.client_certificate().is_some_and(|sent| !sent.empty);
    let (what, remedy) = if presented {
        evidence.push(Evidence::CertificateSent);
        (
            "nginx's client certificate",
            Remedy::manual("nginx needs a client certificate with a longer key and a newer digest"),
        )
    } else {
        ("what nginx offered", stronger_offer(facts, &mut evidence))
    };
    let sentence =
        move || format!("upstream finds {what} too weak: received alert insufficient_security(71)");
    Some(Draft::new(Confidence::Likely, sentence, &evidence, remedy))
}

/// The handshake stands, and HTTP/2 allows neither the version nor the suite it came to: up to TLS 1.2 only
/// ephemeral key exchange with an AEAD (RFC 9113 section 9.2.2).
fn for_http2<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    facts
        .own_refusal()
        .filter(|response| response.finds_tls_inadequate())?;
    let chosen = facts.chosen.as_ref().and_then(|chosen| chosen.cipher);
    let offered = facts.offered.as_ref();
    let mut evidence = vec![Evidence::AnswerIsHttp2];
    let mut settings = Vec::new();
    if offered.and_then(Offered::max_version) < Some(ProtocolVersion::TLS1_3) {
        evidence.push(Evidence::VersionsLimited);
        settings.extend(both(facts));
    }
    settings.push(FORWARD_SECRET.into());
    let mut remedy = Remedy::paste(facts, settings)
        .with_action("upstream needs suites with ephemeral key exchange and AEAD");
    // Plain RSA is what is left where no group is common to both.
    if offered.map(Offered::group_breadth) > Some(Breadth::Full) {
        evidence.push(Evidence::GroupListNarrow);
        remedy.add(&group_mismatch::wider(facts, None));
    }
    let sentence = move || {
        let what = chosen.map_or_else(|| "the cipher suite".to_owned(), |suite| suite.to_string());
        format!(
            "upstream finds {what} too weak for HTTP/2: it answered GOAWAY with INADEQUATE_SECURITY(12)"
        )
    };
    Some(Draft::new(Confidence::Likely, sentence, &evidence, remedy))
}

/// The versions and suites of today, where the offer had less.
fn stronger_offer(facts: &Facts<'_>, evidence: &mut Vec<Evidence>) -> Remedy {
    let log = "the upstream's log says what its policy misses";
    let Some(offered) = facts.offered.as_ref() else {
        return Remedy::manual(log);
    };
    let mut directives = Vec::new();
    if offered.max_version() < Some(ProtocolVersion::TLS1_3) {
        evidence.push(Evidence::VersionsLimited);
        directives.extend(both(facts));
    }
    let needs_suites = offered.versions().first() < Some(&ProtocolVersion::TLS1_3);
    if needs_suites && offered.has_narrow_family() {
        evidence.push(Evidence::CipherListNarrow);
        directives.push(wider_list(facts).into());
    }
    match directives.is_empty() {
        true => Remedy::manual(log),
        false => Remedy::paste(facts, directives).with_action(log),
    }
}
