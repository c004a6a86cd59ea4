//! Servers: where they listen, and whom they answer.

use std::collections::HashSet;

use super::{Context, Model, Module, ScopeId};

/// A `server {}`.
#[derive(Debug)]
pub struct Server<'t> {
    /// Its block.
    pub scope: ScopeId,
    /// Whose it is.
    pub module: Module,
    /// What `server_name` lists, in order.
    pub names: Vec<&'t [u8]>,
    /// It listens with TLS somewhere.
    pub has_tls: bool,
    /// It answers to every name, somewhere.
    pub is_default: bool,
}

impl<'t> Server<'t> {
    /// The only names a client can ask it by; `None` where a client may choose.
    pub fn only_names(&self) -> Option<&[&'t [u8]]> {
        let exact = |name: &&[u8]| {
            let pattern = name.contains(&b'*') || name.starts_with(b"~") || name.starts_with(b".");
            !pattern && !matches!(*name, b"" | b"_") && !super::has_variables(name)
        };
        let fixed = !self.is_default && !self.names.is_empty() && self.names.iter().all(exact);
        fixed.then_some(self.names.as_slice())
    }

    /// Whether one of its names is known to nginx only (`$hostname`), or to whoever renders a template.
    pub fn has_unknown_name(&self) -> bool {
        let unknown = |name: &&&[u8]| {
            let pattern = name.starts_with(b"~");
            !pattern && name.iter().any(|byte| b"$<%{@".contains(byte))
        };
        self.names.iter().any(|name| unknown(&name))
    }

    /// Whether one of its names is this one, or a wildcard for it.
    pub fn is_named(&self, name: &[u8]) -> bool {
        let name = name.to_ascii_lowercase();
        self.names.iter().any(|pattern| {
            let pattern = pattern.to_ascii_lowercase();
            match pattern.as_slice() {
                [b'*', suffix @ ..] => name.len() > suffix.len() && name.ends_with(suffix),
                [b'.', rest @ ..] => name == rest || name.ends_with(&pattern),
                [prefix @ .., b'*'] => name.len() > prefix.len() && name.starts_with(prefix),
                _ => name == pattern,
            }
        })
    }
}

impl<'t> Model<'t> {
    /// All servers. Which of them is the default of an address is known only of a whole configuration;
    /// in a part of one it is a server that says so.
    pub fn servers(&self) -> Vec<Server<'t>> {
        let whole = self
            .scopes()
            .any(|(_, scope)| scope.context == Context::Main);
        let explicit = self.explicit_defaults();
        let mut taken = HashSet::new();
        let mut servers = Vec::new();
        for (id, scope) in self.scopes() {
            // The file itself may stand in a server that is not seen.
            if scope.context != Context::Server || scope.directive.is_none() {
                continue;
            }
            let names = scope.own(b"server_name").iter();
            let mut server = Server {
                scope: id,
                module: scope.module,
                names: names
                    .flat_map(|one| one.words.iter().skip(1))
                    .map(|w| w.text.as_slice())
                    .collect(),
                has_tls: self
                    .nearest(id, b"ssl")
                    .is_some_and(|(_, one)| one.argument(1) == Some(b"on")),
                is_default: false,
            };
            let mut addresses = Vec::new();
            for listen in scope.own(b"listen") {
                server.has_tls |= listen
                    .arguments()
                    .any(|one| matches!(one, b"ssl" | b"quic"));
                server.is_default |= listen.arguments().any(is_default);
                addresses.push(address(listen.argument(1).unwrap_or_default()));
            }
            if addresses.is_empty() {
                addresses.push(address(b"80"));
            }
            for address in addresses {
                let first = taken.insert((scope.module, address.clone()));
                server.is_default |= whole && first && !explicit.contains(&address);
            }
            servers.push(server);
        }
        servers
    }

    /// The server around a scope.
    pub fn server_of(&self, scope: ScopeId) -> Option<ScopeId> {
        let mut around = self.around(scope);
        let server = around.find(|(_, scope)| scope.context == Context::Server);
        server.map(|(id, _)| id)
    }

    /// Addresses for which some server says that it is the default.
    fn explicit_defaults(&self) -> HashSet<Vec<u8>> {
        let listens = self
            .scopes()
            .flat_map(|(_, scope)| scope.own(b"listen").iter());
        let explicit = listens.filter(|listen| listen.arguments().any(is_default));
        explicit
            .filter_map(|listen| listen.argument(1))
            .map(address)
            .collect()
    }
}

fn is_default(parameter: &[u8]) -> bool {
    matches!(parameter, b"default_server" | b"default")
}

/// The address of a `listen` in one form: `80`, `*:80` and `0.0.0.0:80` are the same.
fn address(text: &[u8]) -> Vec<u8> {
    let with_port = match text.iter().rposition(|byte| *byte == b':') {
        Some(_) if !text.ends_with(b"]") => text.to_vec(),
        None if text.iter().all(u8::is_ascii_digit) => [b"*:", text].concat(),
        _ => [text, b":80"].concat(),
    };
    match with_port.strip_prefix(b"0.0.0.0:") {
        Some(port) => [b"*:", port].concat(),
        None => with_port,
    }
}
