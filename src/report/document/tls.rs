//! `tls`: what was negotiated, and the certificates of both sides.

use serde::Serialize;

use super::shown::{Label, List, Scissors, Text};
use crate::capture::Certificate;
use crate::date::timestamp;
use crate::facts::Facts;
use crate::registry::{CipherSuite, NamedGroup};
use crate::text::Foreign;

#[derive(Serialize)]
pub(super) struct Tls<'a> {
    established: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_protocol: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<Protocol>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_protocol: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Client<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Server<'a>>,
}

#[derive(Serialize)]
struct Protocol {
    name: &'static str,
    version: &'static str,
}

impl<'a> Tls<'a> {
    pub(super) fn of(facts: &'a Facts<'a>, scissors: &'a Scissors) -> Self {
        let handshake = &facts.recording.handshake;
        let chosen = facts.chosen.as_ref();
        let version = chosen
            .and_then(|chosen| chosen.version)
            .and_then(|version| version.number());
        let check = facts.recording.certificate.as_ref();
        Self {
            established: handshake.finished,
            resumed: handshake.resumed,
            version,
            version_protocol: version.map(|_| "tls"),
            protocol: version.map(|version| Protocol {
                name: "tls",
                version,
            }),
            cipher: chosen.and_then(|one| one.cipher).map(CipherSuite::label),
            curve: chosen.and_then(|one| one.group).map(NamedGroup::label),
            next_protocol: scissors.foreign(chosen.and_then(|one| one.alpn.as_ref())),
            client: Client::of(facts, scissors),
            server: check
                .and_then(|check| check.chain.first())
                .filter(|_| scissors.shows_texts())
                .map(|leaf| Server::of(leaf, scissors)),
        }
    }
}

/// The name sent, and the certificate that was presented.
#[derive(Serialize)]
struct Client<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<String>,
}

impl<'a> Client<'a> {
    fn of(facts: &'a Facts<'a>, scissors: &'a Scissors) -> Option<Self> {
        let sent = facts.client_certificate();
        let own = sent.and_then(|sent| sent.certificate.as_ref());
        let client = Self {
            server_name: scissors.foreign(facts.name.sent.as_ref()),
            subject: scissors.foreign(own.map(|own| &own.subject)),
            issuer: scissors.foreign(own.map(|own| &own.issuer)),
            not_before: own.map(|own| seconds(own.not_before)),
            not_after: own.map(|own| seconds(own.not_after)),
        };
        (client.server_name.is_some() || own.is_some()).then_some(client)
    }
}

/// The certificate the peer presented.
#[derive(Serialize)]
struct Server<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Text<'a>>,
    not_before: String,
    not_after: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Hash<'a>>,
    x509: X509<'a>,
}

#[derive(Serialize)]
struct Hash<'a> {
    sha256: &'a str,
}

#[derive(Serialize)]
struct X509<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alternative_names: Option<List<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_algorithm: Option<Text<'a>>,
    public_key_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key_curve: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_algorithm: Option<Text<'a>>,
}

impl<'a> Server<'a> {
    fn of(leaf: &'a Certificate, scissors: &'a Scissors) -> Self {
        let names = leaf.dns_names.iter().chain(&leaf.ip_addresses);
        Self {
            subject: scissors.foreign(Some(&leaf.subject)),
            issuer: scissors.foreign(Some(&leaf.issuer)),
            not_before: seconds(leaf.not_before),
            not_after: seconds(leaf.not_after),
            hash: hex(&leaf.sha256).map(|sha256| Hash { sha256 }),
            x509: X509 {
                serial_number: scissors.text(hex(leaf.serial.raw())),
                alternative_names: scissors.list(names.map(Foreign::raw)),
                public_key_algorithm: scissors.foreign(Some(&leaf.key_algorithm)),
                public_key_size: leaf.key_bits,
                public_key_curve: scissors.foreign(leaf.key_curve.as_ref()),
                signature_algorithm: scissors.foreign(Some(&leaf.signature_algorithm)),
            },
        }
    }
}

/// Upper-case hex of at most 64 digits, which all of its kind are.
fn hex(text: &str) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let is_hex = !text.is_empty() && text.len() <= 64 && text.bytes().all(is_digit);
    is_hex.then_some(text)
}

/// A time of a certificate, in seconds since the epoch.
fn seconds(seconds: i64) -> String {
    timestamp(seconds.saturating_mul(1000))
}
