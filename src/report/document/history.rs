//! `last_good` and `changed`: the last good handshake with this peer, and what differs from it.

use serde::Serialize;

use super::shown::{Label, Scissors, Text};
use crate::capture::Summary;
use crate::changes::{self, Change, Changes};
use crate::date::timestamp;
use crate::facts::Facts;
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion};

#[derive(Serialize)]
pub(super) struct LastGood<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cipher: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpn: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate<'a>>,
}

#[derive(Serialize)]
struct Certificate<'a> {
    sha256: String,
    serial_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<Text<'a>>,
    not_after: String,
}

impl<'a> LastGood<'a> {
    pub(super) fn of(facts: &'a Facts<'a>, scissors: &'a Scissors) -> Option<Self> {
        let good: &Summary = &facts.recording.history.as_ref()?.last_good;
        let known = |code: u16| (code != 0).then_some(code);
        Some(Self {
            time: timestamp(good.time_ms),
            location_name: scissors.text(Some(good.location.as_str())),
            server_name: scissors.text(good.server_name.as_ref().map(|name| name.as_str())),
            version: ProtocolVersion(good.version).number(),
            cipher: known(good.cipher).map(|code| CipherSuite(code).label()),
            group: known(good.group).map(|code| NamedGroup(code).label()),
            alpn: scissors.text(good.alpn.as_ref().map(|name| name.as_str())),
            certificate: good.certificate.as_ref().map(|one| Certificate {
                sha256: one.sha256.to_string(),
                serial_number: one.serial.to_string(),
                issuer: scissors.text(Some(one.issuer.as_str())),
                not_after: timestamp(one.not_after.saturating_mul(1000)),
            }),
        })
    }
}

/// Codes of what differs; nothing where nothing does, and where no good handshake is known.
pub(super) fn changed(facts: &Facts<'_>) -> Vec<&'static str> {
    let Some((good, now)) = changes::since_last_good(facts) else {
        return Vec::new();
    };
    Changes::between(&good, &now)
        .iter()
        .map(Change::code)
        .collect()
}
