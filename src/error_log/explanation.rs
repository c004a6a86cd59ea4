//! A group's causes, with what to do about the first.

use super::advice;
use super::causes::{Causes, Peer};
use super::kind::{Compared, Kind};
use super::settings::Settings;
use super::Group;
use crate::capture::Module;
use crate::rules::{Security, CATALOGUE};

const CIPHER: &str = "cipher_mismatch";

/// What there is to say of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The causes, the likeliest first.
    pub causes: Causes,
    /// Directives to paste, in the family of the group's module.
    pub fix: Vec<String>,
    /// Under which condition they are right, after "only if".
    pub condition: Option<String>,
    /// What else to do, or what to do where there is nothing to paste.
    pub action: Option<String>,
    /// What the fix, or without one the action, does to security.
    pub security: Security,
    /// What does not help against the first cause: directives, or phrases.
    pub dead_ends: Vec<String>,
}

impl Explanation {
    /// Explains a group: in the words of our module where it spoke, else by the table.
    pub fn of(group: &Group, settings: Option<&Settings>) -> Self {
        let peer = Peer::new(group.module, &group.upstream, group.name_sent);
        let mut causes = Causes::of(group.kind, &peer, settings);
        if let Some(own) = &group.own {
            causes.names = vec![own.name];
            causes.confidence = own.confidence;
            causes.decide.clear();
            return Self {
                dead_ends: dead_ends(own.name, group.module),
                causes,
                fix: own.fix.clone(),
                condition: own.condition.clone(),
                action: own.action.clone(),
                security: own.security,
            };
        }
        let name = causes.names.first().copied().unwrap_or_default();
        let advice = advice::advise(name, group.module);
        let action = special(group.kind, settings, advice.action);
        let mut explained = Self {
            dead_ends: dead_ends(name, group.module),
            causes,
            fix: Vec::new(),
            condition: advice.condition.map(str::to_owned),
            action: action.map(|text| with_prefix(text, group.module)),
            security: advice.security,
        };
        let wanted = match settings {
            Some(settings) => in_place(name, advice.settings, settings),
            None => advice
                .settings
                .iter()
                .map(|one| (*one).to_owned())
                .collect(),
        };
        match prefix(group.module) {
            Some(prefix) => {
                let directives = wanted.iter();
                explained.fix = directives
                    .map(|one| format!("{prefix}_ssl_{one};"))
                    .collect();
            }
            None => explained.without_directives(&wanted),
        }
        explained
    }

    /// The action and the condition of the fix in one sentence, for formats with one field for both.
    pub fn whole_action(&self) -> Option<String> {
        let condition = self
            .condition
            .as_ref()
            .map(|condition| format!("only if {condition}"));
        let security = match self.security {
            Security::Weakens => Some("this weakens security".to_owned()),
            Security::ChangesTrust => Some("this changes whom nginx trusts".to_owned()),
            Security::Neutral | Security::Hardens => None,
        };
        let parts: Vec<_> = [condition, self.action.clone(), security]
            .into_iter()
            .flatten()
            .collect();
        Some(parts.join("; ")).filter(|whole| !whole.is_empty())
    }

    /// A script's connection: its settings have other names.
    fn without_directives(&mut self, settings: &[String]) {
        if settings.is_empty() {
            return;
        }
        let set = format!(
            "set what corresponds to *_ssl_{} for this connection",
            settings.join(" and *_ssl_")
        );
        self.action = Some(match self.action.take() {
            Some(action) => format!("{set}; {action}"),
            None => set,
        });
    }
}

/// The settings that fit the place: what is in force already is left out, and what the configuration shows
/// is filled in. Only what the operator wrote can come in here.
fn in_place(cause: &str, wanted: &[&str], settings: &Settings) -> Vec<String> {
    let host = settings.host.iter().map(|host| format!("name {host}"));
    let mut host = host.filter(|name| !settings.in_force.contains(name));
    let host = host
        .next()
        .unwrap_or_else(|| "name <host-name-of-the-upstream>".to_owned());
    let on = || "server_name on".to_owned();
    let mut wanted: Vec<String> = match (cause, settings.verify_depth) {
        ("sni_missing", _) if settings.has_name == Some(false) => vec![on(), host],
        ("sni_unrecognized", _) => vec![on(), host],
        ("certificate_chain_too_long", Some(depth @ 4..)) => {
            vec![format!("verify_depth {}", depth + 5)]
        }
        // There is one, and it is not the right one.
        ("client_certificate_untrusted", _) if settings.certificate == Some(true) => Vec::new(),
        _ => wanted.iter().map(|one| (*one).to_owned()).collect(),
    };
    wanted.retain(|one| !holds(one, cause, settings));
    wanted
}

/// Whether a setting, or more than it says, is in force. nginx's own ciphers are more than `HIGH`.
fn holds(wanted: &str, cause: &str, settings: &Settings) -> bool {
    let mut list = settings.in_force.iter();
    match wanted.split_once(' ') {
        Some(("protocols", versions)) => list.any(|one| {
            let configured = one.strip_prefix("protocols ").unwrap_or_default();
            let has = |version| configured.split(' ').any(|one| one == version);
            versions.split(' ').all(has)
        }),
        Some(("ciphers", _)) if cause == CIPHER => !settings.narrowed.contains(&cause),
        _ => list.any(|one| one == wanted),
    }
}

/// What to do beyond the directives: what the kind says of it comes before what the cause says.
fn special(
    kind: Kind,
    settings: Option<&Settings>,
    otherwise: Option<&'static str>,
) -> Option<&'static str> {
    match kind {
        Kind::NameMismatch(Compared::Address) => {
            Some("nginx compares names only: an address in the certificate never matches")
        }
        Kind::NameMismatch(Compared::Block) => Some(
            "nginx compares the name of the upstream block unless proxy_ssl_name says otherwise",
        ),
        Kind::PlainToTls => Some("proxy_pass says http:// and the port speaks TLS: write https://"),
        // The directives are complete.
        _ if settings.is_some_and(|one| one.name.is_some()) => {
            otherwise.filter(|one| *one != advice::NAME_TOO)
        }
        _ => otherwise,
    }
}

/// Prefix of the directives; `None` where none are known. Where the line does not say whose connection it
/// was, it is nearly always `proxy_pass`.
fn prefix(module: Option<Module>) -> Option<&'static str> {
    match module {
        None | Some(Module::Proxy | Module::Stream) => Some("proxy"),
        Some(Module::Grpc) => Some("grpc"),
        Some(Module::Uwsgi) => Some("uwsgi"),
        Some(Module::Other) => None,
    }
}

/// Words written for `proxy_pass`, for another module.
fn with_prefix(text: &str, module: Option<Module>) -> String {
    let prefix = prefix(module).unwrap_or("*");
    match prefix {
        "proxy" => text.to_owned(),
        other => text
            .replace("proxy_ssl_", &format!("{other}_ssl_"))
            .replace("proxy_pass", &format!("{other}_pass")),
    }
}

fn dead_ends(name: &str, module: Option<Module>) -> Vec<String> {
    let rule = CATALOGUE.iter().find(|rule| rule.name == name);
    let all = rule.map_or(&[] as &[&str], |rule| rule.dead_ends).iter();
    // Headers are an affair of HTTP.
    let fits = |text: &&&str| {
        !text.contains("_set_header") || matches!(module, None | Some(Module::Proxy | Module::Grpc))
    };
    all.filter(fits)
        .map(|text| {
            with_prefix(
                &text.replace(
                    "proxy_set_header",
                    match module {
                        Some(Module::Grpc) => "grpc_set_header",
                        _ => "proxy_set_header",
                    },
                ),
                module,
            )
        })
        .collect()
}
