//! `upstream {}` blocks.

use super::address::{self, Host};
use super::scope::Module;
use crate::nginx_conf::Directive;

/// The port of a `server` in http's blocks that names none, whatever is spoken
/// (`ngx_http_upstream_server`).
pub const DEFAULT_PORT: u16 = 80;

/// An upstream block.
#[derive(Debug)]
pub struct Block<'t> {
    /// The directive.
    pub directive: &'t Directive,
    /// http's and stream's do not see each other.
    pub module: Module,
    /// Its servers, without those that are `down`.
    pub peers: Vec<Peer<'t>>,
    /// Something else chooses the peers: Lua, another module, a file that could not be read.
    pub is_dynamic: bool,
}

/// A `server` of a block.
#[derive(Debug)]
pub struct Peer<'t> {
    /// The directive.
    pub directive: &'t Directive,
    /// Where it is; `None` for what nginx would not take, and for a template's placeholder.
    pub host: Option<Host>,
    /// The port it names.
    pub port: Option<u16>,
}

impl<'t> Block<'t> {
    pub(super) fn new(directive: &'t Directive, module: Module) -> Self {
        let servers = directive
            .children()
            .iter()
            .filter(|one| one.name() == b"server");
        let up = servers.filter(|server| !server.arguments().any(|one| one == b"down"));
        Self {
            directive,
            module,
            peers: up.map(Peer::new).collect(),
            is_dynamic: directive.children().iter().any(chooses_peers),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'t [u8] {
        self.directive.argument(1).unwrap_or_default()
    }

    /// The first of its directives of this name.
    pub fn get(&self, name: &str) -> Option<&'t Directive> {
        let mut list = self.directive.children().iter();
        list.find(|directive| directive.name() == name.as_bytes())
    }

    /// Whether its name may be a host's: a dot makes it look like one; a peer of the same name makes it
    /// one.
    pub fn is_a_host(&self) -> bool {
        let named = |host: &Option<Host>| match host {
            Some(Host::Name(name)) => name.eq_ignore_ascii_case(self.name()),
            _ => false,
        };
        self.name().contains(&b'.') || self.peers.iter().any(|peer| named(&peer.host))
    }

    /// The one DNS name that all its peers have.
    pub fn only_name(&self) -> Option<&[u8]> {
        let mut names = self.peers.iter().map(|peer| match &peer.host {
            Some(Host::Name(name)) => Some(name.as_slice()),
            _ => None,
        });
        let first = names.next().flatten()?;
        (!self.is_dynamic && names.all(|name| name == Some(first))).then_some(first)
    }
}

impl<'t> Peer<'t> {
    fn new(directive: &'t Directive) -> Self {
        let parsed = address::parse(directive.argument(1).unwrap_or_default());
        let (host, port) = parsed.map_or((None, None), |(host, port)| (Some(host), port));
        let host = host.filter(|host| !host.is_placeholder());
        Self {
            directive,
            host,
            port,
        }
    }

    /// Whether the port comes from DNS (`service=`).
    pub fn port_is_resolved(&self) -> bool {
        self.directive
            .arguments()
            .any(|one| one.starts_with(b"service="))
    }
}

/// Directives of nginx and of modules that put peers into a block, or choose others.
fn chooses_peers(directive: &Directive) -> bool {
    let name = directive.name();
    name.starts_with(b"balancer_by_lua")
        || matches!(
            name,
            b"include" | b"state" | b"upsync" | b"consul" | b"jdomain" | b"fair_dynamic" | b"dyups"
        )
}
