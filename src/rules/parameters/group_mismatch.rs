//! The two sides share no group for the key exchange.
//!
//! # What it means
//! The keys of TLS 1.3 and of every ECDHE suite are agreed on in a group (curve) that both sides must
//! have. The upstream has none of those nginx offered, or chose one that nginx did not offer.
//!
//! # Evidence
//! A refusal (handshake_failure(40), illegal_parameter(47), internal_error(80), Java unexpected_message(10))
//! before any ServerHello, when the server name is not the cause and the offer lacks P-256 or has a single
//! group: no default list is like that. With fewer groups than this library offers by default it is only
//! possible, as it is when such an offer is refused with illegal_parameter(47) after nginx sent a client
//! certificate: up to TLS 1.2 its curve must be one of the groups offered. A HelloRetryRequest or ServerHello that names a group outside the offer, and the library's
//! "wrong curve" and "no suitable groups", have no other meaning.
//!
//! # Why it happens
//! A `Groups` command in `proxy_ssl_conf_command` or openssl.cnf: one curve, a post-quantum group alone,
//! or a list without the curve of the upstream's ECDSA key, which counts too up to TLS 1.2.
//!
//! # Workaround
//! `proxy_ssl_conf_command Groups X25519:P-256:P-384:P-521:X448;`: the library's default list, preceded by
//! the groups that were offered.
//!
//! # Dead ends
//! A missing cipher causes the same alert 40, but is not the cause here. `ssl_ecdh_curve` is about nginx's
//! clients.
//!
//! # References
//! RFC 8446 sections 4.1.4 and 4.2.7; RFC 8422 section 5.1; SSL_CONF_cmd(3), Groups.

use crate::facts::{Breadth, Facts, Offered, Phase, DEFAULT_GROUPS};
use crate::registry::{Alert, NamedGroup, ProtocolVersion, SslReason};
use crate::rules::wording::{alert_text, constant};
use crate::rules::{command, Confidence, Draft, Evidence, Family, Remedy, Rule};

/// SSL_R_WRONG_CURVE, SSL_R_UNABLE_TO_FIND_ECDH_PARAMETERS: the same up to TLS 1.2.
const WRONG_CURVES: [SslReason; 2] = [
    SslReason::WRONG_CURVE,
    SslReason::UNABLE_TO_FIND_ECDH_PARAMETERS,
];
/// SSL_R_NO_SUITABLE_GROUPS, SSL_R_NO_SUITABLE_KEY_SHARE: nothing of ours works with our versions. The
/// second has another meaning once a hello was sent.
const NOTHING_TO_OFFER: [SslReason; 2] = [
    SslReason::NO_SUITABLE_GROUPS,
    SslReason::NO_SUITABLE_KEY_SHARE,
];

pub(crate) static RULE: Rule = Rule {
    name: "group_mismatch",
    family: Family::Parameters,
    dead_ends: &[
        "proxy_ssl_ciphers ...;",
        "ssl_ecdh_curve ...;",
        "proxy_ssl_verify off;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    match facts.received() {
        None => refused_by_us(facts).or_else(|| after_retry(facts)),
        Some(_) => refused_by_peer(facts)
            .or_else(|| after_retry(facts))
            .or_else(|| refused_certificate(facts)),
    }
}

/// The library's own reason.
fn refused_by_us<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let reason = facts.ssl_reason()?;
    if facts.phase == Phase::Local && NOTHING_TO_OFFER.contains(&reason) {
        return Some(Draft::new(
            Confidence::Certain,
            constant("nginx has no group to offer: none that is enabled works with the TLS versions enabled"),
            &[Evidence::LibraryReasonIsSpecific],
            wider(facts, None),
        ));
    }
    let offered = facts.offered.as_ref()?;
    let wanted = facts.chosen.as_ref().and_then(|chosen| chosen.group);
    // The group of TLS 1.3 is in the hello; up to TLS 1.2 it is in a message that is not kept.
    let tls13 = facts.version() >= Some(ProtocolVersion::TLS1_3);
    let outside = match tls13 {
        true => {
            reason == SslReason::BAD_KEY_SHARE
                && wanted.is_some_and(|one| !offered.groups().contains(&one))
        }
        false => WRONG_CURVES.contains(&reason),
    };
    if !outside {
        return None;
    }
    let sentence = move || {
        let group = match wanted.filter(|_| tls13) {
            Some(group) => format!("the group {group}"),
            None => "a group".to_owned(),
        };
        format!(
            "upstream wants {group} for the key exchange, which nginx did not offer ({})",
            names(offered)
        )
    };
    // With a full list only the group asked for can be added, if this library has it.
    let helps = offered.group_breadth() > Breadth::Full
        || wanted.is_some_and(|group| tls13 && facts.library_has(group));
    let remedy = match helps {
        true => wider(facts, wanted),
        false => Remedy::manual("upstream must use a group of the offer, such as X25519 or P-256"),
    };
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &[Evidence::LibraryReasonIsSpecific, Evidence::GroupNotOffered],
        remedy,
    ))
}

/// A refusal that names no reason, of a list of groups that is no default one.
fn refused_by_peer<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let alert = super::refusal(facts).and(facts.alert)?;
    let offered = facts.offered.as_ref()?;
    let breadth = offered.group_breadth();
    if !facts.no_hello_came() || breadth == Breadth::Full {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream has none of the groups nginx offered for the key exchange ({}): received alert {}",
            names(offered),
            alert_text(alert)
        )
    };
    let mut evidence = vec![
        Evidence::AlertReceived,
        Evidence::NoServerHello,
        Evidence::GroupListNarrow,
    ];
    let remedy = wider(facts, None);
    if facts.name.is_ruled_out() {
        evidence.push(Evidence::ServerNameRuledOut);
    }
    // No stack says so of a name.
    let name_is_ruled_out = facts.name.is_ruled_out() || alert.code == Alert::UNEXPECTED_MESSAGE.0;
    let finding = |confidence| Draft::new(confidence, sentence, &evidence, remedy);
    // An internal error has many causes of the peer's own.
    let speaks_of_the_offer = alert.code != Alert::INTERNAL_ERROR.0;
    Some(match breadth {
        Breadth::Narrow if name_is_ruled_out => finding(Confidence::Likely),
        Breadth::Reduced if name_is_ruled_out && speaks_of_the_offer => {
            finding(Confidence::Possible)
        }
        _ => finding(Confidence::Possible).as_alternative(),
    })
}

/// The peer asked for another group, got it, and gave up: the retry itself may be what fails.
fn after_retry<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let gave_up = super::refusal(facts).is_some() || facts.closed_silently();
    let wanted = facts.chosen.as_ref()?.group?;
    if facts.phase != Phase::HelloRetry || !gave_up {
        return None;
    }
    let sentence = move || format!("upstream asked for the group {wanted} and then gave up");
    let finding = Draft::new(
        Confidence::Possible,
        sentence,
        &[Evidence::HelloRetryFailed],
        wider(facts, Some(wanted)),
    );
    Some(match facts.received() {
        Some(_) => finding,
        None => finding.as_alternative(),
    })
}

/// Up to TLS 1.2 OpenSSL holds the curve of a client certificate, too, against the groups offered
/// (`tls12_check_peer_sigalg`).
fn refused_certificate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref()?;
    let is_narrow = offered.group_breadth() > Breadth::Full;
    let was_sent = facts.client_certificate().is_some_and(|sent| !sent.empty);
    let is_before_tls13 = facts.version() < Some(ProtocolVersion::TLS1_3);
    let is_refused = facts.received() == Some(Alert::ILLEGAL_PARAMETER);
    if !(is_refused && is_narrow && was_sent && is_before_tls13) {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream may not take the curve of nginx's client certificate, which must be one of the groups nginx \
             offered ({}): received alert illegal_parameter(47)",
            names(offered)
        )
    };
    let evidence = [
        Evidence::AlertReceived,
        Evidence::CertificateSent,
        Evidence::GroupListNarrow,
    ];
    let remedy = wider(facts, None);
    Some(Draft::new(
        Confidence::Possible,
        sentence,
        &evidence,
        remedy,
    ))
}

/// The group asked for, post-quantum ones that were offered, the library's default, the rest of the offer.
pub(crate) fn wider(facts: &Facts<'_>, wanted: Option<NamedGroup>) -> Remedy {
    let offered = facts.offered.as_ref().map(Offered::groups);
    let offered = offered.unwrap_or_default();
    let wanted = wanted.filter(|group| facts.library_has(*group));
    let modern = offered.iter().filter(|group| group.is_post_quantum());
    let all = wanted
        .iter()
        .chain(modern)
        .chain(&DEFAULT_GROUPS)
        .chain(offered);
    let mut list: Vec<&'static str> = Vec::new();
    for name in all.filter_map(|group| group.openssl_name()) {
        if !list.contains(&name) && list.len() < MOST_GROUPS {
            list.push(name);
        }
    }
    command(facts, "conf_command Groups", &list)
}

/// Enough for every server, and short enough for a line.
const MOST_GROUPS: usize = 8;

fn names(offered: &Offered) -> String {
    let groups = offered.groups().iter().take(MOST_GROUPS);
    let names: Vec<_> = groups.map(ToString::to_string).collect();
    names.join(" ")
}
