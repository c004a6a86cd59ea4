//! Where to connect to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use crate::cli::output::about;

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// A name or an address, an IPv6 address without brackets.
    host: String,
    port: u16,
}

impl Target {
    /// `HOST:PORT`, an IPv6 address in brackets; `None` for anything else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let host = match host.strip_prefix('[') {
            Some(rest) => {
                let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
                address.to_string()
            }
            None if host.is_empty() || host.contains([':', '/']) => return None,
            None => host.to_owned(),
        };
        Some(Self { host, port })
    }

    /// The host as it stands in a `proxy_pass`.
    pub(super) fn host(&self) -> String {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => self.host.clone(),
        }
    }

    /// The first address, all, or the one that the user wants. Names are resolved once.
    pub(super) fn addresses(
        &self,
        wanted: Option<IpAddr>,
        all: bool,
    ) -> io::Result<Vec<SocketAddr>> {
        if let Some(address) = wanted {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let mut found: Vec<_> = found.map_err(|error| about(&self.host, error))?.collect();
        found.dedup();
        if found.is_empty() {
            return Err(about(&self.host, "has no address"));
        }
        if !all {
            found.truncate(1);
        }
        Ok(found)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host(), self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_ports() {
        let text = |text: &str| Target::read(text).map(|target| target.to_string());
        for good in ["a.example:443", "192.0.2.1:8443", "[2001:db8::1]:443"] {
            assert_eq!(text(good).as_deref(), Some(good));
        }
        for bad in [
            "a",
            ":443",
            "a:0",
            "a:70000",
            "a:b",
            "::1:443",
            "[::1]",
            "https://a:443",
            "[x]:1",
        ] {
            assert_eq!(text(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_is_not_looked_up() {
        let target = Target::read("no.such.host.invalid:443").unwrap();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let found = target.addresses(Some(address), false).unwrap();
        assert_eq!(found, ["192.0.2.1:443".parse().unwrap()]);
        let v6 = Target::read("[::1]:443")
            .unwrap()
            .addresses(None, true)
            .unwrap();
        assert_eq!(v6, ["[::1]:443".parse().unwrap()]);
    }
}
