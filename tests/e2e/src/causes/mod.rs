//! Every name of the catalogue, every cause on every stack that is able to have it: what is wrong, set up
//! once, for whoever tries something with it.
//!
//! A cause says what is wrong, never what the module should answer beyond the name. That is the cause
//! that was set up, also where a stack's answer cannot tell it from another.

mod certificates;
mod clients;
mod live;
mod malformed_peers;
mod names;
mod parameters;
mod peers;
mod revocation;
mod scene;
mod setup;
mod transport;
mod versions;

use crate::family::Family;
use crate::lab::{Lab, Place, PROTOCOLS};
use crate::peers::{Stack, Version};

pub use live::{run_all, Live, Told};
pub use malformed_peers::hello_retry_request;
pub use scene::Scene;
pub use setup::{Remedy, Setup};

use Stack::{Apache, GnuTls, Go, HaProxy, Java, Nginx, Node, OpenSsl, Python};

/// Every stack.
pub const ALL: &[Stack] = &[
    OpenSsl, GnuTls, Go, Java, Node, Python, Nginx, HaProxy, Apache,
];

/// Those that demand client certificates in TLS; nginx does it in HTTP.
pub const DEMANDING: &[Stack] = &[OpenSsl, GnuTls, Go, Java, Node, Python, HaProxy, Apache];

const TLS10: &[Version] = &[Version::Tls10];
const TLS12: &[Version] = &[Version::Tls12];
const TLS13: &[Version] = &[Version::Tls13];
const BOTH: &[Version] = &[Version::Tls12, Version::Tls13];

/// One cause. Each stack and version it is set up on is a scenario.
pub struct Cause {
    /// The name of the catalogue.
    pub name: &'static str,
    /// The cause in words; with the name it identifies the cause.
    pub words: &'static str,
    /// Who is able to have it; nobody, when the peer is a script.
    pub stacks: &'static [Stack],
    /// The versions it makes sense in; none, when no version comes into it.
    pub versions: &'static [Version],
    set_up: Box<dyn Fn(&Lab) -> Setup + Send + Sync>,
}

/// A cause that every stack may have, in either version.
fn cause(
    name: &'static str,
    words: &'static str,
    set_up: impl Fn(&Lab) -> Setup + Send + Sync + 'static,
) -> Cause {
    Cause {
        name,
        words,
        stacks: ALL,
        versions: BOTH,
        set_up: Box::new(set_up),
    }
}

/// A cause that a peer scripted to the byte has, in whatever version.
fn script(
    name: &'static str,
    words: &'static str,
    set_up: impl Fn(&Lab) -> Setup + Send + Sync + 'static,
) -> Cause {
    cause(name, words, set_up).on(&[]).versions(&[])
}

/// All of them.
pub fn all() -> Vec<Cause> {
    let parts = [
        names::all(),
        versions::all(),
        parameters::all(),
        clients::all(),
        certificates::all(),
        revocation::all(),
        transport::all(),
        peers::all(),
    ];
    parts.into_iter().flatten().collect()
}

/// Names without a cause, and why.
pub fn never() -> Vec<(&'static str, &'static str)> {
    let mut names = vec![
        (
            "trust_store_empty",
            "nginx does not start with verification and no trusted file",
        ),
        (
            "inappropriate_fallback",
            "nginx never sends TLS_FALLBACK_SCSV",
        ),
    ];
    if !transport::has_large_hellos() {
        names.push((
            "client_hello_too_large",
            "this OpenSSL has no post-quantum key share",
        ));
    }
    names
}

impl Cause {
    /// The cause of this name and in these words.
    pub fn find(name: &str, words: &str) -> Cause {
        let found = all()
            .into_iter()
            .find(|one| one.name == name && one.words == words);
        found.unwrap_or_else(|| panic!("there is no cause {name}: {words}"))
    }

    /// The same on these stacks only.
    fn on(mut self, stacks: &'static [Stack]) -> Cause {
        self.stacks = stacks;
        self
    }

    /// The same in these versions only.
    fn versions(mut self, versions: &'static [Version]) -> Cause {
        self.versions = versions;
        self
    }

    /// The peer listens, nginx is described. Older versions of nginx do not offer TLS 1.3 by default.
    pub fn set_up(&self, place: impl Into<Place>, version: Option<Version>) -> (Lab, Setup) {
        let lab = Lab::at(place, version);
        let mut setup = (self.set_up)(&lab);
        if lab.place.family != Family::Proxy {
            setup = setup.behind(lab.place.family);
        }
        let chooses_versions = |d: &String| d.contains("_ssl_protocols ");
        if version == Some(Version::Tls13) && !setup.location.iter().any(chooses_versions) {
            let protocols = setup.family().directive(PROTOCOLS.trim_end());
            setup.location.push(protocols.clone());
            setup
                .first
                .iter_mut()
                .for_each(|first| first.push(protocols.clone()));
        }
        (lab, setup)
    }

    /// One for each stack and version.
    pub fn scenarios(&self) -> impl Iterator<Item = Scenario<'_>> {
        fn each<T: Copy>(list: &[T]) -> Vec<Option<T>> {
            match list {
                [] => vec![None],
                list => list.iter().copied().map(Some).collect(),
            }
        }
        each(self.stacks).into_iter().flat_map(move |stack| {
            each(self.versions)
                .into_iter()
                .map(move |version| Scenario {
                    cause: self,
                    stack,
                    version,
                })
        })
    }
}

/// A cause on one stack and in one version.
pub struct Scenario<'a> {
    /// The cause.
    pub cause: &'a Cause,
    /// `None`: a script.
    pub stack: Option<Stack>,
    /// `None`: whatever both agree on.
    pub version: Option<Version>,
}

impl Scenario<'_> {
    /// Its name, its cause or its stack has one of these words. Without words every scenario is.
    pub fn is_wanted(&self, words: &[String]) -> bool {
        let fields = [self.cause.name, self.cause.words, &stack(self.stack)];
        let has = |word: &String| fields.iter().any(|field| field.contains(word.as_str()));
        words.is_empty() || words.iter().any(has)
    }

    /// The peer listens, nginx is described.
    pub fn set_up(&self) -> (Lab, Setup) {
        self.cause
            .set_up(self.stack.unwrap_or(OpenSsl), self.version)
    }

    /// Cause, stack and version as tables have them.
    pub fn cells(&self) -> [String; 3] {
        let cause = format!("`{}`: {}", self.cause.name, self.cause.words);
        let version = match self.version {
            None => "any",
            Some(Version::Tls10) => "1.0",
            Some(Version::Tls12) => "1.2",
            Some(Version::Tls13) => "1.3",
        };
        [cause, stack(self.stack), version.to_owned()]
    }
}

/// A stack's name in tables.
pub fn stack(stack: Option<Stack>) -> String {
    stack.map_or_else(|| "script".to_owned(), |stack| format!("{stack:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_described_once() {
        let mut all: Vec<_> = all().iter().map(|one| (one.name, one.words)).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
