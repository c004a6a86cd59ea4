//! The name sent, the name compared, and what is odd about them.

use std::net::IpAddr;

use super::Offered;
use crate::capture::Recording;
use crate::text::Foreign;

/// A word of nginx.conf: the operator wrote it, and no client or peer can change it. Only such a word
/// may stand in a directive that is pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constant<'a>(&'a str);

impl<'a> Constant<'a> {
    /// The word as it stands in nginx.conf.
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Whose word a name is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Provenance {
    /// The operator's: it stands in nginx.conf.
    Operator,
    /// A variable's value, which a client may choose.
    Client,
    /// Nobody knows: not every module's settings are public.
    #[default]
    Unknown,
}

/// Why a name cannot be what the upstream expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// It is the name of an `upstream` block of nginx.conf.
    UpstreamBlock,
    /// It carries a port.
    HasPort,
    /// It carries a scheme.
    HasScheme,
    /// It holds what no host name holds: an underscore.
    NoHostName,
    /// It ends in a dot, which SNI does not allow (RFC 6066 section 3).
    FinalDot,
    /// It differs from the host that is configured.
    DiffersFromHost,
    /// It differs from the host of the `server` line that was tried.
    DiffersFromServer,
}

/// Names of one attempt. All of them may be hostile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameFacts {
    /// server_name of the ClientHello.
    pub sent: Option<Foreign>,
    /// What nginx compares with the certificate.
    pub compared: Option<Foreign>,
    /// Host of `proxy_pass`, or name of the upstream block.
    pub configured: Option<Foreign>,
    /// The configured host names an `upstream` block.
    pub is_block: bool,
    /// Whether the configured host is a name of its own; unknown without public settings.
    is_host: bool,
    /// What is wrong with the name sent.
    pub problem: Option<NameProblem>,
    /// A ClientHello was sent and read: a name that is absent was not sent.
    known: bool,
    /// `*_ssl_server_name on;` stands there already; a second one is a duplicate to `nginx -t`.
    pub switched_on: bool,
    /// Host of the `server` line that was tried, where that is a name.
    server: Option<String>,
    /// Whose word the configured host is.
    configured_by: Provenance,
    /// Whose word the name compared is.
    compared_by: Provenance,
    /// See [`NameFacts::to_hand`].
    is_to_hand: bool,
}

impl Provenance {
    fn of(is_constant: Option<bool>) -> Self {
        match is_constant {
            Some(true) => Self::Operator,
            Some(false) => Self::Client,
            None => Self::Unknown,
        }
    }
}

impl NameFacts {
    pub(super) fn of(recording: &Recording, offered: Option<&Offered>) -> Self {
        let mut facts = Self {
            sent: offered.and_then(Offered::server_name),
            compared: recording.settings.compared_name.clone(),
            configured: recording.context.upstream.clone(),
            is_block: recording.settings.upstream_block == Some(true),
            is_host: recording.settings.upstream_block == Some(false),
            problem: None,
            known: offered.is_some_and(Offered::complete),
            switched_on: recording.settings.send_server_name == Some(true),
            server: recording.settings.server_line.as_deref().and_then(host_of),
            configured_by: Provenance::of(recording.settings.upstream_is_constant),
            compared_by: Provenance::of(recording.settings.name_is_constant),
            is_to_hand: false,
        };
        facts.is_to_hand = facts.has_a_name();
        facts.problem = facts
            .sent
            .as_ref()
            .and_then(|sent| facts.problem_with(sent.raw()));
        facts
    }

    fn problem_with(&self, sent: &str) -> Option<NameProblem> {
        let configured = self.configured.as_ref().map(Foreign::raw);
        let is_configured = configured.is_some_and(|host| same_name(host, sent));
        if sent.contains("://") {
            Some(NameProblem::HasScheme)
        } else if sent.contains(':') && sent.parse::<IpAddr>().is_err() {
            Some(NameProblem::HasPort)
        } else if sent.ends_with('.') {
            Some(NameProblem::FinalDot)
        } else if self
            .server
            .as_deref()
            .is_some_and(|host| same_name(host, sent))
        {
            None
        } else if self.is_block && is_configured {
            Some(NameProblem::UpstreamBlock)
        } else if sent.contains('_') {
            Some(NameProblem::NoHostName)
        } else if self.server.is_some() {
            Some(NameProblem::DiffersFromServer)
        } else if !is_configured && configured.is_some_and(|host| self.names_a_host(host)) {
            Some(NameProblem::DiffersFromHost)
        } else {
            None
        }
    }

    /// The configured upstream has the name of a host: `proxy_pass` names one, or a block is named like one. A
    /// name without a dot (`localhost`) says nothing about the certificate's name, and one that a client chose
    /// through a variable is not the operator's.
    fn names_a_host(&self, configured: &str) -> bool {
        self.configured_by != Provenance::Client
            && is_dns_name(configured)
            && is_dotted(configured)
            && (self.is_host || self.is_block)
    }

    /// The DNS name that nginx would send if it were told to: the name compared, unless that is an
    /// address or the name of a block.
    pub fn to_hand(&self) -> Option<&Foreign> {
        let name = self.compared.as_ref().or(self.configured.as_ref());
        name.filter(|_| self.is_to_hand)
    }

    fn has_a_name(&self) -> bool {
        let configured = self.configured.as_ref().map(Foreign::raw);
        let Some(name) = self.compared.as_ref().map(Foreign::raw).or(configured) else {
            return false;
        };
        let is_block = self.is_block && configured.is_some_and(|block| same_name(block, name));
        is_dns_name(name) && !is_block
    }

    /// The host of `proxy_pass`, where that is a host name and the operator's own word.
    pub fn constant_host(&self) -> Option<Constant<'_>> {
        let host = self.configured.as_ref()?.raw();
        let is_constant = self.configured_by == Provenance::Operator;
        (is_constant && self.is_host && is_dns_name(host)).then_some(Constant(host))
    }

    /// The host of the `server` line that was tried, where that is a host name.
    pub fn constant_server(&self) -> Option<Constant<'_>> {
        self.server.as_deref().map(Constant)
    }

    /// Whose word the name sent is.
    pub fn sent_by(&self) -> Provenance {
        let same = |other: &Option<Foreign>| self.sent.is_some() && *other == self.sent;
        match (same(&self.configured), self.configured_by) {
            (true, Provenance::Operator) => Provenance::Operator,
            _ if same(&self.compared) => self.compared_by,
            (true, other) => other,
            (false, _) => Provenance::Unknown,
        }
    }

    /// The name sent, where the operator wrote it.
    pub fn constant_sent(&self) -> Option<Constant<'_>> {
        let sent = self.sent.as_ref()?.raw();
        let is_constant = self.sent_by() == Provenance::Operator;
        (is_constant && is_dns_name(sent)).then_some(Constant(sent))
    }

    /// The name sent is the host that `proxy_pass` names: whoever wrote it meant that host.
    pub fn confirmed(&self) -> bool {
        let sent = self.sent.as_ref().map(Foreign::raw);
        let configured = self.configured.as_ref().map(Foreign::raw);
        self.is_host
            && self.configured_by != Provenance::Client
            && sent
                .zip(configured)
                .is_some_and(|(sent, host)| same_name(host, sent))
    }

    /// The name sent is this host, whatever port is written behind it.
    pub fn is_sent(&self, host: &Foreign) -> bool {
        let host = host.raw();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        self.sent
            .as_ref()
            .is_some_and(|sent| same_name(sent.raw(), name))
    }

    /// The hello was read, and it carries no name.
    pub fn not_sent(&self) -> bool {
        self.known && self.sent.is_none()
    }

    /// No name was sent although a server may need one: there is a DNS name to hand, or a block
    /// hides it.
    pub fn missing(&self) -> bool {
        self.not_sent() && (self.to_hand().is_some() || self.is_block)
    }

    /// The name sent is odd but may be right: the operator wrote it in full, or named a block like a host.
    pub fn is_doubtful(&self) -> bool {
        match self.problem {
            Some(NameProblem::DiffersFromHost | NameProblem::DiffersFromServer) => {
                self.sent_by() != Provenance::Client
            }
            Some(NameProblem::UpstreamBlock) => {
                is_dotted(self.sent.as_ref().map_or("", Foreign::raw))
            }
            _ => false,
        }
    }

    /// The name is not the cause: one was sent that is not odd, or there is none to send. False when the hello
    /// could not be read.
    pub fn is_ruled_out(&self) -> bool {
        match self.sent {
            Some(_) => self.problem.is_none() || self.is_doubtful(),
            None => self.known && !self.missing(),
        }
    }
}

/// It is called as hosts on the net are.
fn is_dotted(name: &str) -> bool {
    name.trim_end_matches('.').contains('.')
}

/// DNS names are equal whatever their case, with or without the final dot.
fn same_name(one: &str, other: &str) -> bool {
    fn plain(name: &str) -> &str {
        name.strip_suffix('.').unwrap_or(name)
    }
    plain(one).eq_ignore_ascii_case(plain(other))
}

/// The host of a `server` line, without its port; `None` for an address, a socket, or a name without a dot,
/// which says nothing of the one that its certificate is for.
fn host_of(line: &str) -> Option<String> {
    let host = match line.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => line,
    };
    (is_dns_name(host) && is_dotted(host)).then(|| host.to_owned())
}

/// A name that DNS could hold and that can stand in nginx.conf without quotes.
pub fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253
        && name.parse::<IpAddr>().is_err()
        && name.strip_suffix('.').unwrap_or(name).split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_dns_could_hold_are_dns_names() {
        for good in [
            "example.com",
            "localhost",
            "a-b.c_d.example",
            "xn--bcher-kva.example.",
        ] {
            assert!(is_dns_name(good), "{good}");
        }
        for bad in [
            "",
            "10.0.0.1",
            "::1",
            "a..b",
            "a b",
            "a;b",
            "\"x\"",
            "*.example.com",
            "$x",
        ] {
            assert!(!is_dns_name(bad), "{bad}");
        }
    }

    #[test]
    fn the_odd_names_are_told_apart() {
        let facts = |sent: &str, configured: &str, is_block| {
            let facts = NameFacts {
                configured: Some(configured.into()),
                is_block,
                is_host: !is_block,
                ..NameFacts::default()
            };
            facts.problem_with(sent)
        };
        assert_eq!(
            facts("backend", "backend", true),
            Some(NameProblem::UpstreamBlock)
        );
        assert_eq!(facts("api.example.com", "backend", true), None);
        assert_eq!(
            facts("a.example:443", "a.example", false),
            Some(NameProblem::HasPort)
        );
        assert_eq!(
            facts("https://a.example", "a.example", false),
            Some(NameProblem::HasScheme)
        );
        assert_eq!(
            facts("b.example", "a.example", false),
            Some(NameProblem::DiffersFromHost)
        );
        assert_eq!(facts("A.example", "a.example", false), None);
        assert_eq!(facts("b.example", "10.0.0.1", false), None);
        assert_eq!(
            facts("a.example.", "a.example", false),
            Some(NameProblem::FinalDot)
        );
        assert_eq!(facts("api.example.com", "localhost", false), None);
        assert_eq!(
            facts("Backend", "backend", true),
            Some(NameProblem::UpstreamBlock)
        );
        assert_eq!(
            facts("::1", "10.0.0.1", false),
            None,
            "an address has no port"
        );
    }

    #[test]
    fn only_a_server_line_that_names_a_host_says_which() {
        let facts = |line| NameFacts {
            configured: Some("backend".into()),
            is_block: true,
            server: host_of(line),
            ..NameFacts::default()
        };
        let differs = Some(NameProblem::DiffersFromServer);
        let sent = "api.example.com";
        assert_eq!(facts("b.example.com:443").problem_with(sent), differs);
        for line in ["localhost:443", "10.0.0.5:443", "unix:/run/app.sock"] {
            assert_eq!(facts(line).problem_with(sent), None, "{line}");
            assert!(facts(line).constant_server().is_none(), "{line}");
        }
    }

    #[test]
    fn a_name_is_missing_only_from_a_hello_that_was_read() {
        let comparing = |name: &str, known| {
            let mut facts = NameFacts {
                compared: Some(name.into()),
                known,
                ..NameFacts::default()
            };
            facts.is_to_hand = facts.has_a_name();
            facts
        };
        let facts = comparing("a.example", false);
        assert!(!facts.missing() && !facts.is_ruled_out());
        let facts = comparing("a.example", true);
        assert!(facts.missing() && !facts.is_ruled_out());
        let mut facts = comparing("10.0.0.1", true);
        assert!(!facts.missing() && facts.is_ruled_out());
        facts.is_block = true;
        assert!(facts.missing(), "the block hides the name");
        facts.sent = Some("a.example".into());
        assert!(!facts.missing() && facts.is_ruled_out());
    }

    #[test]
    fn a_host_that_a_client_chose_is_nobody_s_word() {
        let mut facts = NameFacts {
            sent: Some("a.example".into()),
            configured: Some("a.example".into()),
            is_host: true,
            configured_by: Provenance::Operator,
            ..NameFacts::default()
        };
        assert!(facts.confirmed());
        let differs = Some(NameProblem::DiffersFromHost);
        assert_eq!(facts.problem_with("b.example"), differs);
        facts.configured_by = Provenance::Client;
        assert!(!facts.confirmed());
        assert_eq!(facts.problem_with("b.example"), None);
    }

    #[test]
    fn an_unknown_kind_of_host_is_never_a_difference() {
        let facts = NameFacts {
            configured: Some("backend".into()),
            ..NameFacts::default()
        };
        assert_eq!(facts.problem_with("a.example"), None);
    }
}
