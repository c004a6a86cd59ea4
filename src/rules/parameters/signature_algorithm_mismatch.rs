//! The two sides share no signature algorithm.
//!
//! # What it means
//! The server proves with a signature that the certificate is its own, in one of the algorithms the
//! client listed. With the key it has, it cannot sign in any of them; or it signed in another one.
//!
//! # Evidence
//! A refusal (mostly handshake_failure(40)) before the server's certificate, when the server name is not the
//! cause and the list of signature algorithms lacks RSA, or ECDSA with SHA-256. No default list lacks them.
//! The library then leaves out the suites of that kind, too. "wrong signature type" from the library itself
//! says that the server signed outside the list.
//!
//! # Why it happens
//! A `SignatureAlgorithms` command in `proxy_ssl_conf_command` or openssl.cnf that was written for one
//! kind of certificate. Or a server that can sign with SHA-1 only, which OpenSSL 3 refuses at its default
//! security level.
//!
//! # Workaround
//! `proxy_ssl_conf_command SignatureAlgorithms <list>;` with RSA and ECDSA. A server that signs with
//! SHA-1 needs an upgrade; until then `@SECLEVEL=0` in `proxy_ssl_ciphers`, which weakens security.
//!
//! # Dead ends
//! A missing cipher causes the same alert 40, but is not the cause here. `proxy_ssl_verify off;` does not skip
//! this signature: without it the server could be anybody.
//!
//! # References
//! RFC 8446 sections 4.2.3 and 4.4.3; RFC 5246 section 7.4.1.4.1; SSL_CONF_cmd(3), SignatureAlgorithms.

use crate::capture::AlertSeen;
use crate::facts::{Breadth, Facts, Offered};
use crate::registry::{Alert, Authentication, ProtocolVersion, SslReason};
use crate::rules::directive::Setting;
use crate::rules::wording::{alert_text, constant};
use crate::rules::{command, Confidence, Draft, Evidence, Family, Remedy, Rule, Security};

/// SSL_R_WRONG_SIGNATURE_TYPE, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
/// SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_UNKNOWN_DIGEST.
const LOCAL_REASONS: [SslReason; 4] = [
    SslReason::WRONG_SIGNATURE_TYPE,
    SslReason::NO_SUITABLE_SIGNATURE_ALGORITHM,
    SslReason::NO_SHARED_SIGNATURE_ALGORITHMS,
    SslReason::UNKNOWN_DIGEST,
];
/// What keys of every usual kind can sign with; every library that nginx is used with has these.
const USUAL: [&str; 10] = [
    "ECDSA+SHA256",
    "ECDSA+SHA384",
    "ECDSA+SHA512",
    "ed25519",
    "RSA-PSS+SHA256",
    "RSA-PSS+SHA384",
    "RSA-PSS+SHA512",
    "RSA+SHA256",
    "RSA+SHA384",
    "RSA+SHA512",
];

pub(crate) static RULE: Rule = Rule {
    name: "signature_algorithm_mismatch",
    family: Family::Parameters,
    dead_ends: &["proxy_ssl_verify off;", "restarting nginx"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref()?;
    match facts.received() {
        None => refused_by_us(facts, offered),
        Some(_) => refused_by_peer(facts, offered),
    }
}

/// The library's own reason: the server signed, and nginx had not offered that.
fn refused_by_us<'f>(facts: &'f Facts<'_>, offered: &'f Offered) -> Option<Draft<'f>> {
    let reason = facts.ssl_reason()?;
    let tls13 = facts.version() >= Some(ProtocolVersion::TLS1_3);
    let ours = LOCAL_REASONS.contains(&reason) || (tls13 && reason == SslReason::WRONG_CURVE);
    if !ours {
        return None;
    }
    // With handshake_failure(40) the library says that it knows the algorithm and had not offered it.
    if facts.sent() != Some(Alert::HANDSHAKE_FAILURE) {
        return Some(Draft::new(
            Confidence::Certain,
            constant("upstream signed its key exchange in a way that its key or the TLS version does not allow"),
            &[Evidence::LibraryReasonIsSpecific],
            Remedy::manual("upstream must sign with an algorithm of the offer that fits its key"),
        ));
    }
    Some(Draft::new(
        Confidence::Certain,
        constant("upstream signed its key exchange with an algorithm that nginx did not offer"),
        &[
            Evidence::LibraryReasonIsSpecific,
            Evidence::SignatureNotOffered,
        ],
        accept(facts, offered, tls13),
    ))
}

/// Accepts what a default list has; only what it has not, SHA-1, takes a lower security level.
fn accept(facts: &Facts<'_>, offered: &Offered, tls13: bool) -> Remedy {
    let upstream = "upstream must sign with SHA-256 or better";
    if offered.signature_breadth() > Breadth::Full {
        return wider(facts);
    }
    let needed = if facts.is_openssl3() { 0 } else { 1 };
    let level = facts.recording.settings.security_level;
    if tls13 || !offered.excludes_sha1() || level.is_some_and(|level| level <= needed) {
        return Remedy::manual(upstream);
    }
    Remedy::paste(facts, [Setting::from("ciphers DEFAULT").at_level(needed)])
        .with_security(Security::Weakens)
        .with_action(format!("{upstream}: the fix is for the meantime"))
}

/// A refusal that names no reason, of a list that is no default one.
fn refused_by_peer<'f>(facts: &'f Facts<'_>, offered: &'f Offered) -> Option<Draft<'f>> {
    let alert = super::refusal(facts).and(facts.alert)?;
    let breadth = offered.signature_breadth();
    let maybe_sha1 = alert.code == Alert::HANDSHAKE_FAILURE.0 && offered.excludes_sha1();
    // Java chooses the certificate, and with it the algorithm, after a TLS 1.3 ServerHello.
    if !facts.name_may_decide() || (breadth == Breadth::Full && !maybe_sha1) {
        return None;
    }
    let sentence = move || unsignable(offered, alert);
    let mut evidence = vec![Evidence::AlertReceived];
    if facts.no_hello_came() {
        evidence.push(Evidence::NoServerHello);
    }
    if breadth > Breadth::Full {
        evidence.push(Evidence::SignatureListNarrow);
    }
    let name_is_ruled_out = facts.name.is_ruled_out();
    if name_is_ruled_out {
        evidence.push(Evidence::ServerNameRuledOut);
    }
    let remedy = match breadth {
        Breadth::Full => Remedy::manual("upstream must sign with SHA-256 or better"),
        _ => wider(facts),
    };
    let finding = |confidence| Draft::new(confidence, sentence, &evidence, remedy);
    Some(match breadth {
        Breadth::Narrow if name_is_ruled_out => finding(Confidence::Likely),
        Breadth::Reduced if name_is_ruled_out => finding(Confidence::Possible),
        // A default list says nothing, except that SHA-1 alone will not do.
        _ => finding(Confidence::Possible).as_alternative(),
    })
}

fn unsignable(offered: &Offered, alert: AlertSeen) -> String {
    let kinds = match (
        offered.accepts_signatures(Authentication::Rsa),
        offered.accepts_signatures(Authentication::Ecdsa),
    ) {
        (false, _) => " (no RSA among them)",
        (_, false) => " (no ECDSA among them)",
        _ => "",
    };
    let cannot = match offered.signature_algorithms() {
        [only] => {
            format!("upstream cannot sign in {only}, the only signature algorithm nginx offered")
        }
        all => format!(
            "upstream can sign in none of the {} signature algorithms nginx offered{kinds}",
            all.len()
        ),
    };
    format!("{cannot}: received alert {}", alert_text(alert))
}

pub(crate) fn wider(facts: &Facts<'_>) -> Remedy {
    command(facts, "conf_command SignatureAlgorithms", &USUAL)
}
