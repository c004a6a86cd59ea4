//! A directive to be tried.

use std::io;

use super::Settings;
use crate::nginx_conf::model::SETTINGS;
use crate::nginx_conf::{read_text, Directive, Files};
use crate::text::conf_word;

/// A directive about TLS without its family's prefix: `server_name on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name: one of [`SETTINGS`].
    pub setting: &'static str,
    /// Its arguments, quotes undone.
    pub arguments: Vec<String>,
    /// Whoever proposed it says that it weakens security.
    pub weakens: bool,
}

impl Change {
    /// One of our own.
    pub(super) fn new(setting: &'static str, arguments: &[&str]) -> Self {
        Self {
            setting,
            arguments: arguments.iter().map(|&one| one.to_owned()).collect(),
            weakens: false,
        }
    }

    /// Reads directives as they stand in nginx.conf, of whatever family; the last `;` may be left out.
    ///
    /// # Errors
    /// A sentence, when there is none, or one that is not about TLS with upstreams.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let mut text = text.trim().to_owned();
        if !text.ends_with(';') {
            text.push(';');
        }
        let tree = read_text(&NoFiles, b"directive", text.as_bytes());
        let tree = tree.map_err(|error| error.what)?;
        let changes: Result<Vec<_>, _> = tree.directives.iter().map(Self::of).collect();
        match changes {
            Ok(none) if none.is_empty() => Err("no directive".to_owned()),
            other => other,
        }
    }

    fn of(directive: &Directive) -> Result<Self, String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let name = text(directive.name());
        let known = name.split_once("_ssl_").and_then(|(family, rest)| {
            let known = SETTINGS.iter().find(|setting| **setting == rest);
            known.filter(|_| ["proxy", "grpc", "uwsgi"].contains(&family))
        });
        let arguments: Vec<_> = directive.arguments().map(text).collect();
        let setting = match known {
            Some(setting) if !arguments.is_empty() && directive.block.is_none() => setting,
            _ => return Err(format!("{name} is no directive about TLS with upstreams")),
        };
        if (*setting == "conf_command") != (arguments.len() == 2)
            && !["protocols", "alpn"].contains(setting)
        {
            return Err(format!("{name} takes another number of arguments"));
        }
        Ok(Self {
            setting,
            arguments,
            weakens: false,
        })
    }

    /// The directive as it is pasted.
    pub fn directive(&self, settings: &Settings) -> String {
        let prefix = settings.prefix();
        let words: Vec<_> = self.arguments.iter().map(|one| conf_word(one)).collect();
        format!("{prefix}_ssl_{} {};", self.setting, words.join(" "))
    }

    /// The first argument.
    pub(super) fn value(&self) -> &str {
        self.arguments.first().map_or("", String::as_str)
    }

    /// The value that only the operator knows is still to be filled in.
    pub(super) fn is_open(&self) -> bool {
        self.arguments.iter().any(|one| one.starts_with('<'))
    }

    /// Both set the same thing: of `conf_command` the same command.
    pub(super) fn sets_the_same(&self, other: &Self) -> bool {
        self.setting == other.setting
            && (self.setting != "conf_command" || self.value() == other.value())
    }
}

/// A directive includes nothing.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &[u8]) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, _: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_of_every_family_are_read_and_written() {
        let text = "grpc_ssl_server_name on; proxy_ssl_conf_command Groups 'P-256:X25519'";
        let changes = Change::read(text).unwrap();
        let settings = Settings::of_host("a.example", 1_022_001);
        let written: Vec<_> = changes.iter().map(|one| one.directive(&settings)).collect();
        assert_eq!(
            written,
            [
                "proxy_ssl_server_name on;",
                "proxy_ssl_conf_command Groups P-256:X25519;"
            ]
        );
    }

    #[test]
    fn what_a_user_types_stays_one_word() {
        let text = r#"proxy_ssl_trusted_certificate "/a b/\"c;d.pem";"#;
        let changes = Change::read(text).unwrap();
        assert_eq!(changes[0].value(), "/a b/\"c;d.pem");
        let settings = Settings::of_host("a.example", 1_022_001);
        assert_eq!(changes[0].directive(&settings), text);
    }

    #[test]
    fn nothing_but_tls_with_upstreams_is_taken() {
        for wrong in [
            "",
            "proxy_pass https://a",
            "ssl_protocols TLSv1.2",
            "proxy_ssl_nothing on",
            "proxy_ssl_verify",
            "proxy_ssl_verify on off",
            "proxy_ssl_conf_command Groups",
            "proxy_ssl_name a {}",
            "proxy_ssl_name 'a",
            "include /etc/passwd",
        ] {
            assert!(Change::read(wrong).is_err(), "{wrong}");
        }
    }
}
