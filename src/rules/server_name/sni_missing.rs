//! The upstream needs the name of the host in the handshake, and nginx did not send it.
//!
//! # What it means
//! nginx sends no server_name extension (SNI) unless `proxy_ssl_server_name on;` is set. A server that
//! serves many hosts behind one address cannot choose a certificate and gives up.
//!
//! # Evidence
//! No server_name was sent although a DNS name was to hand (or hidden behind an upstream block), and
//! nothing of the peer's hello came. A fatal unrecognized_name(112) then has no other meaning.
//! handshake_failure(40) and internal_error(80) are what CDNs and ingress controllers answer; an
//! illegal_parameter(47), protocol_version(70), a silent close, a reset, a timeout or plain text on
//! port 443 are possible forms, and so is a 421 in HTTP over a handshake that stands. So is a certificate that is for another name: the server's default one.
//!
//! # Why it happens
//! It is off by default, and a browser or curl, which always send it, shows no problem. Switched on it
//! sends nothing while the name is an address.
//!
//! # Workaround
//! `proxy_ssl_server_name on;`, and `proxy_ssl_name <host>;` where nginx would otherwise send the name
//! of an upstream block.
//!
//! # Dead ends
//! Changing ciphers or switching verification off changes nothing in the ClientHello's name. Setting
//! `Host` sets an HTTP header, which is sent after the handshake.
//!
//! # References
//! RFC 6066 section 3; nginx `ngx_http_upstream_ssl_name`.

use crate::capture::{EndingKind, Response};
use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "sni_missing",
    family: Family::ServerName,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "proxy_ssl_ciphers ...;",
        "proxy_set_header Host ...;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if !facts.name.not_sent() {
        return None;
    }
    if facts.refusal().is_some() {
        return facts
            .own_refusal()
            .filter(|response| response.is_misdirected())
            .map(|response| misdirected(facts, response));
    }
    // A default certificate came; what is wrong with it is the first thing to say.
    let other_name = facts.ending() == EndingKind::NameRejected && facts.name.missing();
    if other_name || facts.maybe_default_certificate() {
        let mut evidence = evidence(facts);
        evidence.push(Evidence::NameNotPresented);
        return Some(finding(facts, Confidence::Possible, &evidence).as_alternative());
    }
    if !facts.name.missing() {
        return to_an_address(facts);
    }
    if !facts.name_may_decide() || facts.sent().is_some() {
        return None;
    }
    let mut evidence = evidence(facts);
    if facts.no_hello_came() {
        evidence.push(Evidence::NoServerHello);
    }
    let (confidence, seen) = match (facts.received(), facts.ending()) {
        (Some(Alert::UNRECOGNIZED_NAME), _) => (Confidence::Certain, Evidence::AlertIsSpecific),
        (Some(Alert::HANDSHAKE_FAILURE | Alert::INTERNAL_ERROR), _) => {
            (Confidence::Likely, Evidence::AlertReceived)
        }
        _ if !facts.no_hello_came() => return None,
        (Some(Alert::ILLEGAL_PARAMETER | Alert::PROTOCOL_VERSION), _) => {
            (Confidence::Possible, Evidence::AlertReceived)
        }
        (Some(_), _) => return None,
        (None, EndingKind::Eof) => (Confidence::Possible, Evidence::PeerClosed),
        (None, EndingKind::Reset) => (Confidence::Possible, Evidence::PeerReset),
        (None, EndingKind::Timeout) => (Confidence::Possible, Evidence::PeerSilent),
        (None, EndingKind::Error) if facts.plaintext.is_some() && facts.port() == Some(443) => {
            (Confidence::Possible, Evidence::NotATlsRecord)
        }
        _ => return None,
    };
    evidence.push(seen);
    Some(finding(facts, confidence, &evidence))
}

/// The handshake stands without a name, and the upstream does not know which host it was for.
fn misdirected<'f>(facts: &'f Facts<'_>, response: &'f Response) -> Draft<'f> {
    let sentence = move || {
        let host = response.host_sent.as_ref();
        let asked = host.map_or_else(String::new, |host| format!(" for {host}"));
        format!("upstream answered 421 to a request{asked} over a handshake without SNI")
    };
    let remedy = Remedy::paste(
        facts,
        ["server_name on", "name <host-that-nginx-sends-as-Host>"],
    );
    Draft::new(
        Confidence::Likely,
        sentence,
        &[Evidence::NoServerNameSent, Evidence::StatusReceived],
        remedy,
    )
}

/// `proxy_pass` names an address: nginx has no name to send, yet the server may want one.
fn to_an_address<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if !facts.name_may_decide() {
        return None;
    }
    let evidence = evidence(facts);
    match (facts.received(), facts.ending()) {
        (Some(Alert::UNRECOGNIZED_NAME), _) => Some(finding(facts, Confidence::Certain, &evidence)),
        (Some(Alert::HANDSHAKE_FAILURE | Alert::INTERNAL_ERROR), _) => {
            Some(finding(facts, Confidence::Possible, &evidence))
        }
        (None, EndingKind::Eof | EndingKind::Reset)
            if facts.no_hello_came() && facts.sent().is_none() =>
        {
            Some(finding(facts, Confidence::Possible, &evidence).as_alternative())
        }
        _ => None,
    }
}

fn evidence(facts: &Facts<'_>) -> Vec<Evidence> {
    let mut evidence = vec![Evidence::NoServerNameSent];
    if facts.name.to_hand().is_some() {
        evidence.push(Evidence::DnsNameToHand);
    } else if facts.name.is_block {
        evidence.push(Evidence::NameIsUpstreamBlock);
    }
    evidence
}

fn finding<'f>(facts: &'f Facts<'_>, confidence: Confidence, evidence: &[Evidence]) -> Draft<'f> {
    let sentence = move || match (facts.alert, facts.ending()) {
        (Some(alert), _) => {
            format!(
                "upstream refused a ClientHello without SNI: received alert {}",
                alert_text(alert)
            )
        }
        (None, EndingKind::Timeout) => {
            "upstream did not answer a ClientHello without SNI before the timeout".to_owned()
        }
        (None, EndingKind::NameRejected | EndingKind::ChainRejected) => {
            "upstream presented a default certificate to a ClientHello without SNI".to_owned()
        }
        (None, EndingKind::Reset) => "upstream reset a ClientHello without SNI".to_owned(),
        (None, EndingKind::Error) => {
            "upstream answered a ClientHello without SNI in plain text".to_owned()
        }
        (None, _) => "upstream closed on a ClientHello without SNI".to_owned(),
    };
    let remedy = Remedy::paste(facts, super::send_a_name(facts));
    let remedy = match facts.name.switched_on {
        true => remedy.with_action("nginx sends no name for an address: give it the host's"),
        false => remedy,
    };
    Draft::new(confidence, sentence, evidence, remedy)
}
