//! The nested part of the document.

use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Map, Value};

use super::{object, Scissors};
use crate::capture::{Certificate, Direction, Module};
use crate::date::timestamp;
use crate::diagnose::Diagnosis;
use crate::facts::Facts;
use crate::registry::Alert;
use crate::report::reproduce;
use crate::rules::Security;
use crate::text::Foreign;

/// What is left when nothing else helps: constants, numbers, and directives made of both.
pub(super) fn least(diagnosis: &Diagnosis, facts: &Facts<'_>) -> Map<String, Value> {
    let scissors = Scissors::shut();
    let writer = Writer {
        diagnosis,
        facts,
        scissors: &scissors,
    };
    let fields = [
        ("event", writer.event()),
        ("error", object([("type", Some(diagnosis.name.into()))])),
        (
            "tls",
            object([(
                "established",
                Some(facts.recording.handshake.finished.into()),
            )]),
        ),
        (
            "process",
            object([("pid", Some(facts.recording.environment.pid.into()))]),
        ),
        ("nginx", object([("upstream_tls", writer.least())])),
    ];
    present(fields)
}

/// Everything but the first four fields.
pub(super) fn of(
    diagnosis: &Diagnosis,
    facts: &Facts<'_>,
    scissors: &Scissors,
) -> Map<String, Value> {
    let writer = Writer {
        diagnosis,
        facts,
        scissors,
    };
    let fields = [
        ("event", writer.event()),
        ("error", writer.error()),
        ("server", writer.server()),
        (
            "client",
            object([(
                "address",
                writer.foreign(facts.recording.context.client.as_ref()),
            )]),
        ),
        ("network", writer.network()),
        ("tls", writer.tls()),
        ("http", writer.http()),
        ("url", writer.url()),
        (
            "process",
            object([("pid", Some(facts.recording.environment.pid.into()))]),
        ),
        // Last: it says whether anything was cut.
        ("nginx", object([("upstream_tls", writer.upstream_tls())])),
    ];
    present(fields)
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

struct Writer<'a> {
    diagnosis: &'a Diagnosis,
    facts: &'a Facts<'a>,
    scissors: &'a Scissors,
}

/// The peer's address as nginx prints it, taken apart.
enum Peer<'a> {
    Unix(&'a str),
    Inet { ip: IpAddr, port: u16 },
}

impl Writer<'_> {
    fn text(&self, text: Option<&str>) -> Option<Value> {
        text.map(|text| self.scissors.text(text).into())
    }

    fn foreign(&self, text: Option<&Foreign>) -> Option<Value> {
        self.text(text.map(Foreign::raw))
    }

    fn sentence(&self, text: Option<&str>) -> Option<Value> {
        text.map(|text| self.scissors.sentence(text).into())
    }

    fn list<T: ToString>(&self, items: impl IntoIterator<Item = T>) -> Option<Value> {
        Some(Value::Array(self.scissors.list(items)))
    }

    fn peer(&self) -> Option<Peer<'_>> {
        let peer = self.facts.recording.context.peer.as_deref()?;
        if let Some(path) = peer.strip_prefix("unix:") {
            return Some(Peer::Unix(path));
        }
        let (host, port) = peer.rsplit_once(':')?;
        let ip = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse()
            .ok()?;
        Some(Peer::Inet {
            ip,
            port: port.parse().ok()?,
        })
    }

    fn event(&self) -> Option<Value> {
        object([
            ("kind", Some("event".into())),
            ("module", Some("nginx".into())),
            ("dataset", Some("nginx.upstream_tls".into())),
            ("category", Some(vec!["network"].into())),
            ("type", Some(vec!["connection", "protocol"].into())),
            ("action", Some("tls-handshake".into())),
            ("outcome", Some("failure".into())),
            ("code", Some(self.diagnosis.name.into())),
            (
                "duration",
                Some(self.facts.recording.handshake.duration_ns.into()),
            ),
        ])
    }

    fn error(&self) -> Option<Value> {
        let ending = &self.facts.recording.ending;
        object([
            ("type", Some(self.diagnosis.name.into())),
            ("code", ending.code.map(|code| format!("{code:08X}").into())),
            ("message", self.foreign(ending.text.as_ref())),
        ])
    }

    fn server(&self) -> Option<Value> {
        match self.peer() {
            Some(Peer::Unix(path)) => object([("address", self.text(Some(path)))]),
            Some(Peer::Inet { ip, port }) => {
                let configured = self.facts.recording.context.upstream.as_ref();
                let configured = configured.map(|host| without_brackets(host.raw()));
                object([
                    (
                        "address",
                        self.text(configured)
                            .or_else(|| Some(ip.to_string().into())),
                    ),
                    ("ip", Some(ip.to_string().into())),
                    ("port", Some(port.into())),
                ])
            }
            None => object([(
                "address",
                self.foreign(self.facts.recording.context.upstream.as_ref()),
            )]),
        }
    }

    fn network(&self) -> Option<Value> {
        let Some(Peer::Inet { ip, port }) = self.peer() else {
            return None;
        };
        object([
            ("transport", Some("tcp".into())),
            (
                "type",
                Some(if ip.is_ipv4() { "ipv4" } else { "ipv6" }.into()),
            ),
            (
                "peer",
                object([
                    ("address", Some(ip.to_string().into())),
                    ("port", Some(port.into())),
                ]),
            ),
        ])
    }

    fn tls(&self) -> Option<Value> {
        let handshake = &self.facts.recording.handshake;
        let chosen = self.facts.chosen.as_ref();
        let version = chosen
            .and_then(|chosen| chosen.version)
            .and_then(|one| one.number());
        let server = self.facts.recording.certificate.as_ref();
        let client = self
            .facts
            .client_certificate()
            .and_then(|sent| sent.certificate.as_ref());
        object([
            ("established", Some(handshake.finished.into())),
            ("resumed", handshake.resumed.map(Value::from)),
            ("version", version.map(Value::from)),
            ("version_protocol", version.map(|_| "tls".into())),
            (
                "protocol",
                version.and_then(|version| {
                    object([
                        ("name", Some("tls".into())),
                        ("version", Some(version.into())),
                    ])
                }),
            ),
            (
                "cipher",
                chosen
                    .and_then(|one| one.cipher)
                    .map(|cipher| cipher.to_string().into()),
            ),
            (
                "curve",
                chosen
                    .and_then(|one| one.group)
                    .map(|group| group.to_string().into()),
            ),
            (
                "next_protocol",
                self.foreign(chosen.and_then(|one| one.alpn.as_ref())),
            ),
            (
                "client",
                object([
                    ("server_name", self.foreign(self.facts.name.sent.as_ref())),
                    ("subject", self.foreign(client.map(|one| &one.subject))),
                    ("issuer", self.foreign(client.map(|one| &one.issuer))),
                    (
                        "not_before",
                        client.map(|one| timestamp(one.not_before.saturating_mul(1000)).into()),
                    ),
                    (
                        "not_after",
                        client.map(|one| timestamp(one.not_after.saturating_mul(1000)).into()),
                    ),
                ]),
            ),
            (
                "server",
                server
                    .and_then(|check| check.chain.first())
                    .and_then(|leaf| self.leaf(leaf)),
            ),
        ])
    }

    fn leaf(&self, leaf: &Certificate) -> Option<Value> {
        object([
            ("subject", self.foreign(Some(&leaf.subject))),
            ("issuer", self.foreign(Some(&leaf.issuer))),
            (
                "not_before",
                Some(timestamp(leaf.not_before.saturating_mul(1000)).into()),
            ),
            (
                "not_after",
                Some(timestamp(leaf.not_after.saturating_mul(1000)).into()),
            ),
            ("hash", object([("sha256", self.text(Some(&leaf.sha256)))])),
            (
                "x509",
                object([
                    ("serial_number", self.foreign(Some(&leaf.serial))),
                    (
                        "alternative_names",
                        self.list(
                            leaf.dns_names
                                .iter()
                                .chain(&leaf.ip_addresses)
                                .map(Foreign::raw),
                        ),
                    ),
                    (
                        "public_key_algorithm",
                        self.foreign(Some(&leaf.key_algorithm)),
                    ),
                    ("public_key_size", Some(leaf.key_bits.into())),
                    ("public_key_curve", self.foreign(leaf.key_curve.as_ref())),
                    (
                        "signature_algorithm",
                        self.foreign(Some(&leaf.signature_algorithm)),
                    ),
                ]),
            ),
        ])
    }

    fn http(&self) -> Option<Value> {
        let context = &self.facts.recording.context;
        object([(
            "request",
            object([
                ("method", self.foreign(context.method.as_ref())),
                ("id", self.foreign(context.request_id.as_ref())),
            ]),
        )])
    }

    fn url(&self) -> Option<Value> {
        let context = &self.facts.recording.context;
        object([
            ("domain", self.foreign(context.host.as_ref())),
            ("path", self.foreign(context.path.as_ref())),
            ("scheme", self.text(context.scheme.as_deref())),
        ])
    }

    fn upstream_tls(&self) -> Option<Value> {
        let context = &self.facts.recording.context;
        let ending = &self.facts.recording.ending;
        let finding = &self.diagnosis.finding;
        object([
            ("connection_id", Some(context.connection_id.into())),
            ("module", self.module()),
            ("upstream", self.foreign(context.upstream.as_ref())),
            ("attempt", context.attempt.map(Value::from)),
            ("final", context.is_final.map(Value::from)),
            (
                "virtual_server",
                self.text(context.virtual_server.as_deref()),
            ),
            ("listen", self.text(context.listen.as_deref())),
            ("location_name", self.text(context.location.as_deref())),
            ("status", context.status.map(Value::from)),
            ("phase", Some(self.facts.phase.name().into())),
            ("alert", self.alert()),
            (
                "openssl",
                object([
                    ("library", ending.library.map(Value::from)),
                    ("reason", ending.reason.map(Value::from)),
                ]),
            ),
            ("verify", self.verify()),
            ("offered", self.offered()),
            ("received", self.received()),
            ("diagnosis", self.diagnosis()),
            ("fix", self.fix()),
            (
                "fix_applicability",
                Some(finding.remedy.applicability.name().into()),
            ),
            ("fix_security", self.security()),
            (
                "fix_condition",
                self.sentence(finding.remedy.condition.as_deref()),
            ),
            ("action", self.sentence(finding.remedy.action.as_deref())),
            ("dead_ends", Some(self.diagnosis.dead_ends.clone().into())),
            ("reproduce", reproduce::command(self.facts).map(Value::from)),
            (
                "truncated",
                self.scissors.truncated.get().then_some(Value::Bool(true)),
            ),
        ])
    }

    fn least(&self) -> Option<Value> {
        let finding = &self.diagnosis.finding;
        object([
            (
                "connection_id",
                Some(self.facts.recording.context.connection_id.into()),
            ),
            ("module", self.module()),
            ("phase", Some(self.facts.phase.name().into())),
            ("alert", self.alert()),
            ("received", self.received()),
            ("diagnosis", self.diagnosis()),
            ("fix", self.fix()),
            (
                "fix_applicability",
                Some(finding.remedy.applicability.name().into()),
            ),
            ("fix_security", self.security()),
            ("truncated", Some(true.into())),
        ])
    }

    fn module(&self) -> Option<Value> {
        let name = match self.facts.recording.context.module {
            Module::Proxy => "proxy",
            Module::Grpc => "grpc",
            Module::Uwsgi => "uwsgi",
            Module::Stream => "stream",
            Module::Other => "other",
        };
        Some(name.into())
    }

    fn diagnosis(&self) -> Option<Value> {
        let finding = &self.diagnosis.finding;
        object([
            ("name", Some(self.diagnosis.name.into())),
            ("family", Some(self.diagnosis.family.name().into())),
            ("confidence", Some(finding.confidence.name().into())),
            (
                "because",
                Some(finding.because.iter().map(|one| one.code()).collect()),
            ),
            (
                "alternatives",
                Some(self.diagnosis.alternatives.clone().into()),
            ),
        ])
    }

    fn fix(&self) -> Option<Value> {
        let fix = self.diagnosis.finding.remedy.fix.iter();
        Some(fix.map(|one| Value::from(one.to_string())).collect())
    }

    /// Of the fix; without one, of an action that is not neutral.
    fn security(&self) -> Option<Value> {
        let remedy = &self.diagnosis.finding.remedy;
        let says = !remedy.fix.is_empty() || remedy.security != Security::Neutral;
        says.then(|| remedy.security.name().into())
    }

    fn alert(&self) -> Option<Value> {
        let alert = self.facts.alert?;
        object([
            (
                "direction",
                Some(
                    match alert.from {
                        Direction::Sent => "sent",
                        Direction::Received => "received",
                    }
                    .into(),
                ),
            ),
            (
                "level",
                Some(if alert.level == 1 { "warning" } else { "fatal" }.into()),
            ),
            ("code", Some(alert.code.into())),
            ("name", Some(Alert(alert.code).to_string().into())),
        ])
    }

    fn verify(&self) -> Option<Value> {
        let check = self.facts.rejected_chain()?;
        let problem = self.facts.chain_problem()?;
        let errors = check
            .errors
            .iter()
            .map(|error| format!("{}@{}", error.code, error.depth));
        let inherited = self.diagnosis.name == "verify_result_inherited";
        object([
            ("code", Some(check.result.into())),
            ("depth", (!inherited).then(|| problem.error.depth.into())),
            ("errors", self.list(errors)),
            ("inherited", Some(inherited.into())),
            ("verified_again", Some(check.verified_again.into())),
            (
                "issuer_url",
                self.foreign(check.chain.iter().find_map(|one| one.issuer_url.as_ref())),
            ),
        ])
    }

    /// Short lists are shown whole, because they are somebody's choice; a long one is a library's
    /// default and its length says so. Once a handshake has finished the offer was good enough.
    fn offered(&self) -> Option<Value> {
        let offered = self.facts.offered.as_ref()?;
        let versions = offered.versions();
        let whole = |length: usize| {
            !self.facts.recording.handshake.finished && length <= self.scissors.limits.list
        };
        let (ciphers, groups) = (offered.ciphers(), offered.groups());
        let signatures = offered.signature_algorithms();
        object([
            (
                "versions",
                self.list(versions.iter().filter_map(|version| version.number())),
            ),
            (
                "ciphers",
                self.list(ciphers.iter().filter(|_| whole(ciphers.len()))),
            ),
            ("cipher_count", Some(ciphers.len().into())),
            (
                "groups",
                self.list(groups.iter().filter(|_| whole(groups.len()))),
            ),
            (
                "signature_algorithms",
                self.list(signatures.iter().filter(|_| whole(signatures.len()))),
            ),
            ("signature_algorithm_count", Some(signatures.len().into())),
            ("alpn", self.list(offered.alpn().iter().map(Foreign::raw))),
            ("server_name", self.foreign(self.facts.name.sent.as_ref())),
            (
                "client_hello_bytes",
                Some(offered.client_hello_bytes.into()),
            ),
        ])
    }

    fn received(&self) -> Option<Value> {
        let handshake = &self.facts.recording.handshake;
        let authorities = self.facts.certificate_request.as_ref();
        object([
            (
                "server_hello",
                Some(handshake.server_hello.is_some().into()),
            ),
            ("certificate_request", Some(authorities.is_some().into())),
            (
                "certificate_authorities",
                authorities.and_then(|one| self.list(one.names.iter().map(Foreign::raw))),
            ),
            (
                "certificates",
                self.facts
                    .rejected_chain()
                    .map(|check| check.chain_length.into()),
            ),
            ("bytes", Some(handshake.bytes_received.into())),
        ])
    }
}

/// `[::1]`, as nginx.conf and nginx write an IPv6 host, is the address `::1`.
fn without_brackets(host: &str) -> &str {
    let inner = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner
        .filter(|inner| inner.parse::<Ipv6Addr>().is_ok())
        .unwrap_or(host)
}
