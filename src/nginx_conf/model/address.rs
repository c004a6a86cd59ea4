//! Hosts and ports as nginx reads them (`ngx_parse_url`, src/core/ngx_inet.c).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name to be resolved.
    Name(Vec<u8>),
    /// An IP address.
    Address(IpAddr),
    /// The path of a unix socket.
    Socket(Vec<u8>),
}

impl Host {
    /// Whether it is not for the world to reach: an address of a private, loopback or link-local
    /// network, a unix socket, or a name without a dot or below a suffix kept for local use.
    pub fn is_private(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Address(IpAddr::V4(address)) => is_private_v4(*address),
            Self::Address(IpAddr::V6(address)) => is_private_v6(*address),
            Self::Name(name) => is_private_name(name),
        }
    }

    /// Whether a template or a script is to put a host in its place, and perhaps a port: `<host>`,
    /// `${HOST}`, `<%=`, `%HOST%`, `BACKEND_HOST`. No resolver knows such a name.
    pub(super) fn is_placeholder(&self) -> bool {
        let Self::Name(name) = self else {
            return false;
        };
        let of_hosts =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | 0x80..);
        let has = |what: fn(&u8) -> bool| name.iter().any(what);
        let capitals = has(u8::is_ascii_uppercase) && !has(u8::is_ascii_lowercase);
        !name.iter().all(of_hosts) || (capitals && name.contains(&b'_'))
    }

    /// As text: a socket as `unix:PATH`, an IPv6 address in brackets.
    pub fn to_text(&self) -> String {
        match self {
            Self::Name(name) => String::from_utf8_lossy(name).into_owned(),
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Self::Address(address) => address.to_string(),
            Self::Socket(path) => format!("unix:{}", String::from_utf8_lossy(path)),
        }
    }
}

/// RFC 1918, RFC 6598 (shared), loopback, link-local and 0.0.0.0/8.
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
}

/// Loopback, RFC 4193 (unique local), link-local.
fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, ..] = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || first & 0xfe00 == 0xfc00
        || first & 0xffc0 == 0xfe80
}

/// RFC 6761, RFC 6762, and what ICANN (`internal`; `corp` and `home` will never be delegated), RFC 8375
/// and the DNS of clusters (Kubernetes, Consul) keep for local use.
fn is_private_name(name: &[u8]) -> bool {
    const SUFFIXES: &[&str] = &[
        ".local",
        ".localhost",
        ".internal",
        ".test",
        ".lan",
        ".intranet",
        ".home.arpa",
        ".localdomain",
        ".corp",
        ".home",
        ".svc",
        ".consul",
    ];
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(b".").unwrap_or(&name);
    !name.contains(&b'.')
        || SUFFIXES
            .iter()
            .any(|suffix| name.ends_with(suffix.as_bytes()))
}

/// `HOST`, `HOST:PORT`, `[V6]`, `[V6]:PORT` or `unix:PATH`, and the port where there is one. `None`
/// where nginx finds no host or no port it could be.
pub(super) fn parse(text: &[u8]) -> Option<(Host, Option<u16>)> {
    let unix = text
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"unix:"));
    if let (Some(path), true) = (text.get(5..), unix) {
        return (!path.is_empty()).then(|| (Host::Socket(path.to_vec()), None));
    }
    let (host, port) = match text {
        [b'[', rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == b']')?;
            let (address, after) = rest.split_at_checked(end)?;
            let address: Ipv6Addr = std::str::from_utf8(address).ok()?.parse().ok()?;
            (Host::Address(address.into()), after.strip_prefix(b"]")?)
        }
        _ => {
            let end = text.iter().position(|byte| *byte == b':');
            let (name, port) = text.split_at_checked(end.unwrap_or(text.len()))?;
            match (name, v4(name)) {
                ([], _) => return None,
                (_, Some(address)) => (Host::Address(address.into()), port),
                _ => (Host::Name(name.to_vec()), port),
            }
        }
    };
    let port = match port {
        [] => None,
        [b':', digits @ ..] => Some(number(digits).filter(|port| *port > 0)?),
        _ => return None,
    };
    Some((host, port))
}

/// Four decimal octets; nginx minds no leading zeros (`ngx_inet_addr`).
fn v4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split(|byte| *byte == b'.');
    for octet in &mut octets {
        *octet = u8::try_from(number(parts.next()?)?).ok()?;
    }
    parts.next().is_none().then(|| octets.into())
}

fn number(digits: &[u8]) -> Option<u16> {
    let decimal = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| decimal)?;
    text.parse().ok()
}

/// A name as it is compared and sent: without the port that may stand at its end
/// (`ngx_http_upstream_ssl_name`).
pub(super) fn without_port(name: &[u8]) -> &[u8] {
    let after_bracket = match name.first() {
        Some(b'[') => name.iter().position(|byte| *byte == b']').unwrap_or(0),
        _ => 0,
    };
    let rest = name.get(after_bracket..).unwrap_or_default();
    let colon = rest.iter().position(|byte| *byte == b':');
    let length = colon.map_or(name.len(), |colon| after_bracket + colon);
    name.get(..length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let text = |text: &str| {
            let (host, port) = parse(text.as_bytes())?;
            Some((host.to_text(), port))
        };
        let some = |host: &str, port| Some((host.to_owned(), port));
        assert_eq!(text("api.example.com"), some("api.example.com", None));
        assert_eq!(text("api:8443"), some("api", Some(8443)));
        assert_eq!(text("192.0.2.07:443"), some("192.0.2.7", Some(443)));
        assert_eq!(text("192.0.2.7.8"), some("192.0.2.7.8", None));
        assert_eq!(text("[::1]:443"), some("[::1]", Some(443)));
        assert_eq!(text("[::1]"), some("[::1]", None));
        assert_eq!(text("unix:/run/a:b"), some("unix:/run/a:b", None));
        for wrong in [
            "", ":443", "a:", "a:0", "a:70000", "a:b", "[::1", "[x]", "[::1]x", "unix:",
        ] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn private_is_what_the_world_cannot_reach() {
        let private = |text: &str| parse(text.as_bytes()).unwrap().0.is_private();
        for yes in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "[::1]",
            "[fd00::1]",
            "[fe80::1]",
            "backend",
            "a.local",
            "a.svc.cluster.local",
            "api.default.svc",
            "api.service.consul",
            "localhost",
            "unix:/a",
            "a.INTERNAL",
            "a.local.",
        ] {
            assert!(private(yes), "{yes}");
        }
        for no in [
            "192.0.2.1",
            "172.32.0.1",
            "100.128.0.1",
            "[2001:db8::1]",
            "a.example.com",
        ] {
            assert!(!private(no), "{no}");
        }
    }

    #[test]
    fn placeholders_are_no_names() {
        let placeholder = |text: &str| parse(text.as_bytes()).unwrap().0.is_placeholder();
        for yes in [
            "<host>:443",
            "${HOST}",
            "<%=",
            "%HOST%",
            "@HOST@",
            "__HOST__",
            "API_HOST_1:443",
        ] {
            assert!(placeholder(yes), "{yes}");
        }
        for no in [
            "SRVAPP01",
            "api_host",
            "Api_Host",
            "1_2",
            "m\u{fc}nchen.example",
            "::1",
            "10.0.0.1",
        ] {
            assert!(
                parse(no.as_bytes()).is_none_or(|(host, _)| !host.is_placeholder()),
                "{no}"
            );
        }
    }

    #[test]
    fn a_port_is_no_part_of_a_name() {
        for (name, wanted) in [
            ("a.example.com:443", "a.example.com"),
            ("a", "a"),
            ("[::1]:443", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(without_port(name.as_bytes()), wanted.as_bytes());
        }
    }
}
