//! What locations of one upstream share: kept connections, and TLS sessions.
//!
//! nginx keeps both by the peer's address and asks for nothing else
//! (`ngx_http_upstream_get_keepalive_peer`, `ngx_http_upstream_set_round_robin_peer_session`): with
//! which name, certificate or trust a connection was made is forgotten.

use crate::nginx_conf::model::{Family, Host, NameKind, Target, UpstreamTls};
use crate::nginx_conf::Directive;

/// Whom nginx trusts, and who it is itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity<'t> {
    /// Where it verifies.
    trust: Option<Trust<'t>>,
    certificate: Option<&'t [u8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trust<'t> {
    file: Option<&'t [u8]>,
    crl: Option<&'t [u8]>,
    depth: u32,
}

impl<'t> Identity<'t> {
    pub(super) fn of(tls: &UpstreamTls<'_, 't>) -> Self {
        let trust = Trust {
            file: tls.trusted_certificate(),
            crl: tls.crl(),
            depth: tls.verify_depth(),
        };
        Self {
            trust: tls.verifies().then_some(trust),
            certificate: tls.certificate(),
        }
    }

    /// What is different, in words.
    pub(super) fn difference(&self, other: &Identity<'_>) -> &'static str {
        match (self.trust, other.trust) {
            _ if self.certificate != other.certificate => "another client certificate",
            (Some(one), Some(other)) if one.file != other.file => "other trusted certificates",
            (Some(one), Some(other)) if one.crl != other.crl => "other revocation lists",
            (Some(_), Some(_)) => "another depth of verification",
            _ => "other verification",
        }
    }
}

/// The name of a connection: sent, and compared.
pub(super) fn name_of(tls: &UpstreamTls<'_, '_>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let compared = tls.verifies().then(|| tls.name().text);
    (tls.sent_name(), compared)
}

/// Every request may have its own.
pub(super) fn name_varies(tls: &UpstreamTls<'_, '_>) -> bool {
    (tls.sends_name() || tls.verifies()) && tls.name().kind == NameKind::Variable
}

/// The `keepalive` of the block that a group passes to, where its connections serve all of it: with
/// `local` (1.29.7) each location has its own.
pub(super) fn keepalive<'t>(group: &[UpstreamTls<'_, 't>]) -> Option<&'t Directive> {
    let first = group.first().filter(|tls| !tls.is_stream())?;
    let Target::Block(block) = first.pass.target else {
        return None;
    };
    let directive = first.model.block(block)?.get("keepalive")?;
    let none = directive.argument(1) == Some(b"0");
    let local = directive.argument(2) == Some(b"local");
    (!none && !local).then_some(directive)
}

/// Whether its connections are kept: HTTP/2 is; HTTP/1.1 where `Connection: close` is not sent.
pub(super) fn keeps_connections(tls: &UpstreamTls<'_, '_>) -> bool {
    match tls.pass.family {
        Family::Grpc => true,
        Family::Uwsgi | Family::Stream => false,
        Family::Proxy => {
            let version = tls.model.nearest(tls.pass.scope, b"proxy_http_version");
            let version = version.and_then(|(_, directive)| directive.argument(1));
            let headers = tls.model.nearest_all(tls.pass.scope, b"proxy_set_header");
            let mut connection = headers.iter().filter(|header| {
                header
                    .argument(1)
                    .is_some_and(|name| name.eq_ignore_ascii_case(b"Connection"))
            });
            let open = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(b"keep-alive");
            matches!(version, Some(b"1.1" | b"2"))
                && connection.any(|header| header.argument(2).is_some_and(open))
        }
    }
}

/// Whether its sessions are kept for others: nginx keeps none for a host it finds with every request.
pub(super) fn shares_sessions(tls: &UpstreamTls<'_, '_>) -> bool {
    let unknown = tls.pass.at_run_time && !matches!(tls.pass.target, Target::Block(_));
    let socket = matches!(tls.pass.target, Target::Host(Host::Socket(_), _));
    tls.reuses_sessions() && !unknown && !socket
}
