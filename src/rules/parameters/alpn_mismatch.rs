//! The two sides share no application protocol.
//!
//! # What it means
//! Within TLS the client lists the protocols it wants to speak (ALPN). nginx offers `h2` where
//! `grpc_pass` is used and nothing for HTTP/1.1; the server found nothing it could accept.
//!
//! # Evidence
//! A fatal no_application_protocol(120), which says nothing else. Servers that ignore the list instead
//! finish the handshake without `h2`, and the failure shows later, in HTTP. A server of HTTP/2 only answers
//! a request of HTTP/1 with its SETTINGS, with a page of its own (Node), or closes; then it is possible.
//!
//! # Why it happens
//! `grpc_pass grpcs://` to a port that speaks HTTP/1.1 only, or to a server whose HTTP/2 is switched
//! off; a port that is reserved for one protocol.
//!
//! # Workaround
//! The upstream must enable HTTP/2 on this port. If it is no gRPC server, `proxy_pass` reaches it. In
//! stream, `proxy_ssl_alpn <protocol>;` of recent versions names the protocol that is spoken.
//!
//! # Dead ends
//! `http2` on `listen` is about nginx's clients. Ciphers and versions were not the objection.
//!
//! # References
//! RFC 7301 section 3.2; RFC 9113 section 3.2.

use crate::capture::{Module, Page};
use crate::facts::{Facts, Offered};
use crate::registry::Alert;
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};
use crate::text::Foreign;

/// nginx 1.31.4: the oldest version that `proxy_ssl_alpn` in stream was seen in.
const STREAM_ALPN: u32 = 1_031_004;

/// nginx 1.29.4: the first version with `proxy_http_version 2`.
const PROXY_HTTP2: u32 = 1_029_004;

pub(crate) static RULE: Rule = Rule {
    name: "alpn_mismatch",
    family: Family::Parameters,
    dead_ends: &[
        "proxy_ssl_protocols ...;",
        "proxy_ssl_ciphers ...;",
        "http2 on nginx's own listen",
    ],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    refused(facts).or_else(|| answered_in_http2(facts))
}

/// The handshake is done without ALPN, and the upstream speaks HTTP/2 only: its answer begins with SETTINGS
/// (RFC 9113 section 3.4), says so in words, or does not come at all.
fn answered_in_http2<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let response = facts.refusal()?;
    let chosen = facts.chosen.as_ref();
    if chosen.is_some_and(|chosen| chosen.alpn.is_some()) {
        return None;
    }
    let (how, seen) = if response.begins_http2() {
        ("in HTTP/2", Evidence::AnswerIsHttp2)
    } else if response.page() == Some(Page::NoAlpn) {
        ("that it misses ALPN", Evidence::PageSaysSo)
    } else if response.peer_speaks_http2 && response.status == 0 {
        ("by closing the connection", Evidence::PeerChoseHttp2)
    } else {
        return None;
    };
    let remedy = match facts.recording.context.module {
        Module::Proxy if facts.recording.environment.nginx >= PROXY_HTTP2 => {
            Remedy::manual("set proxy_http_version 2, or point at the upstream's HTTP/1.1 port")
        }
        _ => Remedy::manual(
            "use grpc_pass grpcs:// if it is a gRPC server, or point at its HTTP/1.1 port",
        ),
    };
    Some(Draft::new(
        Confidence::Possible,
        move || format!("upstream speaks HTTP/2 only: it answered a request of HTTP/1 {how}"),
        &[Evidence::NoAlpnOffered, seen],
        remedy,
    ))
}

fn refused<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref().map(Offered::alpn);
    let offered = offered.unwrap_or_default();
    if facts.received() != Some(Alert::NO_APPLICATION_PROTOCOL) {
        return None;
    }
    let seen = match offered {
        [] => Evidence::NoAlpnOffered,
        _ => Evidence::AlpnOffered,
    };
    let sentence = move || {
        let what = match offered {
            [] => "upstream insists on an application protocol (ALPN), and nginx offered none"
                .to_owned(),
            some => format!(
                "upstream does not speak the application protocol nginx offered ({})",
                joined(some)
            ),
        };
        format!("{what}: received alert no_application_protocol(120)")
    };
    Some(Draft::new(
        Confidence::Certain,
        sentence,
        &[Evidence::AlertReceived, Evidence::AlertIsSpecific, seen],
        remedy(facts, offered),
    ))
}

fn joined(protocols: &[Foreign]) -> String {
    let names: Vec<_> = protocols.iter().map(ToString::to_string).collect();
    names.join(" ")
}

fn remedy(facts: &Facts<'_>, offered: &[Foreign]) -> Remedy {
    let context = &facts.recording.context;
    match (context.module, offered) {
        (Module::Grpc, _) => Remedy::manual(
            "enable HTTP/2 (ALPN h2) on the upstream's port, or use proxy_pass if it is no gRPC server",
        ),
        (Module::Stream, _) if facts.recording.environment.nginx >= STREAM_ALPN => {
            Remedy::paste(facts, ["alpn <protocol-of-the-upstream>"])
        }
        (_, []) => Remedy::manual(
            "let the upstream accept clients without ALPN, or point proxy_pass at its HTTP/1.1 port",
        ),
        (_, _) => Remedy::manual("let the upstream's port accept the protocol nginx offers"),
    }
}
