//! The two sides share no protocol version.
//!
//! # What it means
//! Every version nginx offers is one the upstream refuses, or the other way round.
//!
//! # Evidence
//! A protocol_version(70) alert in either direction, the library's own "unsupported protocol" or "wrong
//! ssl version", or a ServerHello outside the versions offered. What was offered against what was chosen
//! says who is newer. A refusal that says nothing (40, 47) of an offer that lacks TLS 1.2 or 1.3 may be about
//! that. With TLS 1.0 or 1.1 chosen, OpenSSL 3 calls the same "legacy sigalg disallowed or
//! unsupported", or an internal error: those versions sign with SHA-1 and MD5.
//!
//! # Why it happens
//! nginx before 1.23.4 offers at most TLS 1.2 by default; from 1.27.3 on it offers no TLS 1.0 and 1.1.
//! A `proxy_ssl_protocols` line copied from an old guide does either, and a `MinProtocol` or `MaxProtocol` in
//! `proxy_ssl_conf_command`, which nginx applies last.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3;`; where a command excludes one of them, the command must change, too.
//! The upstream must support TLS 1.2 or newer. One that only speaks TLS 1.0 or 1.1 needs an upgrade; until
//! then those versions can be enabled, which weakens security and on OpenSSL 3 also takes `@SECLEVEL=0` in the list. RSA key exchange needs no such signature:
//! with an upstream that supports it, `proxy_ssl_ciphers HIGH:!aNULL:!MD5:!kDHE:!kECDHE;` is enough.
//!
//! # Dead ends
//! Verification comes after the version. An nginx upgrade moves the defaults, not the upstream.
//!
//! # References
//! RFC 8446 section 4.2.1 and appendix D; RFC 8996.

use crate::facts::{Facts, Offered};
use crate::registry::{Alert, ProtocolVersion, SslReason};
use crate::rules::directive::Setting;
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule, Security};

/// SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_UNSUPPORTED_SSL_VERSION,
/// SSL_R_UNKNOWN_SSL_VERSION.
const LOCAL_REASONS: [SslReason; 4] = [
    SslReason::UNSUPPORTED_PROTOCOL,
    SslReason::WRONG_SSL_VERSION,
    SslReason::UNSUPPORTED_SSL_VERSION,
    SslReason::UNKNOWN_SSL_VERSION,
];
/// ERR_R_INTERNAL_ERROR of OpenSSL 3, flags included: what early 3.0 said instead.
const INTERNAL_ERROR: SslReason = SslReason(259 | 3 << 18);

pub(crate) static RULE: Rule = Rule {
    name: "protocol_version_mismatch",
    family: Family::Version,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "upgrading nginx alone",
        "restarting nginx",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref()?;
    let chosen = facts.chosen.as_ref().and_then(|chosen| chosen.version);
    match chosen {
        // What nobody has is no other version.
        Some(version) if !version.exists() => return None,
        Some(version) if offered.listed_versions().contains(&version) => {
            return signed_as_of_old(facts, chosen)
        }
        _ => {}
    }
    let local = facts
        .ssl_reason()
        .is_some_and(|reason| LOCAL_REASONS.contains(&reason));
    let received = facts.received() == Some(Alert::PROTOCOL_VERSION);
    let sent =
        facts.sent() == Some(Alert::PROTOCOL_VERSION) || (local && facts.received().is_none());
    if received && chosen.is_none() {
        let sentence = move || {
            let names = list(offered);
            format!("upstream refuses every TLS version nginx offered ({names}): received alert protocol_version(70)")
        };
        return Some(Draft::new(
            Confidence::Likely,
            sentence,
            &[
                Evidence::AlertReceived,
                Evidence::NoServerHello,
                Evidence::VersionNotOffered,
            ],
            other_versions(facts, offered),
        ));
    }
    if sent || received {
        let sentence = move || {
            let wanted = chosen.map_or("another version".to_owned(), |version| version.to_string());
            let names = list(offered);
            format!("upstream chose {wanted}, which nginx does not allow (offered {names})")
        };
        let remedy = match chosen {
            Some(version) if version < ProtocolVersion::TLS1_2 => enable_old(facts),
            Some(version) => {
                let list = Setting::list("protocols", &list_with(offered, version), " ");
                let mut settings = vec![list];
                settings.extend(super::without_bounds(facts));
                Remedy::paste(facts, settings)
            }
            None => Remedy::paste(facts, super::both(facts)),
        };
        return Some(Draft::new(
            if chosen.is_some() {
                Confidence::Certain
            } else {
                Confidence::Likely
            },
            sentence,
            &[Evidence::AlertSent, Evidence::VersionNotOffered],
            remedy,
        ));
    }
    if let Some(finding) = signed_as_of_old(facts, chosen) {
        return Some(finding);
    }
    refused_without_saying_so(facts, offered)
}

/// A refusal that says nothing of versions, of an offer that lacks TLS 1.2 or 1.3: some stacks answer
/// handshake_failure(40), illegal_parameter(47), or to an old version internal_error(80).
fn refused_without_saying_so<'f>(facts: &'f Facts<'_>, offered: &'f Offered) -> Option<Draft<'f>> {
    let alert = facts.alert.filter(|_| facts.no_hello_came())?;
    let highest = offered.max_version()?;
    let is_old = highest < ProtocolVersion::TLS1_2;
    let refused = match facts.received()? {
        Alert::HANDSHAKE_FAILURE | Alert::ILLEGAL_PARAMETER => true,
        Alert::INTERNAL_ERROR => is_old,
        _ => false,
    };
    if !refused || !offered.lacks_a_version() {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream may need another TLS version than nginx offered ({}): received alert {}",
            list(offered),
            alert_text(alert)
        )
    };
    let finding = |confidence| {
        Draft::new(
            confidence,
            sentence,
            &[Evidence::AlertReceived, Evidence::VersionsLimited],
            other_versions(facts, offered),
        )
    };
    // A list that was narrowed, or a name that is not ruled out, is the better guess. With a session to offer
    // the same versions have worked before.
    let others =
        offered.has_narrow_list() || !facts.name.is_ruled_out() || offered.session_offered();
    Some(match (is_old, others) {
        (true, _) if facts.name.is_ruled_out() => finding(Confidence::Likely),
        (_, true) => finding(Confidence::Possible).as_alternative(),
        (_, false) => finding(Confidence::Possible),
    })
}

/// TLS 1.0 or 1.1 was agreed on, and OpenSSL 3 does not accept the signature that comes with it.
fn signed_as_of_old<'f>(
    facts: &'f Facts<'_>,
    chosen: Option<ProtocolVersion>,
) -> Option<Draft<'f>> {
    let version = chosen.filter(|version| *version < ProtocolVersion::TLS1_2)?;
    let confidence = match facts.ssl_reason()? {
        SslReason::LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED => Confidence::Certain,
        INTERNAL_ERROR if facts.sent() == Some(Alert::INTERNAL_ERROR) => Confidence::Likely,
        _ => return None,
    };
    let remedy = super::enable_old_signatures(facts);
    Some(Draft::new(
        confidence,
        move || {
            format!("upstream chose {version}, and nginx's TLS library does not accept that version's signatures")
        },
        &[Evidence::LibraryReasonIsSpecific],
        remedy,
    ))
}

/// TLS 1.2 and 1.3 where one of them was not offered; else older ones.
fn other_versions(facts: &Facts<'_>, offered: &Offered) -> Remedy {
    match offered.lacks_a_version() {
        true => Remedy::paste(facts, super::both(facts))
            .with_action("the upstream must support TLS 1.2 or newer"),
        false => enable_old(facts),
    }
}

/// RFC 8996 retired these versions: only with a warning, and after the upstream's own upgrade.
fn enable_old(facts: &Facts<'_>) -> Remedy {
    let mut directives: Vec<Setting> = vec!["protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3".into()];
    directives.extend(super::down_to(facts, ProtocolVersion::TLS1));
    if facts.is_openssl3() {
        directives.push("ciphers DEFAULT:@SECLEVEL=0".into());
    }
    Remedy::paste(facts, directives)
        .with_security(Security::Weakens)
        .with_action("upstream must be upgraded to TLS 1.2 or newer: the fix is for the meantime")
}

fn list_with(offered: &Offered, version: ProtocolVersion) -> Vec<&'static str> {
    let mut versions = offered.versions().to_vec();
    versions.push(version);
    versions.sort_unstable();
    versions.dedup();
    versions
        .iter()
        .filter_map(|version| version.config_name())
        .collect()
}

fn list(offered: &Offered) -> String {
    let versions = offered.versions();
    let names: Vec<_> = versions.iter().map(|version| version.label()).collect();
    match names.as_slice() {
        [only] if *only != "TLSv1.3" => format!("up to {only}"),
        _ => names.join(" "),
    }
}
