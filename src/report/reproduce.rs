//! The command that repeats nginx's handshake by hand.

use crate::facts::{is_dns_name, Facts};
use crate::registry::ProtocolVersion;

/// An offer of this many suites or fewer is spelled out.
const FEW: usize = 8;

/// `openssl s_client ...` with nginx's peer, name and offer; nothing in it needs quoting, because
/// what would is left out. `None` when the peer's address is unknown or cannot be written plainly.
pub(super) fn command(facts: &Facts<'_>) -> Option<String> {
    let peer = facts.recording.context.peer.as_deref()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./:[]_-".contains(&byte);
    if !peer.bytes().all(plain) {
        return None;
    }
    let mut command = match peer.strip_prefix("unix:") {
        Some(path) => format!("openssl s_client -unix {path}"),
        None => format!("openssl s_client -connect {peer}"),
    };
    match facts.name.sent.as_deref() {
        Some(name) if is_dns_name(name) => command.push_str(&format!(" -servername {name}")),
        Some(_) => {}
        None => command.push_str(" -noservername"),
    }
    if let Some(offered) = &facts.offered {
        match offered.versions().as_slice() {
            [ProtocolVersion::TLS1_3] => command.push_str(" -tls1_3"),
            [ProtocolVersion::TLS1_2] => command.push_str(" -tls1_2"),
            _ => {}
        }
        let suites = offered.ciphers().iter().filter(|suite| !suite.is_tls13());
        let names: Vec<_> = suites.map(|suite| suite.openssl_name()).collect();
        if let (Some(names), 1..=FEW) = (names.iter().copied().collect(), names.len()) {
            let names: Vec<&str> = names;
            command.push_str(&format!(" -cipher {}", names.join(":")));
        }
        let protocols = offered.alpn();
        if !protocols.is_empty() && protocols.iter().all(|one| one.bytes().all(plain)) {
            command.push_str(&format!(" -alpn {}", protocols.join(",")));
        }
    }
    command.push_str(" -showcerts");
    Some(command)
}
