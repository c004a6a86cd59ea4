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
//! SNI was sent. Of the names in the certificate one is right only if that host is meant.
//!
//! # Dead ends
//! Whoever compares the name that is presented accepts every certificate of the authority, even that of a
//! peer that has taken over the upstream's address. An IP address in subjectAltName is never compared by nginx. Switching
//! verification off accepts any certificate from anybody.
//!
//! # References
//! RFC 9525; nginx `ngx_ssl_check_host`.

use std::net::IpAddr;

use crate::capture::{EndingKind, MAX_NAMES};
use crate::facts::Facts;
use crate::rules::server_name::{send_a_name, HOST};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};
use crate::text::{quote, Foreign};

pub(crate) static RULE: Rule = Rule {
    name: "certificate_hostname_mismatch",
    family: Family::Certificate,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    if facts.ending() != EndingKind::NameRejected {
        return None;
    }
    let leaf = facts.recording.certificate.as_ref()?.chain.first()?;
    let compared = facts.name.compared.as_ref().map_or("", Foreign::raw);
    let compared_name = compared.to_ascii_lowercase();
    // nginx keeps the brackets of an IPv6 address.
    let address = compared.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let ip_presented = address.is_some_and(|address| {
        leaf.ip_addresses
            .iter()
            .any(|one| one.raw().parse() == Ok(address))
    });
    let presented = leaf.presented();
    let mut evidence = vec![Evidence::NameNotPresented];
    if ip_presented {
        evidence.push(Evidence::IpSanNotCompared);
    }
    if facts.name.missing() {
        evidence.push(Evidence::NoServerNameSent);
    }
    let remedy = remedy(facts, best(&presented, &compared_name));
    let sentence = move || sentence(&presented, compared, &compared_name, ip_presented);
    Some(Draft::new(Confidence::Certain, sentence, &evidence, remedy))
}

fn sentence(
    presented: &[&Foreign],
    compared: &str,
    compared_name: &str,
    ip_presented: bool,
) -> String {
    let shown = presented.iter().take(SHOWN).map(ToString::to_string);
    let shown: Vec<_> = shown.collect();
    let compared = match compared {
        "" => "an empty name (a variable came to nothing)".to_owned(),
        name => quote(name),
    };
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
    if let Some(why) = near_miss(presented, compared_name) {
        sentence.push_str(why);
    }
    if ip_presented {
        sentence.push_str(", it has that IP SAN, but nginx compares DNS names only");
    }
    sentence
}

/// The name presented that is closest to the one compared: its parent, where that is presented.
fn best<'a>(presented: &[&'a Foreign], compared: &str) -> Option<&'a Foreign> {
    let is_parent = |name: &&&Foreign| {
        let parent = compared.strip_suffix(&name.raw().to_ascii_lowercase());
        parent.is_some_and(|left| left.ends_with('.'))
    };
    let parent = presented.iter().find(is_parent);
    parent.or_else(|| presented.first()).copied()
}

/// Why a wildcard that seems to fit does not (RFC 6125 section 6.4.3; X509_check_host): it stands for exactly
/// one label, and for none with an underscore.
fn near_miss(presented: &[&Foreign], compared: &str) -> Option<&'static str> {
    let left = |pattern: &Foreign| {
        let suffix = pattern.raw().strip_prefix('*')?.to_ascii_lowercase();
        let label = compared.strip_suffix(&suffix)?;
        (!label.is_empty()).then(|| label.to_owned())
    };
    let label = presented.iter().find_map(|pattern| left(pattern))?;
    match (label.contains('.'), label.contains('_')) {
        (true, _) => Some(", and a wildcard stands for exactly one label"),
        (false, true) => Some(", and a wildcard stands for no label with an underscore"),
        (false, false) => None,
    }
}

/// The peer is not verified: a name it presents is what an attacker would want compared. Which host is
/// meant only the operator knows.
fn remedy(facts: &Facts<'_>, presented: Option<&Foreign>) -> Remedy {
    let mut fix = match facts.name.missing() {
        true => send_a_name(facts),
        false => Vec::new(),
    };
    // Even with a name to hand the server may have no certificate for it.
    if !fix.contains(&HOST.into()) {
        fix.push(HOST.into());
    }
    let remedy = Remedy::paste(facts, fix);
    match presented {
        Some(name) => remedy.only_if(format!("{name} is the host you mean")),
        None => remedy,
    }
}

/// Names quoted in the sentence.
const SHOWN: usize = 3;
