//! The upstream's certificate is valid but not for the name nginx compares.
//!
//! # What it means
//! nginx compares `proxy_ssl_name`, by default the host of `proxy_pass`, with the certificate's DNS names
//! (or, without any, its common name). It does not compare IP addresses.
//!
//! # Evidence
//! The handshake finished, the chain verified, and `X509_check_host` says no; the names presented are in
//! the report.
//!
//! # Why it happens
//! `proxy_pass` names an IP address or an upstream block, or no SNI was sent and the server presented its
//! default certificate.
//!
//! # Workaround
//! `proxy_ssl_name <host>;` with the host that is meant, preceded by `proxy_ssl_server_name on;` when no
//! SNI was sent. Where only an address or a block's name was compared, a name presented is printed: it is
//! the certificate's own word, so it is right only if that host is meant.
//!
//! # Dead ends
//! Comparing whatever name is presented accepts every certificate of the authority, also that of a peer
//! that took the upstream's address. An IP address in subjectAltName is never compared by nginx. Switching
//! verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 9525; nginx `ngx_ssl_check_host`.

use std::net::IpAddr;

use crate::capture::{EndingKind, MAX_NAMES};
use crate::facts::{is_dns_name, Facts};
use crate::rules::server_name::send_a_name;
use crate::rules::{because, Confidence, Family, Finding, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_hostname_mismatch",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate(facts: &Facts<'_>) -> Option<Finding> {
    if facts.ending() != EndingKind::NameRejected {
        return None;
    }
    let leaf = facts.recording.certificate.as_ref()?.chain.first()?;
    let compared = facts.name.compared.as_deref().unwrap_or_default();
    // nginx keeps the brackets of an IPv6 address.
    let address = compared.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let ip_presented = address.is_some_and(|address| {
        leaf.ip_addresses
            .iter()
            .any(|one| one.parse() == Ok(address))
    });
    let presented: Vec<_> = match leaf.dns_names.as_slice() {
        [] => leaf.common_name.iter().collect(),
        names => names.iter().collect(),
    };
    let shown: Vec<_> = presented
        .iter()
        .take(SHOWN)
        .map(|name| name.as_str())
        .collect();
    let mut sentence = match shown.as_slice() {
        [] => format!("upstream certificate has no DNS name, so {compared} cannot match"),
        names => format!(
            "upstream certificate is for {}, not for {compared}",
            names.join(", ")
        ),
    };
    match presented.len() {
        MAX_NAMES.. => sentence.push_str(" (and more)"),
        length if length > SHOWN => {
            sentence = format!("{sentence} ({} more names)", length - SHOWN);
        }
        _ => {}
    }
    let mut evidence = vec![because::NAME_NOT_PRESENTED];
    if ip_presented {
        sentence.push_str(", it has that IP SAN, but nginx compares DNS names only");
        evidence.push(because::IP_SAN_NOT_COMPARED);
    }
    if facts.name.missing() {
        evidence.push(because::NO_SERVER_NAME_SENT);
    }
    let usable = presented.iter().find(|name| is_dns_name(name));
    Some(Finding::new(
        Confidence::Certain,
        sentence,
        &evidence,
        remedy(facts, usable.map(|name| name.as_str())),
    ))
}

/// The peer is not verified yet: a name it presents is what an attacker would want compared. It is
/// printed only where nothing in nginx.conf says which host is meant and SNI cannot find out.
fn remedy(facts: &Facts<'_>, presented: Option<&str>) -> Remedy {
    if facts.name.missing() {
        let mut fix = send_a_name(facts);
        // Even with a name to hand the server may have no certificate for it.
        if !fix.contains(&HOST) {
            fix.push(HOST);
        }
        return Remedy::paste(facts, &fix);
    }
    match presented {
        _ if facts.name.to_hand().is_some() => Remedy::paste(facts, &[HOST]),
        Some(name) => Remedy::paste(facts, &[format!("name {name}")]).with_action(format!(
            "only if {name} is the host meant: the name is the certificate's own word"
        )),
        None => Remedy::paste(facts, &["name <name-in-the-upstream-certificate>"]),
    }
}

/// The host that is meant, which only the operator knows.
const HOST: &str = "name <host-name-of-the-upstream>";
/// Names quoted in the sentence.
const SHOWN: usize = 3;
