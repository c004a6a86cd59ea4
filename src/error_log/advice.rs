//! What to do about a cause of which only the name is known.
//!
//! A rule fills its advice with what it saw in the handshake; here are constants and placeholders only.

use crate::capture::Module;
use crate::rules::Security;

/// What to write and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Advice {
    /// Directives without their module's prefix and semicolon.
    pub(super) settings: &'static [&'static str],
    /// Under which condition they are right, after "only if".
    pub(super) condition: Option<&'static str>,
    /// What else must be done, or what must be done where there is nothing to paste.
    pub(super) action: Option<&'static str>,
    /// What the directives, or without them the action, do to security.
    pub(super) security: Security,
}

const NOTHING: Advice = Advice {
    settings: &[],
    condition: None,
    action: None,
    security: Security::Neutral,
};

const fn paste(settings: &'static [&'static str]) -> Advice {
    Advice {
        settings,
        ..NOTHING
    }
}

const fn act(action: &'static str) -> Advice {
    Advice {
        action: Some(action),
        ..NOTHING
    }
}

impl Advice {
    const fn and(self, action: &'static str) -> Self {
        Self {
            action: Some(action),
            ..self
        }
    }

    const fn only_if(self, condition: &'static str) -> Self {
        Self {
            condition: Some(condition),
            security: Security::ChangesTrust,
            ..self
        }
    }

    const fn weakens(self) -> Self {
        Self {
            security: Security::Weakens,
            ..self
        }
    }
}

const CLIENT_CERTIFICATE: &[&str] = &[
    "certificate </path/to/client.crt>",
    "certificate_key </path/to/client.key>",
];
const VERSIONS: &[&str] = &["protocols TLSv1.2 TLSv1.3"];
/// A condition that only nginx.conf decides.
pub(super) const NAME_TOO: &str =
    "where proxy_pass names an upstream block or an address, proxy_ssl_name <host>; too";
const ASK_THE_UPSTREAM: Advice = act("look at the upstream's log");
const COMMAND: &str =
    "nginx 1.19.4 or newer; the line takes the place of conf_command lines inherited there";

/// What helps against a cause of the catalogue.
pub(super) fn advise(name: &str, module: Option<Module>) -> Advice {
    match name {
        "sni_missing" => paste(&["server_name on"]).and(NAME_TOO),
        "sni_unrecognized" => paste(&["name <host-name-of-the-upstream>"]),
        "client_certificate_required" => paste(CLIENT_CERTIFICATE),
        "client_certificate_untrusted" => paste(CLIENT_CERTIFICATE)
            .and("use a certificate of an authority the upstream accepts, its intermediates in the same file"),
        "client_certificate_expired" => act("renew the client certificate and reload nginx, which reads it only then"),
        "client_certificate_rejected" => act("the upstream's log says which check of the client certificate failed"),
        "client_certificate_unusable" => {
            act("nginx needs a client certificate with a key of a kind the upstream takes")
        }
        "client_key_failed" => act(
            "look at this host: the engine, provider or module that holds the client key, and whether workers may use it",
        ),
        "misdirected_request" => paste(&["name <host-that-nginx-sends-as-Host>"])
            .and("Host and SNI must be one name"),
        "session_identity_mismatch" => {
            paste(&["session_reuse off"]).and("or use one upstream block for each name")
        }
        "protocol_version_mismatch" => paste(VERSIONS).and("an upstream that has only older versions must be upgraded"),
        "no_protocols_enabled" => paste(VERSIONS)
            .and("where it stays so, a MinProtocol or MaxProtocol in openssl.cnf excludes both versions"),
        "inappropriate_fallback" => paste(VERSIONS),
        "insufficient_security" => paste(VERSIONS).and("the upstream's log says what it finds too weak"),
        "no_ciphers_enabled" => paste(&["protocols TLSv1.2 TLSv1.3", "ciphers HIGH:!aNULL:!MD5"]),
        "cipher_mismatch" => paste(&["ciphers HIGH:!aNULL:!MD5"])
            .and("the list must hold a suite the upstream has, for a certificate such as it has"),
        "group_mismatch" => paste(&["conf_command Groups X25519:P-256:P-384"]).and(COMMAND),
        "signature_algorithm_mismatch" => act("the upstream must sign with an algorithm of the offer that fits its key"),
        "dh_key_too_small" => paste(&["ciphers HIGH:!aNULL:!MD5:!kDHE"])
            .and("the upstream needs ECDHE suites, or DH parameters of 2048 bits or more"),
        "legacy_renegotiation" => paste(&["conf_command Options UnsafeLegacyServerConnect"])
            .and("the upstream needs TLS code with RFC 5746 (secure renegotiation); the fix is for the meantime")
            .weakens(),
        "alpn_mismatch" => match module {
            Some(Module::Stream) => paste(&["alpn <protocol-of-the-upstream>"]).and("nginx 1.31 or newer"),
            Some(Module::Grpc) => act("enable HTTP/2 (ALPN h2) on the upstream's port, or use proxy_pass if it is no gRPC server"),
            _ => act("let the upstream accept clients without ALPN, or point proxy_pass at its HTTP/1.1 port"),
        },
        "verify_result_inherited" | "session_resumption_rejected" => paste(&["session_reuse off"]),
        "trust_store_empty" | "certificate_issuer_unknown" => paste(&["trusted_certificate </path/to/ca.crt>"])
            .only_if("it is the CA of this upstream, compared out of band"),
        "certificate_self_signed" => paste(&["trusted_certificate </path/to/upstream.crt>"])
            .only_if("it is the upstream's certificate, compared out of band"),
        "certificate_chain_too_long" => paste(&["verify_depth 4"]),
        "certificate_chain_incomplete" => act("the upstream must send its intermediate certificate after its own"),
        "certificate_expired" => act("the upstream must renew its certificate and load it"),
        "certificate_not_yet_valid" => act("check the clock of this host, else the upstream must present a valid certificate"),
        "certificate_hostname_mismatch" => paste(&["name <name-in-the-upstream-certificate>"])
            .only_if("that is the host you mean"),
        "certificate_purpose_mismatch" => act("the upstream must present a certificate with the serverAuth purpose"),
        "certificate_too_weak" => act("the upstream must have its certificate issued again with a stronger key and digest"),
        "certificate_revoked" => act("the upstream must present a certificate that is not revoked"),
        "certificate_invalid" => act("the upstream must present a chain that verifies"),
        "crl_unavailable" => paste(&["crl </path/to/crls-of-every-issuer.pem>"]),
        "crl_expired" => act("fetch the current CRL of that issuer and reload nginx"),
        "plaintext_upstream" => act(plaintext(module)).weakens(),
        "client_hello_too_large" => paste(&["conf_command Groups X25519:P-256"]).and(COMMAND),
        "handshake_timeout" => act("see from this host with tlsdiag probe who does not answer: the upstream, or a middlebox"),
        "peer_closed" | "peer_reset" => act("see whether anything listens behind that address, and what the upstream's log says"),
        "peer_access_denied" => act("the upstream must allow this server's address: look at its access control"),
        "local_error" => act("look at this host: memory, random source, OpenSSL configuration, client key"),
        "protocol_violation" => act("compare with tlsdiag probe from this host: a middlebox, or a fault of the TLS software"),
        _ => ASK_THE_UPSTREAM,
    }
}

/// Without TLS, in the words of the family.
const fn plaintext(module: Option<Module>) -> &'static str {
    match module {
        Some(Module::Grpc) => "point grpc_pass at the upstream's TLS port, or at grpc:// if this path is trusted: no encryption and no verification then",
        Some(Module::Uwsgi) => "point uwsgi_pass at the upstream's TLS port, or at uwsgi:// if this path is trusted: no encryption and no verification then",
        Some(Module::Stream) => "point proxy_pass at the upstream's TLS port, or write proxy_ssl off; if this path is trusted: no encryption and no verification then",
        _ => "point proxy_pass at the upstream's TLS port, or at http:// if this path is trusted: no encryption and no verification then",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::CATALOGUE;

    #[test]
    fn there_is_advice_on_every_cause() {
        for rule in CATALOGUE {
            let advice = advise(rule.name, Some(Module::Proxy));
            let nothing_known = matches!(
                rule.name,
                "unknown" | "handshake_failure_unspecified" | "peer_internal_error"
            );
            assert_eq!(advice == ASK_THE_UPSTREAM, nothing_known, "{}", rule.name);
            assert!(
                !advice.settings.is_empty() || advice.action.is_some(),
                "{}",
                rule.name
            );
        }
    }

    #[test]
    fn plain_text_is_written_as_the_family_does() {
        for (module, wanted) in [
            (None, "http://"),
            (Some(Module::Proxy), "http://"),
            (Some(Module::Grpc), "grpc://"),
            (Some(Module::Uwsgi), "uwsgi://"),
            (Some(Module::Stream), "proxy_ssl off;"),
        ] {
            let action = advise("plaintext_upstream", module).action.unwrap();
            assert!(action.contains(wanted), "{action}");
            assert_eq!(action.contains("http://"), wanted == "http://", "{action}");
        }
    }

    #[test]
    fn nobody_is_told_to_switch_verification_off() {
        for rule in CATALOGUE {
            for module in [Module::Proxy, Module::Grpc, Module::Stream] {
                let advice = advise(rule.name, Some(module));
                let texts = advice.settings.iter().chain(&advice.action);
                for text in texts {
                    assert!(!text.contains("verify off"), "{text}");
                }
                let trusts = advice.settings.iter().any(|one| one.starts_with("trusted"));
                assert!(!trusts || advice.condition.is_some(), "{}", rule.name);
            }
        }
    }
}
