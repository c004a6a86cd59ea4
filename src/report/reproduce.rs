//! The command that repeats nginx's handshake by hand.

use crate::capture::ClientCertificate;
use crate::facts::{Breadth, Facts, Offered};
use crate::registry::{CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::text::Foreign;

/// A list of this many or fewer is spelled out. The library's own lists of suites and of signature
/// algorithms are longer.
const FEW: usize = 8;
/// No library's own list of groups is shorter.
const DEFAULT_GROUPS: usize = 5;
/// What every library's own list of TLS 1.3 suites has.
const DEFAULT_TLS13_SUITES: [CipherSuite; 3] = [
    CipherSuite(0x1301),
    CipherSuite(0x1302),
    CipherSuite(0x1303),
];

/// Protocols that run over TLS on TCP, by IANA's names (TLS ALPN Protocol IDs).
const PROTOCOLS: [&str; 22] = [
    "http/1.0",
    "http/1.1",
    "h2",
    "spdy/3",
    "ftp",
    "imap",
    "pop3",
    "managesieve",
    "coap",
    "xmpp-client",
    "xmpp-server",
    "acme-tls/1",
    "mqtt",
    "dot",
    "ntske/1",
    "sunrpc",
    "irc",
    "nntp",
    "sip/2",
    "tds/8.0",
    "postgresql",
    "radius/1.1",
];

/// `openssl s_client ...` with nginx's peer, name and offer. A name that no operator wrote is left for
/// the reader to fill in, and what a shell would read more into is left out. `None` when nothing was
/// offered, and when the peer's address is unknown or cannot be written plainly.
pub(super) fn command(facts: &Facts<'_>) -> Option<String> {
    let offered = facts.offered.as_ref()?;
    let peer = facts.recording.context.peer.as_deref()?;
    if !is_plain(peer) {
        return None;
    }
    let mut command = match peer.strip_prefix("unix:") {
        Some(path) => format!("openssl s_client -unix {path}"),
        // A shell takes brackets for a pattern.
        None if peer.starts_with('[') => format!("openssl s_client -connect '{peer}'"),
        None => format!("openssl s_client -connect {peer}"),
    };
    match (&facts.name.sent, facts.name.constant_sent()) {
        (_, Some(name)) => command.push_str(&format!(" -servername {}", name.as_str())),
        (Some(_), None) => command.push_str(" -servername NAME-THAT-WAS-SENT"),
        (None, None) => command.push_str(" -noservername"),
    }
    let options = [
        ("-cipher", ciphers(offered, facts)),
        ("-ciphersuites", tls13_suites(offered)),
        ("-groups", groups(offered)),
        ("-sigalgs", signature_algorithms(offered)),
        ("-alpn", alpn(offered)),
    ];
    command.push_str(&versions(offered));
    for (option, value) in options {
        if let Some(value) = value {
            command.push_str(&format!(" {option} {value}"));
        }
    }
    let has_certificate = |sent: &ClientCertificate| !sent.empty;
    if facts.client_certificate().is_some_and(has_certificate) {
        command.push_str(" -cert client.crt -key client.key");
    }
    command.push_str(" -showcerts");
    Some(command)
}

/// A shell takes it as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"./:[]_-".contains(&byte))
}

/// The names, joined; `None` without any, or when one of them is unknown.
fn joined(names: impl Iterator<Item = Option<&'static str>>) -> Option<String> {
    let names: Vec<_> = names.collect::<Option<_>>()?;
    (!names.is_empty()).then(|| names.join(":"))
}

fn versions(offered: &Offered) -> String {
    match offered.versions() {
        [ProtocolVersion::TLS1_3] => " -tls1_3".to_owned(),
        [ProtocolVersion::TLS1_2] => " -tls1_2".to_owned(),
        [ProtocolVersion::TLS1_1] => " -tls1_1".to_owned(),
        [ProtocolVersion::TLS1] => " -tls1".to_owned(),
        [lowest, _, ..] if lowest.config_name().is_some() => format!(" -min_protocol {lowest}"),
        _ => String::new(),
    }
}

/// Level 0 is no library's default: somebody chose it, and it decides what else can be offered.
fn ciphers(offered: &Offered, facts: &Facts<'_>) -> Option<String> {
    let suites = offered.ciphers().iter().filter(|suite| !suite.is_tls13());
    let names = match suites.clone().count() {
        ..=FEW => joined(suites.map(|suite| suite.openssl_name())),
        _ => None,
    };
    match facts.recording.settings.security_level {
        Some(0) => Some(format!(
            "{}:@SECLEVEL=0",
            names.as_deref().unwrap_or("DEFAULT")
        )),
        _ => names,
    }
}

fn tls13_suites(offered: &Offered) -> Option<String> {
    let suites = offered.tls13_suites();
    let full = DEFAULT_TLS13_SUITES.iter().all(|one| suites.contains(one));
    if full || suites.len() > FEW {
        return None;
    }
    joined(suites.iter().map(|suite| suite.openssl_name()))
}

fn groups(offered: &Offered) -> Option<String> {
    let groups = offered.groups();
    let narrow = groups.len() < DEFAULT_GROUPS || offered.group_breadth() > Breadth::Full;
    if !narrow || groups.len() > FEW {
        return None;
    }
    joined(groups.iter().copied().map(NamedGroup::openssl_name))
}

fn signature_algorithms(offered: &Offered) -> Option<String> {
    let schemes = offered.signature_algorithms();
    if schemes.len() > FEW {
        return None;
    }
    joined(schemes.iter().copied().map(signature_name))
}

/// A name that OpenSSL 1.1.1 takes, too. It has none for these two, so their parts are written, and those of
/// DSA are left out.
fn signature_name(scheme: SignatureScheme) -> Option<&'static str> {
    match scheme.0 {
        0x0203 => Some("ECDSA+SHA1"),
        0x0303 => Some("ECDSA+SHA224"),
        code if code & 0xff == 0x02 => None,
        _ => scheme.name(),
    }
}

/// A protocol of no known name may be a variable's value (`ngx_stream_proxy_ssl_alpn`), which a client
/// chose: the reader fills it in.
fn alpn(offered: &Offered) -> Option<String> {
    let protocols = offered.alpn();
    let known = |one: &Foreign| PROTOCOLS.iter().find(|known| **known == one.raw());
    let names: Option<Vec<&str>> = protocols.iter().map(|one| known(one).copied()).collect();
    let names = names.map_or("PROTOCOL-THAT-WAS-SENT".to_owned(), |names| names.join(","));
    (!protocols.is_empty()).then_some(names)
}
