//! From a kind of line to its causes, the likeliest first, and to what would decide between them.
//!
//! A line is no recording: it shows what happened last and nothing of what was offered. So the rules cannot
//! be used; there is a table, and nginx.conf can refine its answer.

mod refine;
mod table;

use std::net::IpAddr;

use super::kind::Kind;
use super::settings::Settings;
use crate::capture::Module;
use crate::nginx_conf::model::Host;
use crate::rules::Confidence::{self, Certain, Possible};
use table::{CERTIFICATE_WANTED, NO_NAME, WRONG_NAME};

/// Causes named at most.
const MAX_CAUSES: usize = 4;

/// What can decide where a line cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider {
    /// nginx.conf: `--conf`.
    Conf,
    /// A handshake with the upstream.
    Probe,
    /// The dates in a certificate of nginx's own.
    Dates,
    /// What listens on the upstream's port.
    Port,
}

impl Decider {
    /// The name in JSON; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conf => "conf",
            Self::Probe => "probe",
            Self::Dates => "dates",
            Self::Port => "port",
        }
    }
}

/// The causes of a group of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Causes {
    /// Names of the catalogue, the likeliest first; at least one.
    pub names: Vec<&'static str>,
    /// How sure the first is.
    pub confidence: Confidence,
    /// What would decide between them; empty where nothing is left to decide.
    pub decide: Vec<Decider>,
}

/// How far away the upstream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// This host, by address or by socket.
    Local,
    /// A private network.
    Private,
    /// The rest of the world.
    Public,
    /// The line does not tell.
    Unknown,
}

/// Where the connection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Whose connection it was.
    pub module: Option<Module>,
    /// How far away the upstream is.
    pub reach: Reach,
    /// Its port.
    pub port: Option<u16>,
    /// nginx is known to have sent a server name.
    pub name_sent: bool,
}

impl Peer {
    /// Reads `scheme://address:port`.
    pub fn new(module: Option<Module>, upstream: &str, name_sent: bool) -> Self {
        let peer = upstream
            .split_once("://")
            .map_or(upstream, |(_, peer)| peer);
        let (host, port) = match peer.rsplit_once(':') {
            _ if peer.starts_with("unix:") => (peer, None),
            Some((host, port)) => (host, port.parse().ok()),
            None => (peer, None),
        };
        // An address without its port has the scheme's.
        let port = port.or(match module {
            Some(Module::Proxy | Module::Grpc)
                if !peer.is_empty() && !host.starts_with("unix:") =>
            {
                Some(443)
            }
            _ => None,
        });
        Self {
            module,
            reach: reach(host),
            port,
            name_sent,
        }
    }

    fn is_grpc(&self) -> bool {
        self.module == Some(Module::Grpc)
    }

    /// Whether servers there tend to ask for client certificates: in a private network, on an unusual port.
    fn is_internal_service(&self) -> bool {
        matches!(self.reach, Reach::Local | Reach::Private) && self.port != Some(443)
    }
}

fn reach(host: &str) -> Reach {
    if host.starts_with("unix:") {
        return Reach::Local;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() => Reach::Local,
        Ok(address) if Host::Address(address).is_private() => Reach::Private,
        Ok(_) => Reach::Public,
        Err(_) => Reach::Unknown,
    }
}

impl Causes {
    /// The causes of lines of this kind on connections to such a peer, in the light of what nginx.conf says
    /// of it.
    pub fn of(kind: Kind, peer: &Peer, settings: Option<&Settings>) -> Self {
        let (names, confidence) = table::ranked(kind, peer);
        let mut causes = Self {
            names,
            confidence,
            decide: Vec::new(),
        };
        if peer.name_sent {
            causes.rule_out(NO_NAME);
        }
        if let Some(settings) = settings {
            refine::with(&mut causes, kind, settings);
        }
        causes.names.truncate(MAX_CAUSES);
        causes.decide = deciders(kind, &causes);
        if settings.is_some() {
            causes.decide.retain(|one| *one != Decider::Conf);
        }
        causes
    }

    /// Removes what is known not to be the cause. Whatever comes first then is a guess.
    fn rule_out(&mut self, name: &str) {
        let was_first = self.names.first() == Some(&name);
        if self.names.len() > 1 {
            self.names.retain(|one| *one != name);
        }
        if was_first {
            self.confidence = self.confidence.max(Possible);
        }
    }

    /// Puts a cause in front.
    fn put_first(&mut self, name: &'static str, confidence: Confidence) {
        self.names.retain(|one| *one != name);
        self.names.insert(0, name);
        self.confidence = confidence;
    }

    /// Puts one of them behind all others.
    fn put_last(&mut self, name: &'static str) {
        if self.names.contains(&name) {
            self.names.retain(|one| *one != name);
            self.names.push(name);
        }
    }

    /// Puts one behind the first.
    fn put_second(&mut self, name: &'static str) {
        if self.names.first() != Some(&name) {
            self.names.retain(|one| *one != name);
            self.names.insert(self.names.len().min(1), name);
        }
    }
}

fn deciders(kind: Kind, causes: &Causes) -> Vec<Decider> {
    if causes.confidence == Certain {
        return Vec::new();
    }
    let names = |wanted: &[&str]| causes.names.iter().any(|name| wanted.contains(name));
    let mut decide = Vec::new();
    let of_conf = [
        NO_NAME,
        WRONG_NAME,
        CERTIFICATE_WANTED,
        "certificate_chain_too_long",
        "verify_result_inherited",
        "cipher_mismatch",
        "alpn_mismatch",
    ];
    if names(&of_conf) {
        decide.push(Decider::Conf);
    }
    if names(&["client_certificate_expired"]) {
        decide.push(Decider::Dates);
    }
    if names(&["plaintext_upstream"]) || kind == Kind::PlainToTls {
        decide.push(Decider::Port);
    }
    let seen_from_outside =
        !names(&["verify_result_inherited", "local_error"]) || causes.names.len() > 2;
    if seen_from_outside && kind != Kind::OwnCertificate {
        decide.push(Decider::Probe);
    }
    decide
}
