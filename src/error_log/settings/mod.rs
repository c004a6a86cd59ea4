//! What nginx.conf says of a group's connections, where all locations that may have made them agree.

#[cfg(test)]
mod tests;

use super::Group;
use crate::capture::Module;
use crate::nginx_conf::model::{
    Family, Host, Model, NameKind, Question, Target, UpstreamTls, SETTINGS,
};

/// The server name (SNI) that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameSent {
    /// None, though there is a name.
    Missing,
    /// None: the upstream is an address, or a socket.
    Unsendable,
    /// A name that is not, or may not be, the upstream's: an upstream block's, a client's, another host's.
    Wrong,
    /// The upstream's.
    RuledOut,
}

/// What becomes of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// None is kept.
    Apart,
    /// They are kept.
    Kept,
    /// They are kept, and shared with a location that has other trust settings.
    Mixed,
}

/// The settings. What differs between the places is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The name that goes out.
    pub name: Option<NameSent>,
    /// There is a name that could be sent: a host's.
    pub has_name: Option<bool>,
    /// Its certificate is compared with the name of its host.
    pub compares_host: bool,
    /// What `*_ssl_name` should say, where the configuration shows it.
    pub host: Option<String>,
    /// There is a client certificate.
    pub certificate: Option<bool>,
    /// `*_ssl_verify_depth`.
    pub verify_depth: Option<u32>,
    /// What becomes of sessions.
    pub sessions: Option<Sessions>,
    /// The causes that are behind a refusal where these lists of the offer were narrowed.
    pub narrowed: Vec<&'static str>,
    /// What holds there already, without prefix and semicolon: `server_name on`, and the name that nginx
    /// takes from `*_pass`.
    pub in_force: Vec<String>,
}

impl Settings {
    /// Looks a group up; `None` where the configuration has nothing that fits.
    pub fn of(model: &Model<'_>, group: &Group) -> Option<Self> {
        let peer = group
            .upstream
            .split_once("://")
            .map_or(group.upstream.as_str(), |(_, peer)| peer);
        let known = |text: &'_ str| !text.is_empty();
        let question = Question {
            family: match group.module {
                Some(Module::Proxy) => Some(Family::Proxy),
                Some(Module::Grpc) => Some(Family::Grpc),
                Some(Module::Uwsgi) => Some(Family::Uwsgi),
                Some(Module::Stream) => Some(Family::Stream),
                Some(Module::Other) => return None,
                None => None,
            },
            // Of stream it is an address to listen on.
            server: Some(group.server.as_str())
                .filter(|one| known(one) && group.module != Some(Module::Stream)),
            peer: Some(peer).filter(|one| known(one)),
            ..Question::default()
        };
        let places = model.answer(&question);
        let mut all = places.iter().map(|place| Self::at(model, place));
        let first = all.next()?;
        Some(all.fold(first, Self::in_common))
    }

    fn at(model: &Model<'_>, place: &UpstreamTls<'_, '_>) -> Self {
        Self {
            name: Some(name_sent(model, place)),
            has_name: Some(has_name(model, place)),
            compares_host: name_is_host(model, place),
            host: host(model, &place.pass.target),
            certificate: Some(place.certificate().is_some()),
            verify_depth: Some(place.verify_depth()),
            sessions: Some(sessions(model, place)),
            narrowed: narrowed(place),
            in_force: in_force(place),
        }
    }

    fn in_common(self, other: Self) -> Self {
        fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<T> {
            one.filter(|one| other.as_ref() == Some(one))
        }
        fn both<T: PartialEq>(mut list: Vec<T>, other: &[T]) -> Vec<T> {
            list.retain(|one| other.contains(one));
            list
        }
        Self {
            name: same(self.name, other.name),
            has_name: same(self.has_name, other.has_name),
            compares_host: self.compares_host && other.compares_host,
            host: same(self.host, other.host),
            certificate: same(self.certificate, other.certificate),
            verify_depth: same(self.verify_depth, other.verify_depth),
            sessions: same(self.sessions, other.sessions),
            narrowed: both(self.narrowed, &other.narrowed),
            in_force: both(self.in_force, &other.in_force),
        }
    }
}

/// The name of the upstream's host: of `*_pass`, or of all servers of its block.
fn host(model: &Model<'_>, target: &Target) -> Option<String> {
    let name = match target {
        Target::Host(Host::Name(name), _) => name.as_slice(),
        Target::Block(block) => model.block(*block)?.only_name()?,
        _ => return None,
    };
    let plain = |one: &u8| one.is_ascii_alphanumeric() || matches!(one, b'.' | b'-' | b'_');
    let text = std::str::from_utf8(name).ok()?;
    name.iter().all(plain).then(|| text.to_owned())
}

fn name_is_host(model: &Model<'_>, place: &UpstreamTls<'_, '_>) -> bool {
    let host = host(model, &place.pass.target);
    host.is_some_and(|host| place.name().text.eq_ignore_ascii_case(host.as_bytes()))
}

/// What is compared, and would be sent, is a host's name, or the client's.
fn has_name(model: &Model<'_>, place: &UpstreamTls<'_, '_>) -> bool {
    match place.name().kind {
        NameKind::Dns | NameKind::Variable => true,
        NameKind::Block => name_is_host(model, place),
        NameKind::Address | NameKind::Socket => false,
    }
}

fn name_sent(model: &Model<'_>, place: &UpstreamTls<'_, '_>) -> NameSent {
    match (place.name().kind, place.sends_name()) {
        (NameKind::Address | NameKind::Socket, _) => NameSent::Unsendable,
        (_, false) => NameSent::Missing,
        (_, true) if name_is_host(model, place) => NameSent::RuledOut,
        (NameKind::Block, true) => NameSent::Wrong,
        (NameKind::Dns, true) => match &place.pass.target {
            Target::Host(Host::Name(_), _) => NameSent::Wrong,
            _ => NameSent::RuledOut,
        },
        (NameKind::Variable, true) => match &place.pass.target {
            Target::Unknown => NameSent::RuledOut,
            _ => NameSent::Wrong,
        },
    }
}

/// nginx keeps sessions by peer, not by location: a location with other trust settings leaves its verdicts
/// in the sessions of the same upstream.
fn sessions(model: &Model<'_>, place: &UpstreamTls<'_, '_>) -> Sessions {
    if !place.reuses_sessions() {
        return Sessions::Apart;
    }
    let trust = |tls: &UpstreamTls<'_, '_>| {
        let file = tls.trusted_certificate().map(<[u8]>::to_vec);
        (
            tls.verifies(),
            file,
            tls.verify_depth(),
            tls.crl().map(<[u8]>::to_vec),
        )
    };
    let ours = trust(place);
    let mut others = model.tls().filter(|other| {
        other.is_stream() == place.is_stream()
            && other.pass.target == place.pass.target
            && other.reuses_sessions()
    });
    match others.any(|other| trust(&other) != ours) {
        true => Sessions::Mixed,
        false => Sessions::Kept,
    }
}

fn in_force(place: &UpstreamTls<'_, '_>) -> Vec<String> {
    let text = |words: Vec<&[u8]>| String::from_utf8_lossy(&words.join(&b' ')).into_owned();
    let single = SETTINGS.iter().filter_map(|setting| {
        let directive = place.directive(setting)?;
        let words = std::iter::once(setting.as_bytes()).chain(directive.arguments());
        Some(text(words.collect()))
    });
    let commands = place.conf_commands().into_iter();
    let commands = commands.map(|(_, name, value)| text(vec![b"conf_command", name, value]));
    let name = place.name();
    let default = match place.configured_name() {
        None if name.kind == NameKind::Dns => Some(text(vec![b"name", &name.text])),
        _ => None,
    };
    single.chain(commands).chain(default).collect()
}

/// Which lists were narrowed, by the causes they lead to. Lists that begin with all that is usual are not.
fn narrowed(place: &UpstreamTls<'_, '_>) -> Vec<&'static str> {
    let usual = |list: &[u8]| {
        let text = String::from_utf8_lossy(list);
        ["HIGH", "DEFAULT", "ALL"]
            .iter()
            .any(|one| text.starts_with(one))
            && !text.contains(":!k")
            && !text.contains(":!EC")
    };
    let commands = place.conf_commands();
    let command = |names: &[&str]| {
        commands.iter().any(|(_, name, value)| {
            names
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one.as_bytes()))
                && !usual(value)
        })
    };
    let mut narrowed = Vec::new();
    if command(&["Groups", "Curves"]) {
        narrowed.push("group_mismatch");
    }
    if command(&["SignatureAlgorithms", "ClientSignatureAlgorithms"]) {
        narrowed.push("signature_algorithm_mismatch");
    }
    let ciphers = place.ciphers().is_some_and(|list| !usual(list));
    if ciphers || command(&["CipherString", "Ciphersuites"]) {
        narrowed.push("cipher_mismatch");
    }
    let versions = place.protocols().is_some_and(|list| {
        !(list.contains(&b"TLSv1.2".as_slice()) && list.contains(&b"TLSv1.3".as_slice()))
    });
    if versions || command(&["MinProtocol", "MaxProtocol", "Protocol"]) {
        narrowed.push("protocol_version_mismatch");
    }
    narrowed
}
