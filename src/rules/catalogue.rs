//! The catalogue: one static slice. Among findings of the same confidence its order decides, so the specific
//! stand before the general.

use super::Draft;
use super::{
    certificate, client_certificate, local, parameters, peer, server_name, transport, unknown,
    version,
};
use crate::facts::Facts;

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
    pub evaluate: for<'f> fn(&'f Facts<'_>) -> Option<Draft<'f>>,
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
    server_name { sni_missing, sni_unrecognized, misdirected_request }
    transport { session_identity_mismatch }
    client_certificate {
        client_certificate_unusable,
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
    local { client_key_failed, local_error }
    peer { protocol_violation }
    unknown { unknown }
}
