//! The `ssl` object of a peer exactly as in NGINX Plus' API, for the tools that read that.

use serde::Serialize;

use crate::counters::Peer;
use crate::rules::Family;

#[derive(Serialize, Debug, PartialEq, Eq)]
pub(super) struct Ssl {
    /// Successful ones, as there.
    handshakes: u64,
    handshakes_failed: u64,
    session_reuses: u64,
    no_common_protocol: u64,
    handshake_timeout: u64,
    peer_rejected_cert: u64,
    verify_failures: VerifyFailures,
}

#[derive(Serialize, Debug, PartialEq, Eq)]
struct VerifyFailures {
    expired_cert: u64,
    revoked_cert: u64,
    hostname_mismatch: u64,
    other: u64,
}

impl Ssl {
    pub(super) fn of(peer: &Peer) -> Self {
        let mut ssl = Self {
            handshakes: peer.handshakes,
            handshakes_failed: peer.failed().saturating_sub(peer.refused),
            session_reuses: peer.session_reuses,
            no_common_protocol: 0,
            handshake_timeout: 0,
            peer_rejected_cert: 0,
            verify_failures: VerifyFailures {
                expired_cert: 0,
                revoked_cert: 0,
                hostname_mismatch: 0,
                other: 0,
            },
        };
        for (rule, count) in peer.reasons() {
            let verify = &mut ssl.verify_failures;
            let class = match rule.name {
                "protocol_version_mismatch" => &mut ssl.no_common_protocol,
                "handshake_timeout" => &mut ssl.handshake_timeout,
                "client_certificate_expired"
                | "client_certificate_untrusted"
                | "client_certificate_rejected" => &mut ssl.peer_rejected_cert,
                "certificate_expired" | "certificate_not_yet_valid" => &mut verify.expired_cert,
                "certificate_revoked" => &mut verify.revoked_cert,
                "certificate_hostname_mismatch" => &mut verify.hostname_mismatch,
                _ if rule.family == Family::Certificate => &mut verify.other,
                // Only among all that failed.
                _ => continue,
            };
            *class += count;
        }
        ssl
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::{reason, REASONS};

    #[test]
    fn every_diagnosis_falls_into_its_class() {
        let mut peer = Peer {
            handshakes: 70,
            session_reuses: 7,
            ..Peer::default()
        };
        for count in &mut peer.failures {
            *count = 1;
        }
        peer.refused = 3;
        let ssl = serde_json::to_value(Ssl::of(&peer)).unwrap();
        let certificate = crate::rules::CATALOGUE
            .iter()
            .filter(|rule| rule.family == Family::Certificate);
        let expected = serde_json::json!({
            "handshakes": 70, "handshakes_failed": REASONS - 3, "session_reuses": 7,
            "no_common_protocol": 1, "handshake_timeout": 1, "peer_rejected_cert": 3,
            "verify_failures": {
                "expired_cert": 2, "revoked_cert": 1, "hostname_mismatch": 1,
                "other": certificate.count() - 4,
            },
        });
        assert_eq!(ssl, expected);
        assert!(reason("certificate_revoked").is_some());
    }
}
