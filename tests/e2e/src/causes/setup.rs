//! A cause, set up: the peer listens, nginx is described.

use std::fs;
use std::path::Path;

use crate::client::{self, Response};
use crate::family::Family;
use crate::lab::block;
use crate::nginx::Config;
use crate::peers::scripted::{self, Script};
use crate::peers::{Peer, Upstream};
use crate::ports::Port;

/// Puts another peer in the place of the one it is given, or changes what that one or nginx reads.
pub type Remedy = Box<dyn FnOnce(Peer) -> Peer>;

/// A cause, set up. Directives are `proxy_pass`'s until the family is known.
pub struct Setup {
    /// The upstream.
    pub peer: Peer,
    family: Family,
    /// Name of the upstream block, and what it says besides; without one it is passed to by address.
    block: Option<(&'static str, &'static str)>,
    /// What nginx is told besides.
    pub location: Vec<String>,
    /// Another location with the same upstream, asked once before.
    pub first: Option<Vec<String>>,
    /// What goes between the angle brackets of a directive, other than what everybody knows.
    pub values: Vec<(&'static str, String)>,
    /// What `action` says, done to the upstream or to the files nginx reads.
    pub remedy: Option<Remedy>,
    /// Nothing that does not weaken security helps.
    pub weak_only: bool,
    /// Nothing helps: the peer is a script that ends where it ends.
    pub script: bool,
    /// Where stream listens, for the first request and for the other; the same in every run, for it
    /// is in nginx's lines.
    doors: Option<[Port; 2]>,
}

impl Setup {
    /// nginx in front of a peer, told nothing.
    pub fn new(peer: Peer) -> Setup {
        Setup {
            peer,
            family: Family::Proxy,
            block: None,
            location: Vec::new(),
            first: None,
            values: Vec::new(),
            remedy: None,
            weak_only: false,
            script: false,
            doors: None,
        }
    }

    /// An upstream as described.
    pub fn to(upstream: Upstream) -> Setup {
        Setup::new(upstream.start())
    }

    /// A peer that follows a script and never answers a request.
    pub fn script(script: Script) -> Setup {
        Setup::scripted(scripted::start(script))
    }

    /// The same with a script of the cause's own.
    pub fn scripted(peer: Peer) -> Setup {
        Setup {
            script: true,
            ..Setup::new(peer)
        }
    }

    /// With more directives.
    pub fn set(mut self, directives: &str) -> Setup {
        self.location.extend(split(directives));
        self
    }

    /// Through an `upstream` block of this name.
    pub fn block(self, name: &'static str) -> Setup {
        self.block_with(name, "")
    }

    /// The same with more in the block.
    pub fn block_with(mut self, name: &'static str, more: &'static str) -> Setup {
        self.block = Some((name, more));
        self
    }

    /// After a request to a location with these directives.
    pub fn first(mut self, directives: &str) -> Setup {
        self.first = Some(split(directives));
        self
    }

    /// A placeholder's value.
    pub fn value(mut self, directive: &'static str, value: String) -> Setup {
        self.values.push((directive, value));
        self
    }

    /// What the action says, done: another peer in the place of the old one.
    pub fn remedy(mut self, remedy: impl FnOnce(Peer) -> Peer + 'static) -> Setup {
        self.remedy = Some(Box::new(remedy));
        self
    }

    /// What the action says, done: the upstream is like this now.
    pub fn then(self, upstream: Upstream) -> Setup {
        self.remedy(move |_| upstream.start())
    }

    /// Nothing that does not weaken security helps.
    pub fn weak_only(mut self) -> Setup {
        self.weak_only = true;
        self
    }

    /// Behind this family: its directives in place of `proxy_pass`'s.
    pub fn behind(mut self, family: Family) -> Setup {
        self.family = family;
        let both = self.first.iter_mut().chain([&mut self.location]);
        for directive in both.flatten() {
            *directive = family.directive(directive);
        }
        if family == Family::Stream {
            self.doors = Some([Port::reserve(), Port::reserve()]);
        }
        self
    }

    /// Who speaks to the upstream.
    pub fn family(&self) -> Family {
        self.family
    }

    /// nginx in front of the peer: `above` is what the server says, and `inside` what stands beside
    /// `proxy_pass` at this path. The path of the first request is longer.
    pub fn configure(
        &self,
        config: Config,
        path: &str,
        above: &[String],
        inside: &[String],
    ) -> Config {
        let address = format!("127.0.0.1:{}", self.peer.port());
        let (target, block) = match self.block {
            Some((name, more)) => (name, block(name, &[self.peer.port()], more)),
            None => (address.as_str(), String::new()),
        };
        let pass = self.family.pass(target);
        let above = above.join("\n");
        let first = self.first.as_deref().map(|first| ("first", first));
        let places = first.into_iter().chain([("", inside)]);
        let places = places.map(|(below, inside)| (below, pass.clone() + &inside.join("\n")));
        let Some(doors) = &self.doors else {
            let config = config.http(&block).server(&above);
            return places.fold(config, |config, (below, content)| {
                config.location(&format!("= {path}{below}"), &content)
            });
        };
        let servers = places.map(|(below, content)| {
            let port = &doors[usize::from(below.is_empty())];
            format!("server {{ listen 127.0.0.1:{port};\n{content} }}\n")
        });
        config.stream(&format!("{block}{above}\n{}", servers.collect::<String>()))
    }

    /// Where stream listens for the request.
    pub fn door(&self) -> Option<u16> {
        self.doors.as_ref().map(|doors| doors[1].number())
    }

    /// Sends the request at this path, after the one before it, to http's port or where stream listens. The
    /// answers.
    pub fn ask(&self, http: u16, path: &str) -> Vec<Response> {
        let get = |port: Option<u16>, path: &str| client::get(port.unwrap_or(http), path);
        let before = self.first.as_ref().map(|_| {
            let door = self.doors.as_ref().map(|doors| doors[0].number());
            get(door, &format!("{path}first"))
        });
        before.into_iter().chain([get(self.door(), path)]).collect()
    }
}

/// Another content under the same path, as a new file: newer versions of nginx keep what they read before
/// a reload when the file seems to be the same one.
pub(super) fn replace(path: &Path, content: impl AsRef<[u8]>) {
    let new = path.with_extension("new");
    fs::write(&new, content).expect("cannot write a file");
    fs::rename(&new, path).expect("cannot rename a file");
}

/// `a b; c d;` as `a b;` and `c d;`.
fn split(directives: &str) -> Vec<String> {
    let parts = directives.split_inclusive(';').map(str::trim);
    parts.filter(|d| !d.is_empty()).map(str::to_owned).collect()
}
