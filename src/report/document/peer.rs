//! `server` and `network`: the peer that was tried.

use std::net::{IpAddr, Ipv6Addr};

use serde::Serialize;

use super::shown::{Scissors, Text};
use crate::facts::Facts;
use crate::text::Foreign;

/// The peer's address as nginx prints it, taken apart.
enum Peer<'a> {
    Unix(&'a str),
    Inet { ip: IpAddr, port: u16 },
}

impl<'a> Peer<'a> {
    fn parse(peer: &'a str) -> Option<Self> {
        if let Some(path) = peer.strip_prefix("unix:") {
            return Some(Self::Unix(path));
        }
        let (host, port) = peer.rsplit_once(':')?;
        let ip = host.trim_start_matches('[').trim_end_matches(']');
        Some(Self::Inet {
            ip: ip.parse().ok()?,
            port: port.parse().ok()?,
        })
    }
}

#[derive(Serialize)]
pub(super) struct Server<'a> {
    address: Address<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
}

/// The name configured, else the address.
#[derive(Serialize)]
#[serde(untagged)]
enum Address<'a> {
    Name(Text<'a>),
    Ip(IpAddr),
}

impl<'a> Server<'a> {
    pub(super) fn of(facts: &'a Facts<'a>, scissors: &'a Scissors) -> Option<Self> {
        let context = &facts.recording.context;
        let configured = context.upstream.as_ref().map(Foreign::raw);
        Self::new(context.peer.as_deref(), configured, scissors)
    }

    /// Of an address as nginx prints it, and the name configured.
    pub(super) fn new(
        peer: Option<&'a str>,
        configured: Option<&'a str>,
        scissors: &'a Scissors,
    ) -> Option<Self> {
        let peer = peer.and_then(Peer::parse);
        let name = match &peer {
            Some(Peer::Unix(path)) => scissors.text(Some(path)),
            Some(Peer::Inet { .. }) => scissors.text(configured.map(without_brackets)),
            None => scissors.text(configured),
        };
        match (name, peer) {
            (name, Some(Peer::Inet { ip, port })) => Some(Self {
                address: name.map_or(Address::Ip(ip), Address::Name),
                ip: Some(ip),
                port: Some(port),
            }),
            (Some(name), _) => Some(Self {
                address: Address::Name(name),
                ip: None,
                port: None,
            }),
            (None, _) => None,
        }
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

#[derive(Serialize)]
pub(super) struct Network {
    transport: &'static str,
    #[serde(rename = "type")]
    version: &'static str,
    peer: NetworkPeer,
}

#[derive(Serialize)]
struct NetworkPeer {
    address: IpAddr,
    port: u16,
}

impl Network {
    /// `None` for a unix socket.
    pub(super) fn of(facts: &Facts<'_>) -> Option<Self> {
        let peer = facts.recording.context.peer.as_deref();
        let Some(Peer::Inet { ip, port }) = peer.and_then(Peer::parse) else {
            return None;
        };
        Some(Self {
            transport: "tcp",
            version: if ip.is_ipv4() { "ipv4" } else { "ipv6" },
            peer: NetworkPeer { address: ip, port },
        })
    }
}
