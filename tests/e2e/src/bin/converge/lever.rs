//! What an operator can set for a connection to an upstream.

/// One thing that is set right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Protocols,
    /// What a command makes of the versions.
    Bounds,
    Ciphers,
    Ciphersuites,
    Groups,
    SignatureAlgorithms,
    Options,
    ServerName,
    Name,
    Trust,
    Depth,
    Client,
    SessionReuse,
}

impl Kind {
    /// Its directives, without the family's prefix.
    fn directives(self) -> &'static [&'static str] {
        match self {
            Kind::Protocols => &["protocols"],
            Kind::Bounds => &["conf_command MinProtocol", "conf_command MaxProtocol"],
            Kind::Ciphers => &["ciphers"],
            Kind::Ciphersuites => &["conf_command Ciphersuites"],
            Kind::Groups => &["conf_command Groups"],
            Kind::SignatureAlgorithms => &["conf_command SignatureAlgorithms"],
            Kind::Options => &["conf_command Options"],
            Kind::ServerName => &["server_name"],
            Kind::Name => &["name"],
            Kind::Trust => &["trusted_certificate"],
            Kind::Depth => &["verify_depth"],
            Kind::Client => &["certificate", "certificate_key"],
            Kind::SessionReuse => &["session_reuse"],
        }
    }

    /// Whether a directive, with its prefix, belongs to it.
    pub(crate) fn owns(self, directive: &str, prefix: &str) -> bool {
        let rest = directive.strip_prefix(prefix).unwrap_or_default();
        let rest = rest.strip_prefix('_').unwrap_or_default();
        self.directives().iter().any(|name| begins(rest, name))
    }
}

/// The words of `text` begin with those of `name`.
fn begins(text: &str, name: &str) -> bool {
    text.strip_prefix(name)
        .is_some_and(|rest| rest.starts_with(' '))
}

/// A lever with its settings: directives without prefix and semicolon, `protocols TLSv1.2`.
#[derive(Debug, Clone)]
pub(crate) struct Lever {
    pub(crate) kind: Kind,
    pub(crate) right: Vec<String>,
    /// What the operator wrote; `None` where that is right.
    pub(crate) wrong: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directive_belongs_to_one_lever() {
        let name = "proxy_ssl_name a;";
        assert!(Kind::Name.owns(name, "proxy_ssl"));
        assert!(!Kind::Name.owns(name, "grpc_ssl"));
        assert!(!Kind::ServerName.owns(name, "proxy_ssl"));
        let groups = "proxy_ssl_conf_command Groups X25519;";
        assert!(Kind::Groups.owns(groups, "proxy_ssl"));
        assert!(!Kind::Options.owns(groups, "proxy_ssl"));
        let key = "proxy_ssl_certificate_key a;";
        assert!(Kind::Client.owns(key, "proxy_ssl") && !Kind::Trust.owns(key, "proxy_ssl"));
    }
}
