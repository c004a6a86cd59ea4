//! A draft with its upstream running and its files written.

use tlsdiag_e2e::certs::{Authority, Identity, Key, Leaf};
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::fix;
use tlsdiag_e2e::peers::{Peer, Sni, Stack, Upstream};
use tlsdiag_e2e::tempdir::TempDir;

use crate::draft::{Chain, Draft, Target};
use crate::front::{Door, Site};
use crate::lever::{Kind, Lever};
use crate::random::Random;

/// What a trial is about; it stays when the trial is over.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Which one of the seed's.
    pub(crate) index: usize,
    pub(crate) family: Family,
    pub(crate) stack: Stack,
    pub(crate) target: Target,
    pub(crate) levers: Vec<Lever>,
    /// Names of the catalogue that say what is wrong here.
    pub(crate) names: Vec<&'static str>,
    /// Nothing helps that does not weaken security.
    pub(crate) weak: bool,
}

/// A case whose upstream runs.
pub(crate) struct Trial {
    pub(crate) case: Case,
    /// What goes between the angle brackets of a directive.
    pub(crate) known: Vec<(&'static str, String)>,
    /// Directives that no fix concerns.
    fixed: Vec<String>,
    /// Of the upstream block.
    block: String,
    peer: Peer,
    /// The same upstream, when somebody mends what only it can mend.
    mended: Option<Upstream>,
    directory: TempDir,
}

/// Parties of a trial, and where their files are.
struct Parties {
    directory: TempDir,
    root: Authority,
    /// An intermediate of the root.
    issuing: Authority,
    clients: Authority,
    others: Authority,
}

impl Parties {
    fn new() -> Parties {
        let root = Authority::root("Example Root");
        Parties {
            directory: TempDir::new("converge"),
            issuing: root.intermediate("Example Issuing CA"),
            root,
            clients: Authority::root("Example Client Root"),
            others: Authority::root("Other Root"),
        }
    }

    /// The upstream's identity and the file that an operator trusts it by; with them, as it is when the
    /// upstream is mended.
    fn issue(&self, draft: &Draft, leaf: &Leaf) -> (Identity, Vec<u8>, Option<Identity>) {
        let one = &self.issuing;
        let root = self.root.pem();
        match draft.chain {
            Some(Chain::One) => (one.issue(leaf), root, None),
            Some(Chain::Two) => (
                one.intermediate("Example Issuing CA 2").issue(leaf),
                root,
                None,
            ),
            Some(Chain::Missing) => {
                let whole = one.issue(leaf);
                let trusted = [root, one.pem()].concat();
                (whole.clone().without_chain(), trusted, Some(whole))
            }
            Some(Chain::SelfSigned) => {
                let identity = Identity::self_signed(leaf);
                let trusted = identity.chain_pem();
                (identity, trusted, None)
            }
            _ => (self.root.issue(leaf), root, None),
        }
    }
}

impl Case {
    /// What the operator wrote.
    pub(crate) fn written(&self) -> Vec<String> {
        let settings = self
            .levers
            .iter()
            .map(|lever| lever.wrong.as_ref().unwrap_or(&lever.right));
        settings.flatten().cloned().collect()
    }

    /// The levers that are set wrong.
    pub(crate) fn wrong(&self) -> Vec<Kind> {
        let wrong = self.levers.iter().filter(|lever| lever.wrong.is_some());
        wrong.map(|lever| lever.kind).collect()
    }
}

impl Trial {
    /// Starts what is drawn; `number` tells it from the others that run.
    pub(crate) fn start(index: usize, number: usize, draft: Draft, random: &mut Random) -> Trial {
        let parties = Parties::new();
        let directory = parties.directory.path();
        let target = draft.target.unwrap_or(Target::Address);
        let name = match target {
            Target::Localhost if random.one_in(2) => "localhost".to_owned(),
            _ => format!("api{number}.example.test"),
        };
        let mut leaf = Leaf::named(&name);
        if name != "localhost" && random.one_in(5) {
            leaf.dns = vec!["*.example.test".to_owned()];
        }
        if draft.key == Some(Key::Rsa) {
            leaf = leaf.rsa();
        }
        let (identity, trusted, mended) = parties.issue(&draft, &leaf);
        parties.root.write(directory, "root");
        parties.issuing.write(directory, "intermediate");
        parties.others.write(directory, "other-root");
        parties.directory.write("trusted.pem", trusted);
        let issuing = parties.clients.intermediate("Example Client CA");
        let client = |authority, to_day| client(authority, &draft, to_day);
        client(&parties.clients, 30).write(directory, "client");
        client(&parties.others, 30).write(directory, "other-client");
        client(&parties.clients, -1).write(directory, "expired-client");
        let alone = client(&issuing, 30).without_chain();
        alone.write(directory, "client-without-chain");

        let upstream = upstream(&draft, identity, &name, &parties, random);
        let file = |name: &str| directory.join(name).display().to_string();
        let words = [
            ("{name}", name.clone()),
            ("{trusted}", file("trusted.pem")),
            ("{other_root}", file("other-root.pem")),
            ("{root}", file("root.pem")),
            ("{intermediate}", file("intermediate.pem")),
            ("{client}", file("client")),
            ("{other_client}", file("other-client")),
            ("{expired_client}", file("expired-client")),
            ("{client_without_chain}", file("client-without-chain")),
        ];
        let family = draft.family.unwrap_or(Family::Proxy);
        let finish = |setting: &String| {
            let setting = words.iter().fold(setting.clone(), |text, (word, meant)| {
                text.replace(word, meant)
            });
            format!("{}_{setting};", family.prefix())
        };
        let all = |settings: &[String]| settings.iter().map(finish).collect::<Vec<_>>();
        let levers = draft.levers.iter().map(|lever| Lever {
            kind: lever.kind,
            right: all(&lever.right),
            wrong: lever.wrong.as_deref().map(all),
        });
        let verify = format!("{}_verify on;", family.prefix());
        let case = Case {
            index,
            family,
            stack: upstream.stack,
            target,
            levers: levers.collect(),
            names: draft.names,
            weak: draft.weak,
        };
        Trial {
            case,
            known: vec![
                ("proxy_ssl_name", name.clone()),
                ("proxy_ssl_trusted_certificate", file("trusted.pem")),
                ("proxy_ssl_certificate", file("client.pem")),
                ("proxy_ssl_certificate_key", file("client.key")),
            ],
            fixed: (draft.verify == Some(true))
                .then_some(verify)
                .into_iter()
                .collect(),
            block: match target {
                Target::NamedBlock => name,
                Target::Underscore => format!("backend_{number}"),
                _ => format!("backend{number}"),
            },
            peer: upstream.start(),
            mended: mended.map(|identity| upstream.identity(identity)),
            directory: parties.directory,
        }
    }

    /// The same settings with some levers set right.
    pub(crate) fn set_right(&self, settings: &[String], kinds: &[Kind]) -> Vec<String> {
        let prefix = self.case.family.prefix();
        let stays = |one: &&String| !kinds.iter().any(|kind| kind.owns(one, prefix));
        let kept: Vec<String> = settings.iter().filter(stays).cloned().collect();
        let levers = self
            .case
            .levers
            .iter()
            .filter(|lever| kinds.contains(&lever.kind));
        let right: Vec<String> = levers.flat_map(|lever| lever.right.clone()).collect();
        fix::paste(&kept, &right)
    }

    /// Somebody does what no directive can, where this trial has it; false where it has not.
    pub(crate) fn mend(&mut self, name: &str) -> bool {
        match name {
            "certificate_chain_incomplete" => self.mended.take().is_some_and(|upstream| {
                self.peer = upstream.start();
                true
            }),
            "client_certificate_expired" => {
                let file = |name: &str| self.directory.file(name);
                let renew = |kind: &str| {
                    let renewed = file(&format!("renewed.{kind}"));
                    let valid = std::fs::copy(file(&format!("client.{kind}")), &renewed);
                    valid
                        .and_then(|_| {
                            std::fs::rename(renewed, file(&format!("expired-client.{kind}")))
                        })
                        .is_ok()
                };
                let uses = |lever: &Lever| lever.kind == Kind::Client && lever.wrong.is_some();
                self.case.levers.iter().any(uses) && renew("pem") && renew("key")
            }
            _ => false,
        }
    }

    /// nginx's side with these settings.
    pub(crate) fn site(&self, door: Door, settings: &[String], more: &str) -> Site {
        let address = format!("127.0.0.1:{}", self.peer.port());
        let target = match self.case.target {
            Target::Address => address.clone(),
            Target::Localhost => format!("localhost:{}", self.peer.port()),
            _ => self.block.clone(),
        };
        let is_block = !matches!(self.case.target, Target::Address | Target::Localhost);
        let server = match self.case.target {
            Target::ServerLine => format!("localhost:{}", self.peer.port()),
            _ => address,
        };
        let lines = [self.fixed.as_slice(), settings].concat().join("\n");
        Site {
            trial: self.case.index,
            stream: self.case.family == Family::Stream,
            block: is_block.then(|| format!("upstream {target} {{ server {server}; }}\n")),
            content: format!("{}{lines}\n{more}", self.case.family.pass(&target)),
            door,
        }
    }
}

/// What a client presents.
fn client(authority: &Authority, draft: &Draft, to_day: i64) -> Identity {
    let leaf = Leaf::named("client").valid(to_day.min(0) - 1, to_day);
    let leaf = match draft.client_key {
        Some(Key::Rsa) => leaf.rsa(),
        _ => leaf,
    };
    authority.issue(&leaf)
}

fn upstream(
    draft: &Draft,
    identity: Identity,
    name: &str,
    parties: &Parties,
    random: &mut Random,
) -> Upstream {
    let mut upstream = Upstream::new(draft.stack.unwrap_or(Stack::OpenSsl), identity);
    if let Some((min, max)) = draft.versions {
        upstream = upstream.versions(min, max);
    }
    upstream.suites = draft.suites.clone().unwrap_or_default();
    upstream.group = draft.group.flatten();
    upstream.signature = draft.signature.flatten();
    upstream.small_dh = draft.small_dh;
    upstream.no_secure_renegotiation = draft.no_secure_renegotiation;
    upstream.http2 = draft.family == Some(Family::Grpc);
    if draft.demands_client == Some(true) {
        upstream = upstream.demand_client(&parties.clients);
    }
    if draft.by_name == Some(true) {
        let name = || name.to_owned();
        let other = Leaf::named("default.example.test").rsa();
        let default = Box::new(parties.root.issue(&other));
        let ways = match upstream.stack {
            Stack::OpenSsl | Stack::Go => vec![
                Sni::Only(name()),
                Sni::CertificateFor(name()),
                Sni::OrDefault(name(), default),
            ],
            Stack::Java | Stack::Node | Stack::Python => {
                vec![Sni::Only(name()), Sni::CertificateFor(name())]
            }
            Stack::Nginx | Stack::HaProxy => {
                vec![Sni::Only(name()), Sni::OrDefault(name(), default)]
            }
            _ => vec![Sni::Only(name())],
        };
        // Whoever issued a default one is somebody else's authority then.
        let is_one = |way: &&Sni| {
            !(draft.chain == Some(Chain::SelfSigned) && matches!(way, Sni::OrDefault(..)))
        };
        let ways: Vec<&Sni> = ways.iter().filter(is_one).collect();
        upstream = upstream.sni((*random.pick(&ways)).clone());
    }
    upstream
}
