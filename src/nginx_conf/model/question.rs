//! Finds the settings of a connection from the few things that are known of it: those a log line names, or
//! those a user typed.

use super::{address, DEFAULT_PORT};
use super::{Context, Family, Host, Model, Pass, Scope, ScopeId, Target, UpstreamTls};

/// What is known of a connection. What is left out excludes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'q> {
    /// Whose directives held for it.
    pub family: Option<Family>,
    /// A name of its server, as `server: ` in a log line has it.
    pub server: Option<&'q str>,
    /// The path of the request, or the name of the location as it is written.
    pub location: Option<&'q str>,
    /// What the `*_pass` names: an upstream block or a host, with a port if it has one.
    pub upstream: Option<&'q str>,
    /// The peer, `HOST:PORT`: an address, or a name as a `server` has it.
    pub peer: Option<&'q str>,
}

impl<'t> Model<'t> {
    /// The settings of everything over TLS that what is known may be about, in the order of the
    /// configuration; several where it does not decide.
    pub fn answer(&self, question: &Question<'_>) -> Vec<UpstreamTls<'_, 't>> {
        // A part of a server does not show its name.
        let server = question.server.filter(|_| !self.is_part_of_server());
        let servers = server.map(|name| self.servers_named(name));
        let locations = question
            .location
            .map(|path| self.locations(path, servers.as_deref()));
        let fits = |tls: &UpstreamTls<'_, 't>| {
            let pass = tls.pass;
            let server = self.server_of(pass.scope);
            let location = self
                .around(pass.scope)
                .find(|(_, scope)| scope.context == Context::Location);
            let is_in = |list: &Option<Vec<ScopeId>>, id: Option<ScopeId>| match (list, id) {
                (Some(list), Some(id)) => list.contains(&id),
                (Some(_), None) => false,
                (None, _) => true,
            };
            question.family.is_none_or(|family| family == pass.family)
                && is_in(&servers, server)
                && is_in(&locations, location.map(|(id, _)| id))
                && question
                    .upstream
                    .is_none_or(|name| self.is_upstream(pass, name.as_bytes()))
                && question
                    .peer
                    .is_none_or(|peer| self.may_reach(pass, peer.as_bytes()))
        };
        self.tls().filter(fits).collect()
    }

    fn servers_named(&self, name: &str) -> Vec<ScopeId> {
        let servers = self.servers();
        let exact = |names: &[&[u8]]| {
            names
                .iter()
                .any(|one| one.eq_ignore_ascii_case(name.as_bytes()))
        };
        let mut found: Vec<_> = servers
            .iter()
            .filter(|server| exact(&server.names))
            .collect();
        if found.is_empty() {
            found = servers
                .iter()
                .filter(|server| server.is_named(name.as_bytes()))
                .collect();
        }
        if found.is_empty() {
            found = servers
                .iter()
                .filter(|server| server.has_unknown_name())
                .collect();
        }
        found.iter().map(|server| server.scope).collect()
    }

    /// The locations that may serve a path. Regular expressions are not tried: they may match.
    fn locations(&self, path: &str, servers: Option<&[ScopeId]>) -> Vec<ScopeId> {
        let here = |id: ScopeId| match (servers, self.server_of(id)) {
            (Some(servers), Some(server)) => servers.contains(&server),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let all = self
            .scopes()
            .filter(|(id, scope)| scope.context == Context::Location && here(*id));
        let matched: Vec<_> = all
            .map(|(id, scope)| (id, how_it_serves(scope, path)))
            .collect();
        let Some(best) = matched.iter().map(|(_, serves)| *serves).max() else {
            return Vec::new();
        };
        let chosen = matched.iter().filter(|(_, serves)| match best {
            Serves::Prefix(_) | Serves::Perhaps => *serves == best || *serves == Serves::Perhaps,
            _ => *serves == best && best != Serves::No,
        });
        chosen.map(|(id, _)| *id).collect()
    }

    fn is_upstream(&self, pass: &Pass<'_>, name: &[u8]) -> bool {
        match (&pass.target, address::parse(name)) {
            (Target::Block(block), _) => {
                let block = self.block(*block);
                block.is_some_and(|block| block.name().eq_ignore_ascii_case(name))
            }
            (Target::Host(host, port), Some((wanted, wanted_port))) => {
                same_host(host, &wanted) && (wanted_port.is_none() || *port == wanted_port)
            }
            (Target::Host(..), None) => false,
            (Target::Unknown, _) => true,
        }
    }

    /// A name may resolve to any address.
    fn may_reach(&self, pass: &Pass<'_>, peer: &[u8]) -> bool {
        let Some((wanted, wanted_port)) = address::parse(peer) else {
            return false;
        };
        let reaches = |host: &Host, port: Option<u16>| {
            let named = matches!((host, &wanted), (Host::Name(_), Host::Address(_)));
            (named || same_host(host, &wanted)) && port == wanted_port
        };
        match &pass.target {
            Target::Block(block) => self.block(*block).is_some_and(|block| {
                let default = (pass.family != Family::Stream).then_some(DEFAULT_PORT);
                block.is_dynamic
                    || block.peers.iter().any(|peer| match &peer.host {
                        Some(host @ Host::Socket(_)) => reaches(host, None),
                        Some(host) => {
                            reaches(host, peer.port.or(default)) || peer.port_is_resolved()
                        }
                        // A template's placeholder.
                        None => peer.port.is_none_or(|port| Some(port) == wanted_port),
                    })
            }),
            Target::Host(host @ Host::Socket(_), _) => reaches(host, None),
            Target::Host(host, port) => reaches(host, *port),
            Target::Unknown => true,
        }
    }
}

fn same_host(one: &Host, other: &Host) -> bool {
    match (one, other) {
        (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// How a location serves a path, from not at all to surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Serves {
    No,
    /// A regular expression or a named location.
    Perhaps,
    /// By a prefix of this length.
    Prefix(usize),
    /// By `=`, or it is written like this.
    Exactly,
}

fn how_it_serves(scope: &Scope<'_>, path: &str) -> Serves {
    let words: Vec<_> = scope
        .directive
        .iter()
        .flat_map(|one| one.arguments())
        .collect();
    let written = words.join(&b' ');
    let (modifier, name) = match words.as_slice() {
        [modifier, name] => (*modifier, *name),
        [name] => split_modifier(name),
        _ => return Serves::No,
    };
    let path = path.as_bytes();
    match modifier {
        _ if written == path || name == path => Serves::Exactly,
        b"=" => Serves::No,
        b"~" | b"~*" => Serves::Perhaps,
        _ if name.starts_with(b"@") => Serves::Perhaps,
        _ if path.starts_with(name) => Serves::Prefix(name.len()),
        _ => Serves::No,
    }
}

/// `location =/a` is `location = /a`.
fn split_modifier(name: &[u8]) -> (&[u8], &[u8]) {
    for modifier in [b"=".as_slice(), b"^~", b"~*", b"~"] {
        if let Some(rest) = name.strip_prefix(modifier) {
            return (modifier, rest);
        }
    }
    (b"", name)
}
