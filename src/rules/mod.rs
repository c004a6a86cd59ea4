//! The catalogue: one diagnosis a file, one static ordered slice.
//!
//! A rule looks at the facts and either declines or answers with a [`Finding`]. It does not know
//! the other rules: ranking is `diagnose`'s work. Among findings of the same confidence the order of
//! [`CATALOGUE`] decides, so what is specific stands before what is general.

mod certificate;
mod client_certificate;
mod directive;
mod finding;
mod local;
mod parameters;
mod peer;
mod server_name;
mod transport;
mod unknown;
mod version;

pub use directive::Directive;
pub use finding::{Applicability, Confidence, Finding, Remedy, Security};

use directive::Setting;

use crate::capture::AlertSeen;
use crate::facts::Facts;
use crate::registry::Alert;

/// Which part of the handshake a diagnosis is about; the folder of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Server name indication.
    ServerName,
    /// Protocol versions.
    Version,
    /// Ciphers, groups, signatures and other negotiated parameters.
    Parameters,
    /// The certificate nginx presents.
    ClientCertificate,
    /// The upstream's certificate.
    Certificate,
    /// What carries the handshake.
    Transport,
    /// The upstream gave up for reasons of its own.
    Peer,
    /// nginx or its library gave up.
    Local,
    /// Nothing decides.
    Unknown,
}

impl Family {
    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerName => "server_name",
            Self::Version => "version",
            Self::Parameters => "parameters",
            Self::ClientCertificate => "client_certificate",
            Self::Certificate => "certificate",
            Self::Transport => "transport",
            Self::Peer => "peer",
            Self::Local => "local",
            Self::Unknown => "unknown",
        }
    }
}

/// One diagnosis of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its name: a public contract, never renamed or reused.
    pub name: &'static str,
    /// Its family.
    pub family: Family,
    /// What people try for this one and what does not help: directives, or short phrases.
    pub dead_ends: &'static [&'static str],
    /// Looks at the facts.
    pub evaluate: fn(&Facts<'_>) -> Option<Finding>,
}

macro_rules! catalogue {
    ($($family:ident { $($rule:ident),+ $(,)? })+) => {
        /// Every diagnosis, specific before general.
        pub static CATALOGUE: &[&Rule] = &[$($(&$family::$rule::RULE,)+)+];

        /// The source of every rule: its doc comment is the explanation.
        #[cfg(feature = "cli")]
        pub static SOURCES: &[(&str, &str)] = &[$($(
            (stringify!($rule), include_str!(concat!(
                stringify!($family), "/", stringify!($rule), ".rs"
            ))),
        )+)+];
    };
}

catalogue! {
    server_name { sni_missing, sni_unrecognized }
    client_certificate {
        client_certificate_expired,
        client_certificate_untrusted,
        client_certificate_rejected,
        client_certificate_required,
    }
    version { protocol_version_mismatch, no_protocols_enabled, inappropriate_fallback }
    parameters {
        no_ciphers_enabled,
        group_mismatch,
        cipher_mismatch,
        signature_algorithm_mismatch,
        dh_key_too_small,
        legacy_renegotiation,
        alpn_mismatch,
    }
    certificate {
        verify_result_inherited,
        trust_store_empty,
        certificate_chain_too_long,
        certificate_revoked,
        certificate_expired,
        certificate_not_yet_valid,
        certificate_hostname_mismatch,
        certificate_self_signed,
        certificate_purpose_mismatch,
        certificate_too_weak,
        certificate_chain_incomplete,
        certificate_issuer_unknown,
        crl_unavailable,
        crl_expired,
        certificate_invalid,
    }
    transport {
        plaintext_upstream,
        session_resumption_rejected,
        client_hello_too_large,
        handshake_timeout,
        peer_closed,
        peer_reset,
    }
    peer {
        insufficient_security,
        peer_access_denied,
        peer_internal_error,
        handshake_failure_unspecified,
    }
    local { local_error }
    peer { protocol_violation }
    unknown { unknown }
}

/// An alert as a sentence quotes it: `handshake_failure(40)`.
fn told(alert: AlertSeen) -> String {
    format!("{}({})", Alert(alert.code), alert.code)
}

/// A `*_ssl_conf_command` with a list, or where the same stands without that directive. `name` is
/// `conf_command` and OpenSSL's command.
fn command(facts: &Facts<'_>, name: &'static str, list: &[&'static str]) -> Remedy {
    let setting = Setting::list(name, list, ":");
    match facts.has_conf_command() {
        true => Remedy::paste(facts, [setting]).with_action(
            "it takes the place of conf_command lines inherited here: repeat those still wanted",
        ),
        false => Remedy::manual(format!(
            "set {} in the openssl.cnf that nginx reads: this nginx has no directive for it",
            setting.text().trim_start_matches("conf_command ")
        )),
    }
}

/// A finding, at the place among the others that its evidence gives it.
pub fn place(facts: &Facts<'_>, finding: Finding) -> Finding {
    certificate::place(facts, finding)
}

/// The answer that comes first, no surer than what is known of the certificate it rests on.
pub fn temper(facts: &Facts<'_>, finding: Finding) -> Finding {
    certificate::temper(facts, finding)
}

/// The answer when every rule declined.
pub fn fallback(facts: &Facts<'_>) -> (&'static Rule, Finding) {
    (&unknown::unknown::RULE, unknown::unknown::finding(facts))
}

/// Evidence codes; a contract, listed in the schema.
pub mod because {
    /// No server_name extension was sent.
    pub const NO_SERVER_NAME_SENT: &str = "no_server_name_sent";
    /// nginx had a DNS name it could have sent.
    pub const DNS_NAME_TO_HAND: &str = "dns_name_to_hand";
    /// The configured host is the name of an upstream block.
    pub const NAME_IS_UPSTREAM_BLOCK: &str = "name_is_upstream_block";
    /// The name sent carries a port or a scheme.
    pub const NAME_IS_NO_HOST: &str = "name_is_no_host";
    /// The name sent differs from the configured host.
    pub const NAME_DIFFERS_FROM_HOST: &str = "name_differs_from_host";
    /// A server_name was sent and nothing is odd about it.
    pub const SERVER_NAME_SETTLED: &str = "server_name_settled";
    /// Nothing of the peer's hello came.
    pub const NO_SERVER_HELLO: &str = "no_server_hello";
    /// An alert of the peer decided.
    pub const ALERT_RECEIVED: &str = "alert_received";
    /// An alert of ours decided.
    pub const ALERT_SENT: &str = "alert_sent";
    /// The alert has only this meaning.
    pub const ALERT_IS_SPECIFIC: &str = "alert_is_specific";
    /// The peer closed the connection.
    pub const PEER_CLOSED: &str = "peer_closed";
    /// The connection was reset.
    pub const PEER_RESET: &str = "peer_reset";
    /// The peer stayed silent.
    pub const PEER_SILENT: &str = "peer_silent";
    /// The versions offered do not include the one chosen or needed.
    pub const VERSION_NOT_OFFERED: &str = "version_not_offered";
    /// Only part of the versions this library has was offered.
    pub const VERSIONS_LIMITED: &str = "versions_limited";
    /// The version chosen does not exist.
    pub const VERSION_DOES_NOT_EXIST: &str = "version_does_not_exist";
    /// The suite chosen is none of those offered.
    pub const CIPHER_NOT_OFFERED: &str = "cipher_not_offered";
    /// Whole cipher families are missing from the offer.
    pub const CIPHER_LIST_NARROW: &str = "cipher_list_narrow";
    /// Our hello carries TLS_FALLBACK_SCSV.
    pub const FALLBACK_SIGNALLED: &str = "fallback_signalled";
    /// Groups that most servers rely on are missing from the offer.
    pub const GROUP_LIST_NARROW: &str = "group_list_narrow";
    /// The group the peer chose was not offered.
    pub const GROUP_NOT_OFFERED: &str = "group_not_offered";
    /// The peer gave up after its HelloRetryRequest.
    pub const HELLO_RETRY_FAILED: &str = "hello_retry_failed";
    /// Signature algorithms that most servers rely on are missing from the offer.
    pub const SIGNATURE_LIST_NARROW: &str = "signature_list_narrow";
    /// The peer signed with an algorithm that was not offered.
    pub const SIGNATURE_NOT_OFFERED: &str = "signature_not_offered";
    /// Application protocols were offered.
    pub const ALPN_OFFERED: &str = "alpn_offered";
    /// No application protocol was offered.
    pub const NO_ALPN_OFFERED: &str = "no_alpn_offered";
    /// The library's own reason has only this meaning.
    pub const LIBRARY_REASON_IS_SPECIFIC: &str = "library_reason_is_specific";
    /// The peer asked for a client certificate.
    pub const CERTIFICATE_REQUESTED: &str = "certificate_requested";
    /// nginx answered with an empty Certificate.
    pub const NO_CERTIFICATE_SENT: &str = "no_certificate_sent";
    /// nginx sent its client certificate.
    pub const CERTIFICATE_SENT: &str = "certificate_sent";
    /// Our certificate's own dates exclude today.
    pub const OWN_CERTIFICATE_OUT_OF_DATE: &str = "own_certificate_out_of_date";
    /// Our issuer is not among the names the peer listed.
    pub const ISSUER_NOT_LISTED: &str = "issuer_not_listed";
    /// Our issuer is among the names the peer listed.
    pub const ISSUER_LISTED: &str = "issuer_listed";
    /// It came after our side had finished.
    pub const AFTER_HANDSHAKE: &str = "after_handshake";
    /// The first bytes are no TLS record.
    pub const NOT_A_TLS_RECORD: &str = "not_a_tls_record";
    /// nginx's verification failed.
    pub const VERIFICATION_FAILED: &str = "verification_failed";
    /// The same chain was verified again and fails the same way.
    pub const VERIFIED_AGAIN: &str = "verified_again";
    /// The same chain verifies freshly.
    pub const FRESH_VERIFICATION_SUCCEEDS: &str = "fresh_verification_succeeds";
    /// The session was resumed.
    pub const SESSION_RESUMED: &str = "session_resumed";
    /// The same chain verifies with a larger depth.
    pub const LARGER_DEPTH_VERIFIES: &str = "larger_depth_verifies";
    /// The issuer was not sent.
    pub const ISSUER_NOT_SENT: &str = "issuer_not_sent";
    /// The issuer is not in the trusted file.
    pub const ISSUER_NOT_TRUSTED: &str = "issuer_not_trusted";
    /// The certificate says where its issuer's certificate is.
    pub const ISSUER_URL_PRESENT: &str = "issuer_url_present";
    /// The chain ends in a root that was sent and is not trusted.
    pub const ROOT_NOT_TRUSTED: &str = "root_not_trusted";
    /// None of the names presented matches.
    pub const NAME_NOT_PRESENTED: &str = "name_not_presented";
    /// The address is presented as an IP SAN, which nginx does not compare.
    pub const IP_SAN_NOT_COMPARED: &str = "ip_san_not_compared";
    /// A session of an earlier handshake was offered.
    pub const SESSION_OFFERED: &str = "session_offered";
    /// The ClientHello takes more than one TCP segment.
    pub const CLIENT_HELLO_LARGE: &str = "client_hello_large";
    /// The library stopped at the peer's bytes.
    pub const NOT_READABLE: &str = "not_readable";
    /// nginx's own library failed.
    pub const LIBRARY_FAILED: &str = "library_failed";
    /// The trust store holds no certificate.
    pub const STORE_EMPTY: &str = "store_empty";
    /// Nothing seen decides between several causes.
    pub const NOTHING_DECIDES: &str = "nothing_decides";

    /// All of them, for the schema.
    pub const ALL: &[&str] = &[
        NO_SERVER_NAME_SENT,
        DNS_NAME_TO_HAND,
        NAME_IS_UPSTREAM_BLOCK,
        NAME_IS_NO_HOST,
        NAME_DIFFERS_FROM_HOST,
        SERVER_NAME_SETTLED,
        NO_SERVER_HELLO,
        ALERT_RECEIVED,
        ALERT_SENT,
        ALERT_IS_SPECIFIC,
        PEER_CLOSED,
        PEER_RESET,
        PEER_SILENT,
        VERSION_NOT_OFFERED,
        VERSIONS_LIMITED,
        VERSION_DOES_NOT_EXIST,
        CIPHER_NOT_OFFERED,
        CIPHER_LIST_NARROW,
        FALLBACK_SIGNALLED,
        GROUP_LIST_NARROW,
        GROUP_NOT_OFFERED,
        HELLO_RETRY_FAILED,
        SIGNATURE_LIST_NARROW,
        SIGNATURE_NOT_OFFERED,
        ALPN_OFFERED,
        NO_ALPN_OFFERED,
        LIBRARY_REASON_IS_SPECIFIC,
        CERTIFICATE_REQUESTED,
        NO_CERTIFICATE_SENT,
        CERTIFICATE_SENT,
        OWN_CERTIFICATE_OUT_OF_DATE,
        ISSUER_NOT_LISTED,
        ISSUER_LISTED,
        AFTER_HANDSHAKE,
        NOT_A_TLS_RECORD,
        VERIFICATION_FAILED,
        VERIFIED_AGAIN,
        FRESH_VERIFICATION_SUCCEEDS,
        SESSION_RESUMED,
        LARGER_DEPTH_VERIFIES,
        ISSUER_NOT_SENT,
        ISSUER_NOT_TRUSTED,
        ISSUER_URL_PRESENT,
        ROOT_NOT_TRUSTED,
        NAME_NOT_PRESENTED,
        IP_SAN_NOT_COMPARED,
        SESSION_OFFERED,
        CLIENT_HELLO_LARGE,
        NOT_READABLE,
        LIBRARY_FAILED,
        STORE_EMPTY,
        NOTHING_DECIDES,
    ];
}
