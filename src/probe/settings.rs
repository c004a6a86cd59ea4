//! The TLS settings of one upstream.

use std::net::Ipv4Addr;

use super::Change;
use crate::capture::Module;
use crate::facts::is_dns_name;
use crate::registry::ProtocolVersion;

/// `*_ssl_conf_command` came with nginx 1.19.4, `proxy_ssl_alpn` with 1.31.0.
const CONF_COMMAND: u32 = 1_019_004;
const STREAM_ALPN: u32 = 1_031_000;
/// Which versions are on by default changed with these.
const TLS13_BY_DEFAULT: u32 = 1_023_004;
const OLD_OFF_BY_DEFAULT: u32 = 1_027_003;

/// The directives that hold for one upstream, as far as a handshake depends on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whose directives they are.
    pub module: Module,
    /// `nginx_version` of the nginx whose defaults hold: 1022001 is 1.22.1.
    pub nginx: u32,
    /// What stands in the `*_pass`: a host, without a port, or the name of an upstream block.
    pub upstream: String,
    /// It is the name of a block.
    pub is_block: bool,
    /// The `server` of the block that leads to the peer, as it stands there.
    pub server_line: Option<String>,
    /// `*_ssl_server_name`.
    pub send_name: bool,
    /// `*_ssl_name`, without variables and port.
    pub name: Option<String>,
    /// `*_ssl_protocols`.
    pub protocols: Option<Vec<String>>,
    /// `*_ssl_ciphers`.
    pub ciphers: Option<String>,
    /// `proxy_ssl_alpn` of stream, or what the family sends anyway.
    pub alpn: Vec<String>,
    /// `*_ssl_verify`.
    pub verify: bool,
    /// `*_ssl_verify_depth`.
    pub verify_depth: u32,
    /// `*_ssl_trusted_certificate`.
    pub trusted_certificate: Option<String>,
    /// `*_ssl_crl`.
    pub crl: Option<String>,
    /// `*_ssl_certificate`.
    pub certificate: Option<String>,
    /// `*_ssl_certificate_key`.
    pub certificate_key: Option<String>,
    /// `*_ssl_password_file`.
    pub password_file: Option<String>,
    /// `*_ssl_session_reuse`.
    pub session_reuse: bool,
    /// `*_ssl_conf_command`, in order.
    pub commands: Vec<(String, String)>,
    /// Those stand on an outer level: a single one in the location replaces them all.
    pub inherits_commands: bool,
}

impl Settings {
    /// `proxy_pass https://HOST` and nothing else.
    pub fn of_host(host: &str, nginx: u32) -> Self {
        Self {
            module: Module::Proxy,
            nginx,
            upstream: host.to_owned(),
            is_block: false,
            server_line: None,
            send_name: false,
            name: None,
            protocols: None,
            ciphers: None,
            alpn: Vec::new(),
            verify: false,
            verify_depth: 1,
            trusted_certificate: None,
            crl: None,
            certificate: None,
            certificate_key: None,
            password_file: None,
            session_reuse: true,
            commands: Vec::new(),
            inherits_commands: false,
        }
    }

    /// The same for another family.
    pub fn for_module(mut self, module: Module) -> Self {
        self.module = module;
        if module == Module::Grpc {
            self.alpn = vec!["h2".to_owned()];
        }
        self
    }

    /// What the names of its directives begin with.
    pub fn prefix(&self) -> &'static str {
        match self.module {
            Module::Grpc => "grpc",
            Module::Uwsgi => "uwsgi",
            Module::Proxy | Module::Stream | Module::Other => "proxy",
        }
    }

    /// The name that nginx compares with the certificate, and sends if told to.
    pub fn compared_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.upstream)
    }

    /// The server name that goes out: never an address (`ngx_http_upstream_ssl_name`).
    pub fn sent_name(&self) -> Option<&str> {
        let name = self.compared_name();
        let is_address = name.starts_with('[') || name.parse::<Ipv4Addr>().is_ok();
        (self.send_name && !name.is_empty() && !is_address).then_some(name)
    }

    /// A host name that the configuration itself has, as a candidate to send.
    pub(super) fn known_name(&self) -> Option<&str> {
        let server = self.server_line.as_deref().map(without_port);
        let own =
            Some(self.compared_name()).filter(|name| !self.is_block || *name != self.upstream);
        [own, server]
            .into_iter()
            .flatten()
            .find(|name| is_dns_name(name))
    }

    /// The versions that are switched on: those named, or nginx's own.
    pub fn versions(&self) -> Vec<ProtocolVersion> {
        const ALL: [ProtocolVersion; 5] = [
            ProtocolVersion::SSL3,
            ProtocolVersion::TLS1,
            ProtocolVersion::TLS1_1,
            ProtocolVersion::TLS1_2,
            ProtocolVersion::TLS1_3,
        ];
        let Some(named) = &self.protocols else {
            let (lowest, highest) = match self.nginx {
                OLD_OFF_BY_DEFAULT.. => (ProtocolVersion::TLS1_2, ProtocolVersion::TLS1_3),
                TLS13_BY_DEFAULT.. => (ProtocolVersion::TLS1, ProtocolVersion::TLS1_3),
                _ => (ProtocolVersion::TLS1, ProtocolVersion::TLS1_2),
            };
            let between = |version: &ProtocolVersion| (lowest..=highest).contains(version);
            return ALL.into_iter().filter(between).collect();
        };
        let is_named = |version: &ProtocolVersion| {
            let name = version.config_name().unwrap_or_default();
            named.iter().any(|one| one.eq_ignore_ascii_case(name))
        };
        ALL.into_iter().filter(is_named).collect()
    }

    /// `*_ssl_conf_command` is known to this nginx.
    pub(super) fn has_conf_command(&self) -> bool {
        self.nginx >= CONF_COMMAND
    }

    /// `proxy_ssl_alpn` is.
    pub(super) fn has_alpn(&self) -> bool {
        self.module == Module::Stream && self.nginx >= STREAM_ALPN
    }

    /// With these directives written into the location.
    pub fn with(&self, changes: &[Change]) -> Self {
        let mut changed = self.clone();
        for change in changes {
            changed.set(change);
        }
        changed
    }

    fn set(&mut self, change: &Change) {
        let value = change.value().to_owned();
        let is_on = value.eq_ignore_ascii_case("on");
        let path = Some(value.clone()).filter(|path| !path.is_empty());
        match change.setting {
            "server_name" => self.send_name = is_on,
            "name" => self.name = Some(without_port(&value).to_owned()),
            "protocols" => self.protocols = Some(change.arguments.clone()),
            "ciphers" => self.ciphers = Some(value),
            "alpn" => self.alpn.clone_from(&change.arguments),
            "verify" => self.verify = is_on,
            "verify_depth" => self.verify_depth = value.parse().unwrap_or(self.verify_depth),
            "trusted_certificate" => self.trusted_certificate = path,
            "crl" => self.crl = path,
            "certificate" => self.certificate = path,
            "certificate_key" => self.certificate_key = path,
            "password_file" => self.password_file = path,
            "session_reuse" => self.session_reuse = is_on,
            "conf_command" => self.set_command(&value, change.arguments.get(1)),
            _ => {}
        }
    }

    fn set_command(&mut self, name: &str, value: Option<&String>) {
        let value = value.cloned().unwrap_or_default();
        let same = |one: &&mut (String, String)| one.0.eq_ignore_ascii_case(name);
        match self.commands.iter_mut().find(same) {
            Some(known) => known.1 = value,
            None => self.commands.push((name.to_owned(), value)),
        }
    }

    /// The directives to be pasted for these changes: with a `conf_command` among them also those that
    /// it would take the place of.
    pub fn directives(&self, changes: &[Change]) -> Vec<String> {
        let mut all = changes.to_vec();
        let commands = |one: &Change| one.setting == "conf_command";
        if self.inherits_commands && changes.iter().any(commands) {
            for (name, value) in &self.commands {
                let kept = Change::new("conf_command", &[name, value]);
                if !all.iter().any(|one| one.sets_the_same(&kept)) {
                    all.push(kept);
                }
            }
        }
        all.iter().map(|one| one.directive(self)).collect()
    }
}

/// A name as it is compared and sent: without the port that may stand at its end.
fn without_port(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(settings: &Settings) -> Vec<String> {
        let versions = settings.versions();
        versions.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn defaults_are_those_of_the_version() {
        let of = |nginx| names(&Settings::of_host("a", nginx));
        assert_eq!(of(1_022_001), ["TLSv1", "TLSv1.1", "TLSv1.2"]);
        assert_eq!(of(1_025_000), ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]);
        assert_eq!(of(1_028_000), ["TLSv1.2", "TLSv1.3"]);
        let named = Change::read("proxy_ssl_protocols SSLv2 TLSv1.3").unwrap();
        let settings = Settings::of_host("a", 1_022_001).with(&named);
        assert_eq!(names(&settings), ["TLSv1.3"]);
    }

    #[test]
    fn an_address_is_never_sent() {
        let on = Change::read("proxy_ssl_server_name on").unwrap();
        for (host, sent) in [
            ("a.example", Some("a.example")),
            ("192.0.2.1", None),
            ("[2001:db8::1]", None),
            ("backend", Some("backend")),
        ] {
            let settings = Settings::of_host(host, 1_022_001);
            assert_eq!(settings.sent_name(), None);
            assert_eq!(settings.with(&on).sent_name(), sent);
        }
    }

    #[test]
    fn a_name_that_can_be_sent_is_a_host_s() {
        let mut settings = Settings::of_host("backend", 1_022_001);
        assert_eq!(settings.known_name(), Some("backend"));
        settings.is_block = true;
        assert_eq!(settings.known_name(), None);
        settings.server_line = Some("10.0.0.1:443".to_owned());
        assert_eq!(settings.known_name(), None);
        settings.server_line = Some("a.example:443".to_owned());
        assert_eq!(settings.known_name(), Some("a.example"));
    }

    #[test]
    fn a_command_repeats_those_it_would_take_the_place_of() {
        let old = "proxy_ssl_conf_command Groups P-256; proxy_ssl_conf_command Options -Foo";
        let mut settings = Settings::of_host("a", 1_022_001).with(&Change::read(old).unwrap());
        let new = Change::read("proxy_ssl_conf_command Groups X25519").unwrap();
        assert_eq!(
            settings.directives(&new),
            ["proxy_ssl_conf_command Groups X25519;"]
        );
        settings.inherits_commands = true;
        let both = [
            "proxy_ssl_conf_command Groups X25519;",
            "proxy_ssl_conf_command Options -Foo;",
        ];
        assert_eq!(settings.directives(&new), both);
        let other = Change::read("proxy_ssl_server_name on").unwrap();
        assert_eq!(settings.directives(&other), ["proxy_ssl_server_name on;"]);
        let commands = settings.with(&new).commands;
        assert_eq!(commands[0], ("Groups".to_owned(), "X25519".to_owned()));
        assert_eq!(commands.len(), 2);
    }
}
