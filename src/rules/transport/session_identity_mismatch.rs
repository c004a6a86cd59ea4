//! The connection, or the session it resumes, belongs to another identity.
//!
//! # What it means
//! nginx keeps sessions and connections by peer, not by location. One that was made with another server name
//! or another client certificate was used again here, and the upstream holds the request against it.
//!
//! # Evidence
//! A session was offered that was made under another name (`SSL_SESSION_get0_hostname`), and the upstream
//! refused right after the ClientHello; or the upstream answered 400, 401, 403, 421 or 49x over a session or a
//! kept connection that was made under other settings.
//!
//! # Why it happens
//! Two locations use the same upstream block, or the same address, with different `proxy_ssl_name`s or
//! `proxy_ssl_certificate`s.
//!
//! # Workaround
//! `proxy_ssl_session_reuse off;` keeps sessions apart. A kept connection needs an upstream block of its own
//! for each identity.
//!
//! # Dead ends
//! The certificate and the name configured here are not what was used: changing them does nothing.
//!
//! # References
//! RFC 8446 section 4.6.1; RFC 6066 section 3; nginx `keepalive`, `proxy_ssl_session_reuse`.

use crate::capture::Reused;
use crate::facts::Facts;
use crate::registry::Alert;
use crate::rules::wording::alert_text;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "session_identity_mismatch",
    family: Family::Transport,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "proxy_ssl_certificate ...;",
        "proxy_ssl_name ...;",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    refused_in_http(facts).or_else(|| refused_in_the_handshake(facts))
}

fn refused_in_http<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let response = facts.refusal().filter(|one| one.refuses_identity())?;
    let blocks = "use one upstream block for each name and client certificate";
    let (what, remedy) = match facts.reused()? {
        Reused::Session => (
            "a session",
            Remedy::paste(facts, ["session_reuse off"]).with_action(blocks),
        ),
        Reused::Connection => ("a kept connection", Remedy::manual(blocks)),
    };
    // 400, 401 and 403 may be the application's own.
    let confidence = match response.status {
        400 | 401 | 403 if response.page().is_none() => Confidence::Possible,
        _ => Confidence::Likely,
    };
    let sentence = move || {
        format!(
            "upstream answered {} over {what} that was made with another name or client certificate",
            response.status
        )
    };
    Some(Draft::new(
        confidence,
        sentence,
        &[Evidence::StatusReceived, Evidence::SessionOfAnother],
        remedy,
    ))
}

fn refused_in_the_handshake<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref().filter(|one| one.session_offered())?;
    let made_under = facts.recording.handshake.session_name.as_ref()?;
    let is_other = facts.name.sent.as_ref() != Some(made_under);
    if !is_other || !facts.no_hello_came() || offered.client_hello_bytes == 0 {
        return None;
    }
    let alert = facts.alert.filter(|_| facts.received().is_some())?;
    let confidence = match Alert(alert.code) {
        Alert::ACCESS_DENIED => Confidence::Likely,
        Alert::HANDSHAKE_FAILURE | Alert::INTERNAL_ERROR | Alert::ILLEGAL_PARAMETER => {
            Confidence::Possible
        }
        _ => return None,
    };
    let sentence = move || {
        format!(
            "upstream refused a session that was made for {made_under}, which is not the name sent now: received alert {}",
            alert_text(alert)
        )
    };
    Some(Draft::new(
        confidence,
        sentence,
        &[
            Evidence::SessionOffered,
            Evidence::SessionOfAnother,
            Evidence::AlertReceived,
        ],
        Remedy::paste(facts, ["session_reuse off"])
            .with_action("or use one upstream block for each name"),
    ))
}
