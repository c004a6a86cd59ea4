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
//! `proxy_ssl_name <one of the names presented>;`, preceded by `proxy_ssl_server_name on;` when no SNI
//! was sent.
//!
//! # Dead ends
//! An IP address in subjectAltName is never compared by nginx. Switching verification off accepts any
//! certificate from anybody.
//!
//! # References
//! RFC 9525; nginx `ngx_ssl_check_host`.

use std::net::IpAddr;

use crate::capture::EndingKind;
use crate::facts::{is_dns_name, Facts};
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
    let address = compared.parse::<IpAddr>().ok();
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
    if presented.len() > SHOWN {
        sentence = format!("{sentence} ({} more names)", presented.len() - SHOWN);
    }
    let mut evidence = vec![because::NAME_NOT_PRESENTED];
    if ip_presented {
        sentence.push_str(", it has that IP SAN, but nginx compares DNS names only");
        evidence.push(because::IP_SAN_NOT_COMPARED);
    }
    let mut fix = Vec::new();
    if facts.name.missing() && facts.name.sent.is_none() {
        evidence.push(because::NO_SERVER_NAME_SENT);
        fix.push("server_name on".to_owned());
    }
    // With SNI the server may well present the right certificate for the name already compared, or
    // it may have none for it: only the operator knows which host is meant.
    if !fix.is_empty() && facts.name.to_hand().is_some() {
        fix.push("name <host-name-of-the-upstream>".to_owned());
    } else {
        let usable = presented.iter().find(|name| is_dns_name(name));
        let name = usable.map_or("<name-in-the-upstream-certificate>", |name| name.as_str());
        fix.push(format!("name {name}"));
    }
    Some(Finding::new(
        Confidence::Certain,
        sentence,
        &evidence,
        Remedy::paste(facts, &fix),
    ))
}

/// Names quoted in the sentence.
const SHOWN: usize = 3;
