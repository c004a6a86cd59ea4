//! What nginx does when it shakes hands with an upstream: the directives that hold for one `*_pass`.

use super::address::{without_port, Host};
use super::scope::ScopeId;
use super::variables::{parts, Part};
use super::{Block, Family, Model, Pass, Target};
use crate::nginx_conf::Directive;

/// The directives of a family about TLS, without their prefix; `alpn` is stream's only.
pub const SETTINGS: &[&str] = &[
    "session_reuse",
    "protocols",
    "ciphers",
    "name",
    "server_name",
    "alpn",
    "verify",
    "verify_depth",
    "trusted_certificate",
    "crl",
    "certificate",
    "certificate_key",
    "certificate_cache",
    "password_file",
    "conf_command",
    "key_log",
];

/// The name that nginx compares certificates with and, if told to, sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerName {
    /// Without a port; variables as they are written.
    pub text: Vec<u8>,
    /// What it is.
    pub kind: NameKind,
}

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A host's name.
    Dns,
    /// An IP address: nginx sends none as a server name, and finds none in certificates.
    Address,
    /// An upstream block's name, because nothing else was said.
    Block,
    /// The path of a unix socket, because nothing else was said.
    Socket,
    /// Only the request knows.
    Variable,
}

/// The settings that hold for one `*_pass` over TLS.
#[derive(Debug, Clone, Copy)]
pub struct UpstreamTls<'m, 't> {
    /// The whole configuration.
    pub model: &'m Model<'t>,
    /// The directive that passes on.
    pub pass: &'m Pass<'t>,
}

impl<'m, 't> UpstreamTls<'m, 't> {
    /// The directive that holds for a setting of [`SETTINGS`], the nearest one.
    pub fn directive(&self, setting: &str) -> Option<&'t Directive> {
        self.found(setting).map(|(_, directive)| directive)
    }

    /// The same, and where it stands.
    pub fn found(&self, setting: &str) -> Option<(ScopeId, &'t Directive)> {
        let name = self.name_of(setting);
        self.model.nearest(self.pass.scope, name.as_bytes())
    }

    /// A setting's whole name in the family: `proxy_ssl_verify`.
    pub fn name_of(&self, setting: &str) -> String {
        format!("{}_ssl_{setting}", self.pass.family.prefix())
    }

    fn argument(&self, setting: &str) -> Option<&'t [u8]> {
        self.directive(setting)?.argument(1)
    }

    fn is_on(&self, setting: &str) -> Option<bool> {
        let value = self.argument(setting)?;
        Some(value.eq_ignore_ascii_case(b"on"))
    }

    /// `*_ssl_server_name`: whether a name is sent, if it is one that can be.
    pub fn sends_name(&self) -> bool {
        self.is_on("server_name").unwrap_or(false)
    }

    /// `*_ssl_verify`.
    pub fn verifies(&self) -> bool {
        self.is_on("verify").unwrap_or(false)
    }

    /// `*_ssl_session_reuse`.
    pub fn reuses_sessions(&self) -> bool {
        self.is_on("session_reuse").unwrap_or(true)
    }

    /// `*_ssl_verify_depth`: how many intermediate certificates there may be.
    pub fn verify_depth(&self) -> u32 {
        let text = self
            .argument("verify_depth")
            .and_then(|text| std::str::from_utf8(text).ok());
        text.and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// `*_ssl_protocols`, where it is set: what the default is depends on nginx's version.
    pub fn protocols(&self) -> Option<Vec<&'t [u8]>> {
        let directive = self.directive("protocols")?;
        Some(
            directive
                .words
                .iter()
                .skip(1)
                .map(|word| word.text.as_slice())
                .collect(),
        )
    }

    /// `*_ssl_ciphers`, where it is set.
    pub fn ciphers(&self) -> Option<&'t [u8]> {
        self.argument("ciphers")
    }

    /// `*_ssl_trusted_certificate`.
    pub fn trusted_certificate(&self) -> Option<&'t [u8]> {
        self.argument("trusted_certificate")
            .filter(|name| !name.is_empty())
    }

    /// `*_ssl_crl`.
    pub fn crl(&self) -> Option<&'t [u8]> {
        self.argument("crl").filter(|name| !name.is_empty())
    }

    /// `*_ssl_certificate`: the client's.
    pub fn certificate(&self) -> Option<&'t [u8]> {
        self.argument("certificate").filter(|name| !name.is_empty())
    }

    /// `*_ssl_certificate_key`.
    pub fn certificate_key(&self) -> Option<&'t [u8]> {
        self.argument("certificate_key")
            .filter(|name| !name.is_empty())
    }

    /// `*_ssl_conf_command`, name and value; the nearest level that has any replaces the others.
    pub fn conf_commands(&self) -> Vec<(&'t Directive, &'t [u8], &'t [u8])> {
        let name = self.name_of("conf_command");
        let own = self.model.nearest_all(self.pass.scope, name.as_bytes());
        let pair = |directive: &&'t Directive| {
            let directive: &'t Directive = directive;
            Some((directive, directive.argument(1)?, directive.argument(2)?))
        };
        own.iter().filter_map(pair).collect()
    }

    /// `*_ssl_name`, unless it says what nginx takes anyway.
    pub fn configured_name(&self) -> Option<&'t Directive> {
        let directive = self.directive("name")?;
        let default = matches!(
            directive.argument(1),
            Some(b"$proxy_host" | b"${proxy_host}")
        );
        (!default).then_some(directive)
    }

    /// The name that is compared and sent (`ngx_http_upstream_ssl_name`): `*_ssl_name`, else what
    /// stands in the `*_pass`.
    pub fn name(&self) -> ServerName {
        if let Some(text) = self.configured_name().and_then(|one| one.argument(1)) {
            let text = self.model.resolve(self.pass.scope, text);
            let text = without_port(&text).to_vec();
            let kind = match super::address::parse(&text) {
                _ if has_variables(&text) => NameKind::Variable,
                Some((Host::Address(_), _)) => NameKind::Address,
                _ => NameKind::Dns,
            };
            return ServerName { text, kind };
        }
        let (text, kind) = match &self.pass.target {
            Target::Block(block) => {
                let name = self.model.block(*block).map(|block| block.name());
                (name.unwrap_or_default().to_vec(), NameKind::Block)
            }
            Target::Host(host, _) => match host {
                Host::Name(name) => (name.clone(), NameKind::Dns),
                Host::Address(_) => (host.to_text().into_bytes(), NameKind::Address),
                Host::Socket(path) => (path.clone(), NameKind::Socket),
            },
            Target::Unknown => (self.pass.text.clone(), NameKind::Variable),
        };
        ServerName { text, kind }
    }

    /// Whether the name may stand in the upstream's certificate: an address, a socket and the name of
    /// a block that is not called as a host do not.
    pub fn has_comparable_name(&self) -> bool {
        match self.name().kind {
            NameKind::Dns | NameKind::Variable => true,
            NameKind::Address | NameKind::Socket => false,
            NameKind::Block => match self.pass.target {
                Target::Block(block) => self.model.block(block).is_some_and(Block::is_a_host),
                _ => false,
            },
        }
    }

    /// The server name that goes out, `None` where none does: as it is written where variables are
    /// in it.
    pub fn sent_name(&self) -> Option<Vec<u8>> {
        let name = self.name();
        let sendable = self.sends_name() && name.kind != NameKind::Address && !name.text.is_empty();
        sendable.then_some(name.text)
    }

    /// Directives that do not stand here may stand in a file that could not be read.
    pub fn is_incomplete(&self) -> bool {
        self.model.is_incomplete(self.pass.scope)
    }

    /// Whether this is stream's.
    pub fn is_stream(&self) -> bool {
        self.pass.family == Family::Stream
    }
}

/// Whether a text has variables in it.
pub fn has_variables(text: &[u8]) -> bool {
    parts(text)
        .iter()
        .any(|part| matches!(part, Part::Variable { .. }))
}
