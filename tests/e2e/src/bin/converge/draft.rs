//! A trial before anything runs: what the things wrong ask for comes first, chance decides the rest.

use tlsdiag_e2e::certs::Key;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::peers::{Group, Signature, Stack, Suite, Version};

use crate::breakage;
use crate::lever::{Kind, Lever};
use crate::random::Random;

/// How the upstream's certificate is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// By the root.
    Direct,
    /// Through one intermediate.
    One,
    /// Through two.
    Two,
    /// Through one that is not sent.
    Missing,
    /// By itself.
    SelfSigned,
}

/// What stands in `proxy_pass`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Address,
    /// `localhost`, which the upstream may be called or not.
    Localhost,
    /// An `upstream` block of a name that DNS does not know.
    Block,
    /// One with an underscore.
    Underscore,
    /// One that is named as the upstream is.
    NamedBlock,
    /// One whose `server` line has a name, `localhost`.
    ServerLine,
}

/// Most things that are wrong in a trial.
pub(crate) const MOST: usize = 4;

/// `None` is not decided yet. What only the running trial knows stands between braces: `{name}`.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) family: Option<Family>,
    pub(crate) target: Option<Target>,
    pub(crate) stack: Option<Stack>,
    pub(crate) versions: Option<(Version, Version)>,
    /// None of them is the stack's own list.
    pub(crate) suites: Option<Vec<Suite>>,
    pub(crate) group: Option<Option<Group>>,
    pub(crate) signature: Option<Option<Signature>>,
    pub(crate) key: Option<Key>,
    pub(crate) chain: Option<Chain>,
    /// The upstream looks at the name.
    pub(crate) by_name: Option<bool>,
    pub(crate) verify: Option<bool>,
    pub(crate) demands_client: Option<bool>,
    pub(crate) client_key: Option<Key>,
    pub(crate) small_dh: bool,
    pub(crate) no_secure_renegotiation: bool,
    /// Nothing helps that does not weaken security.
    pub(crate) weak: bool,
    pub(crate) levers: Vec<Lever>,
    /// Names of the catalogue that say what is wrong here.
    pub(crate) names: Vec<&'static str>,
}

/// Decides, or finds that it was decided otherwise.
pub(crate) fn claim<T: PartialEq>(slot: &mut Option<T>, value: T) -> bool {
    match slot {
        Some(taken) => *taken == value,
        None => {
            *slot = Some(value);
            true
        }
    }
}

impl Draft {
    /// One with a few things wrong; `None` where they exclude each other.
    pub(crate) fn draw(random: &mut Random) -> Option<Draft> {
        let families = [
            Family::Proxy,
            Family::Proxy,
            Family::Grpc,
            Family::Uwsgi,
            Family::Stream,
        ];
        let mut draft = Draft {
            family: Some(*random.pick(&families)),
            ..Draft::default()
        };
        let mut kinds: Vec<_> = breakage::ALL.iter().collect();
        // Some will not matter beside the others.
        for _ in 0..=random.below(MOST + 1) {
            let kind = kinds.remove(random.below(kinds.len()));
            if !(kind.put)(&mut draft, random) {
                return None;
            }
            draft.names.extend(kind.names);
        }
        draft.decide_the_rest(random)?;
        Some(draft)
    }

    /// Sets a lever wrong that is right where nothing is said; false where it is set already.
    pub(crate) fn break_lever(&mut self, kind: Kind, wrong: &str) -> bool {
        self.lever(kind, "", Some(wrong))
    }

    /// Sets a lever to what is right, or to what is wrong: directives with `; ` between them, or none. False
    /// where it is set already.
    pub(crate) fn lever(&mut self, kind: Kind, right: &str, wrong: Option<&str>) -> bool {
        if self.levers.iter().any(|lever| lever.kind == kind) {
            return false;
        }
        let list = |text: &str| {
            let parts = text.split("; ").filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        self.levers.push(Lever {
            kind,
            right: list(right),
            wrong: wrong.map(list),
        });
        true
    }

    fn decide_the_rest(&mut self, random: &mut Random) -> Option<()> {
        let stacks: Vec<Stack> = STACKS
            .into_iter()
            .filter(|stack| self.suits(*stack))
            .collect();
        if stacks.is_empty() {
            return None;
        }
        let stack = *self.stack.get_or_insert(*random.pick(&stacks));
        self.target.get_or_insert(*random.pick(&[
            Target::Address,
            Target::Address,
            Target::Localhost,
            Target::Block,
            Target::Underscore,
            Target::NamedBlock,
            Target::ServerLine,
        ]));
        let versions = [
            (Version::Tls12, Version::Tls13),
            (Version::Tls12, Version::Tls13),
            (Version::Tls12, Version::Tls12),
            (Version::Tls13, Version::Tls13),
        ];
        self.versions.get_or_insert(*random.pick(&versions));
        self.key
            .get_or_insert(*random.pick(&[Key::Rsa, Key::Rsa, Key::Ec]));
        let chains = [Chain::Direct, Chain::Direct, Chain::One, Chain::Two];
        self.chain.get_or_insert(*random.pick(&chains));
        self.verify.get_or_insert(random.one_in(2));
        self.client_key
            .get_or_insert(*random.pick(&[Key::Rsa, Key::Ec]));
        // What not every stack can be told stays away from those that cannot.
        let by_name = random.one_in(3) && stack != Stack::Apache;
        self.by_name.get_or_insert(by_name);
        let demands = random.one_in(4) && stack != Stack::Nginx;
        self.demands_client.get_or_insert(demands);
        let groups = [Group::X25519, Group::P256, Group::P384, Group::P521];
        let group = (random.one_in(4) && stack != Stack::Python).then(|| *random.pick(&groups));
        self.group.get_or_insert(group);
        self.suites.get_or_insert_with(Vec::new);
        self.signature.get_or_insert(None);
        self.complete_levers(random);
        Some(())
    }

    /// What is right and must be said.
    fn complete_levers(&mut self, random: &mut Random) {
        self.lever(Kind::Protocols, "protocols TLSv1.2 TLSv1.3", None);
        let by_name = self.by_name == Some(true);
        let verify = self.verify == Some(true);
        if by_name || random.one_in(2) {
            self.lever(Kind::ServerName, "server_name on", None);
        }
        let is_default = self.target == Some(Target::NamedBlock) && random.one_in(2);
        if (by_name || verify) && !is_default {
            self.lever(Kind::Name, "name {name}", None);
        }
        if verify {
            self.lever(Kind::Trust, "trusted_certificate {trusted}", None);
        }
        if verify && self.chain == Some(Chain::Two) {
            self.lever(Kind::Depth, "verify_depth 2", None);
        }
        if self.demands_client == Some(true) {
            self.lever(Kind::Client, &breakage::client("{client}"), None);
        }
        if random.one_in(4) {
            self.lever(Kind::SessionReuse, "session_reuse off", None);
        }
    }

    /// Whether a stack can be told all that is decided, and can answer this family.
    fn suits(&self, stack: Stack) -> bool {
        use Stack::{Apache, GnuTls, Go, HaProxy, Nginx, Python};
        let family = match self.family {
            Some(Family::Grpc) => matches!(stack, Go | Nginx),
            Some(Family::Uwsgi) => !matches!(stack, GnuTls | HaProxy | Apache | Nginx),
            _ => true,
        };
        let finite_fields = self
            .suites
            .iter()
            .flatten()
            .any(|one| *one == Suite::DheRsaAes128);
        family
            && self.stack.is_none_or(|wanted| wanted == stack)
            && !(self.by_name == Some(true) && stack == Apache)
            && !(self.demands_client == Some(true) && stack == Nginx)
            && !(self.signature.flatten().is_some() && matches!(stack, Go | Python | HaProxy))
            && !(self.group == Some(Some(Group::X25519)) && stack == Python)
            && !(finite_fields && stack == Go)
    }
}

const STACKS: [Stack; 9] = [
    Stack::OpenSsl,
    Stack::GnuTls,
    Stack::Go,
    Stack::Java,
    Stack::Node,
    Stack::Python,
    Stack::Nginx,
    Stack::HaProxy,
    Stack::Apache,
];
