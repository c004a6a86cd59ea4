//! The upstream was asked for another host than the one named in the handshake.
//!
//! # What it means
//! nginx sent one name in the handshake (SNI) and another one as Host. The upstream chose its settings and
//! its certificate by the first and will not serve the second over this connection.
//!
//! # Evidence
//! The handshake stands, the upstream answered 421, and the Host that nginx sent is not the name it sent.
//!
//! # Why it happens
//! `proxy_ssl_name` and `proxy_set_header Host` name different hosts, or `proxy_ssl_name` stays at the host
//! of `proxy_pass` while the client's Host is passed on. Apache 2.4.64 and later refuse that.
//!
//! # Workaround
//! Make both one name: `proxy_ssl_server_name on; proxy_ssl_name <the-host-that-is-sent>;`. Where
//! `proxy_set_header Host $host;` passes on the client's and nginx does not verify, that name may be `$host`;
//! under `proxy_ssl_verify on;` a client would choose what is compared. Or send the name of the handshake as
//! Host.
//!
//! # Dead ends
//! The handshake is good: no version, cipher or certificate is at fault.
//!
//! # References
//! RFC 9110 section 15.5.20; RFC 6066 section 3; Apache httpd 2.4.64, `SSLStrictSNIVHostCheck`.

use crate::facts::Facts;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "misdirected_request",
    family: Family::ServerName,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_protocols ...;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let response = facts.own_refusal().filter(|one| one.is_misdirected())?;
    let sent = facts.name.sent.as_ref()?;
    let host = response.host_sent.as_ref()?;
    if facts.name.is_sent(host) {
        return None;
    }
    let sentence = move || {
        format!(
            "upstream answered 421: nginx sent {sent} in the handshake (SNI) and {host} as Host"
        )
    };
    let remedy = Remedy::paste(facts, ["name <host-that-nginx-sends-as-Host>"])
        .with_action("Host and SNI must be one name");
    Some(Draft::new(
        Confidence::Likely,
        sentence,
        &[Evidence::StatusReceived, Evidence::HostDiffersFromName],
        remedy,
    ))
}
