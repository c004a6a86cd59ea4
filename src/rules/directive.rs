//! What may stand in a directive that somebody pastes.
//!
//! A [`Directive`] is made of a [`Setting`], and a [`Setting`] only of texts of this program, numbers,
//! names of code points and words of nginx.conf. Text of a peer or a client cannot get in: it stays in the
//! sentence and in the facts, and in the directive stands a placeholder for the operator to fill.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use crate::decimal::Decimal;
use crate::facts::{Constant, Facts};
use crate::registry::NamedGroup;

/// A complete directive: `proxy_ssl_server_name on;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive(String);

/// A directive without its module's prefix and without the semicolon: `server_name on`. A value written
/// `<like-this>` is the operator's to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting(Cow<'static, str>);

impl From<&'static str> for Setting {
    /// One of this program's own texts.
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl Setting {
    /// `name value`
    pub(super) fn number(name: &'static str, value: u32) -> Self {
        Self([name, " ", Decimal::of(value).as_str()].concat().into())
    }

    /// `name one<separator>other`: names of code points.
    pub(super) fn list(
        name: &'static str,
        names: &[&'static str],
        separator: &'static str,
    ) -> Self {
        Self([name, " ", &names.join(separator)].concat().into())
    }

    /// `name word`: a word that the operator wrote elsewhere in nginx.conf.
    pub(super) fn constant(name: &'static str, word: Constant<'_>) -> Self {
        Self([name, " ", word.as_str()].concat().into())
    }

    /// A list of ciphers at this security level.
    pub(super) fn at_level(self, level: u32) -> Self {
        Self(format!("{}:@SECLEVEL={level}", self.0).into())
    }

    /// With the module's prefix; `None` where no directive is known.
    pub(super) fn directive(&self, facts: &Facts<'_>) -> Option<Directive> {
        let prefix = facts.directive_prefix()?;
        Some(Directive([prefix, "_ssl_", &self.0, ";"].concat()))
    }

    /// The text, for a sentence.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Where it changes whom nginx trusts, or which name it accepts in a certificate it verifies: the
    /// condition under which that is right, if a rule has none that says more.
    pub(super) fn condition(&self, facts: &Facts<'_>) -> Option<&'static str> {
        if self.0.starts_with("trusted_certificate ") {
            return Some("it is your CA, compared out of band");
        }
        (self.0.starts_with("name ") && facts.verifies()).then_some("that is the host you mean")
    }

    /// nginx does this already: the directive stands there, or the offer shows its effect.
    pub(super) fn is_in_force(&self, facts: &Facts<'_>) -> bool {
        let settings = &facts.recording.settings;
        let Some((name, value)) = self.0.split_once(' ') else {
            return false;
        };
        let is_number = |known: Option<u32>| known.is_some_and(|known| known.to_string() == value);
        match name {
            "server_name" => settings.send_server_name == Some(true),
            "session_reuse" => settings.session_reuse == Some(false),
            "verify_depth" => is_number(settings.verify_depth),
            "name" => facts
                .name
                .constant_sent()
                .is_some_and(|sent| sent.as_str() == value),
            "protocols" => offered_versions(facts).is_some_and(|offered| offered == value),
            "conf_command" => value
                .strip_prefix("Groups ")
                .is_some_and(|list| offered_groups(facts).is_some_and(|offered| offered == list)),
            _ => false,
        }
    }
}

/// The versions offered as `protocols` takes them; `None` where the hello does not list them (up to
/// TLS 1.2 it names the highest only).
fn offered_versions(facts: &Facts<'_>) -> Option<String> {
    let offered = facts.offered.as_ref()?;
    let names: Option<Vec<_>> = offered
        .listed_versions()
        .iter()
        .map(|version| version.config_name())
        .collect();
    names
        .filter(|names| !names.is_empty())
        .map(|names| names.join(" "))
}

fn offered_groups(facts: &Facts<'_>) -> Option<String> {
    let groups = facts.offered.as_ref()?.groups().iter().copied();
    let names: Option<Vec<_>> = groups.map(NamedGroup::openssl_name).collect();
    names.map(|names| names.join(":"))
}

impl Directive {
    /// As it is named in a sentence.
    pub(super) fn without_semicolon(&self) -> &str {
        self.0.trim_end_matches(';')
    }

    /// Both set the same thing: of `conf_command` the same command.
    pub(super) fn sets_the_same(&self, other: &Self) -> bool {
        let what = |directive: &Self| {
            let mut words = directive.0.split(' ').map(str::to_owned);
            let name = words.next();
            let command = words.next().filter(|_| {
                name.as_deref()
                    .is_some_and(|name| name.ends_with("conf_command"))
            });
            (name, command)
        };
        what(self) == what(other)
    }

    /// Holds a value that only the operator knows.
    pub fn has_placeholder(&self) -> bool {
        self.0.contains('<')
    }
}

impl Deref for Directive {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Directive {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Directive {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for Directive {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
