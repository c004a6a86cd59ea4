//! `nginx.upstream_tls`: the diagnosis, the facts it rests on, and what to write.

use std::borrow::Cow;

use serde::Serialize;

use super::history::{self, LastGood};
use super::shown::{Label, List, Scissors, Text};
use crate::capture::{Direction, Module};
use crate::diagnose::Diagnosis;
use crate::facts::{Facts, Offered as Offer};
use crate::registry::{Alert as AlertCode, CipherSuite, NamedGroup, SignatureScheme};
use crate::report::reproduce;
use crate::rules::Security;
use crate::text::Foreign;

#[derive(Serialize)]
pub(super) struct Nginx<'a> {
    pub(super) upstream_tls: UpstreamTls<'a>,
}

#[derive(Serialize)]
pub(super) struct UpstreamTls<'a> {
    module_version: &'static str,
    connection_id: u64,
    module: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(rename = "final", skip_serializing_if = "Option::is_none")]
    is_final: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    virtual_server: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'static str>,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Alert>,
    #[serde(skip_serializing_if = "Option::is_none")]
    openssl: Option<OpenSsl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<Verify<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<Offered<'a>>,
    received: Received<'a>,
    diagnosis: Answer,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fix: Vec<&'a str>,
    fix_applicability: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_security: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_condition: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dead_ends: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reproduce: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_good: Option<LastGood<'a>>,
    /// Last: by then it is known.
    #[serde(skip_serializing_if = "Truncated::is_whole")]
    truncated: Truncated<'a>,
}

impl<'a> UpstreamTls<'a> {
    pub(super) fn of(
        diagnosis: &'a Diagnosis,
        facts: &'a Facts<'a>,
        scissors: &'a Scissors,
    ) -> Self {
        let context = &facts.recording.context;
        let ending = &facts.recording.ending;
        let remedy = &diagnosis.finding.remedy;
        let shows = scissors.shows_texts();
        Self {
            module_version: env!("CARGO_PKG_VERSION"),
            connection_id: context.connection_id,
            module: module(context.module),
            upstream: scissors.foreign(context.upstream.as_ref()),
            attempt: context.attempt.filter(|attempt| *attempt > 0),
            is_final: context.is_final,
            virtual_server: scissors.text(context.virtual_server.as_deref()),
            listen: scissors.text(context.listen.as_deref()),
            location_name: scissors.text(context.location.as_deref()),
            status: context.status.filter(|status| (100..600).contains(status)),
            before: diagnosis.before(facts),
            phase: facts.phase.name(),
            alert: Alert::of(facts),
            openssl: ending
                .library
                .zip(ending.reason)
                .map(|(library, reason)| OpenSsl { library, reason }),
            verify: Verify::of(diagnosis, facts, scissors),
            offered: facts
                .offered
                .as_ref()
                .map(|offered| Offered::of(offered, facts, scissors)),
            received: Received::of(facts, scissors),
            diagnosis: Answer::of(diagnosis),
            fix: remedy.fix.iter().map(|one| &**one).collect(),
            fix_applicability: remedy.applicability.name(),
            fix_security: security(diagnosis),
            fix_condition: scissors.sentence(remedy.condition.as_deref()),
            action: scissors.sentence(remedy.action.as_deref()),
            dead_ends: match shows {
                true => diagnosis.dead_ends.iter().map(String::as_str).collect(),
                false => Vec::new(),
            },
            reproduce: match shows {
                true => reproduce::command(facts),
                false => None,
            },
            changed: history::changed(facts),
            last_good: LastGood::of(facts, scissors),
            truncated: Truncated(scissors),
        }
    }
}

/// Of the fix; without one, of an action that is not neutral.
fn security(diagnosis: &Diagnosis) -> Option<&'static str> {
    let remedy = &diagnosis.finding.remedy;
    let says = !remedy.fix.is_empty() || remedy.security != Security::Neutral;
    says.then(|| remedy.security.name())
}

fn module(module: Module) -> &'static str {
    match module {
        Module::Proxy => "proxy",
        Module::Grpc => "grpc",
        Module::Uwsgi => "uwsgi",
        Module::Stream => "stream",
        Module::Other => "other",
    }
}

/// `true` once something was cut.
struct Truncated<'a>(&'a Scissors);

impl Truncated<'_> {
    fn is_whole(&self) -> bool {
        !self.0.has_cut()
    }
}

impl Serialize for Truncated<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

#[derive(Serialize)]
struct Alert {
    direction: &'static str,
    level: &'static str,
    code: u8,
    name: Label,
}

impl Alert {
    fn of(facts: &Facts<'_>) -> Option<Self> {
        let alert = facts.alert?;
        Some(Self {
            direction: match alert.from {
                Direction::Sent => "sent",
                Direction::Received => "received",
            },
            level: if alert.level == 1 { "warning" } else { "fatal" },
            code: alert.code,
            name: AlertCode(alert.code).label(),
        })
    }
}

/// OpenSSL's library and reason: what classifies.
#[derive(Serialize)]
struct OpenSsl {
    library: u32,
    reason: u32,
}

#[derive(Serialize)]
struct Verify<'a> {
    /// X509_V_ERR_* that nginx logged.
    code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<u32>,
    /// `code@depth`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    inherited: bool,
    verified_again: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer_url: Option<Text<'a>>,
}

/// Verification errors shown.
const MAX_ERRORS: usize = 8;

impl<'a> Verify<'a> {
    fn of(diagnosis: &Diagnosis, facts: &'a Facts<'a>, scissors: &'a Scissors) -> Option<Self> {
        let check = facts.rejected_chain()?;
        let problem = facts.chain_problem()?;
        let inherited = diagnosis.name == "verify_result_inherited";
        let errors = check.errors.iter().take(MAX_ERRORS);
        let url = check.chain.iter().find_map(|one| one.issuer_url.as_ref());
        Some(Self {
            code: check.result,
            depth: (!inherited).then_some(problem.error.depth),
            errors: errors
                .map(|error| format!("{}@{}", error.code, error.depth))
                .collect(),
            inherited,
            verified_again: check.verified_again,
            issuer_url: scissors.foreign(url),
        })
    }
}

/// Short lists are shown whole, because they are somebody's choice; of a long one, a library's default, the
/// length is shown. Once a handshake has finished the offer was good enough.
#[derive(Serialize)]
struct Offered<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    versions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ciphers: Vec<Label>,
    cipher_count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Label>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    signature_algorithms: Vec<Label>,
    signature_algorithm_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpn: Option<List<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_name: Option<Text<'a>>,
    client_hello_bytes: u32,
}

/// Versions shown.
const MAX_VERSIONS: usize = 8;

impl<'a> Offered<'a> {
    fn of(offered: &'a Offer, facts: &'a Facts<'a>, scissors: &'a Scissors) -> Self {
        let is_open = !facts.recording.handshake.finished;
        let shows = |length| is_open && scissors.takes(length);
        let (ciphers, groups) = (offered.ciphers(), offered.groups());
        let signatures = offered.signature_algorithms();
        let versions = offered.versions();
        Self {
            versions: versions
                .iter()
                .filter_map(|version| version.number())
                .take(MAX_VERSIONS)
                .collect(),
            ciphers: whole(ciphers, shows(ciphers.len()), CipherSuite::label),
            cipher_count: ciphers.len(),
            groups: whole(groups, shows(groups.len()), NamedGroup::label),
            signature_algorithms: whole(
                signatures,
                shows(signatures.len()),
                SignatureScheme::label,
            ),
            signature_algorithm_count: signatures.len(),
            alpn: scissors.list(offered.alpn().iter().map(Foreign::raw)),
            server_name: scissors.foreign(facts.name.sent.as_ref()),
            client_hello_bytes: offered.client_hello_bytes,
        }
    }
}

fn whole<T: Copy>(list: &[T], is_shown: bool, label: fn(T) -> Label) -> Vec<Label> {
    match is_shown {
        true => list.iter().copied().map(label).collect(),
        false => Vec::new(),
    }
}

#[derive(Serialize)]
struct Received<'a> {
    server_hello: bool,
    certificate_request: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_authorities: Option<List<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<u32>,
    bytes: u64,
}

impl<'a> Received<'a> {
    fn of(facts: &'a Facts<'a>, scissors: &'a Scissors) -> Self {
        let handshake = &facts.recording.handshake;
        let authorities = facts.certificate_request.as_ref();
        Self {
            server_hello: handshake.server_hello.is_some(),
            certificate_request: authorities.is_some(),
            certificate_authorities: authorities
                .and_then(|one| scissors.list(one.names.iter().map(Foreign::raw))),
            certificates: facts.rejected_chain().map(|check| check.chain_length),
            bytes: handshake.bytes_received,
        }
    }
}

/// The diagnosis itself, as `diagnosis` in the document.
#[derive(Serialize)]
pub struct Answer {
    name: &'static str,
    family: &'static str,
    confidence: &'static str,
    because: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<&'static str>,
}

impl Answer {
    /// Of any diagnosis.
    pub fn of(diagnosis: &Diagnosis) -> Self {
        let finding = &diagnosis.finding;
        Self {
            name: diagnosis.name,
            family: diagnosis.family.name(),
            confidence: finding.confidence.name(),
            because: finding.because.iter().map(|one| one.code()).collect(),
            alternatives: diagnosis.alternatives.clone(),
        }
    }
}
