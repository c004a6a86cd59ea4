//! The table: a kind and a peer to names of the catalogue, the likeliest first.
//!
//! The order is taken from cases in the field whose cause is known: the most frequent cause comes first.
//! `likely` means that the first is right in at least four of five, `certain` that the code has one meaning
//! only. The verdict on a chain may come from another location, through a session
//! (`verify_result_inherited`), so among those only a date is certain.

use super::{Peer, Reach};
use crate::capture::Module;
use crate::error_log::kind::Kind;
use crate::error_log::openssl::LibraryError;
use crate::rules::Confidence::{self, Certain, Likely, Possible};

/// No name was sent; the wrong one was; a certificate of nginx's own is wanted.
pub(super) const NO_NAME: &str = "sni_missing";
pub(super) const WRONG_NAME: &str = "sni_unrecognized";
pub(super) const CERTIFICATE_WANTED: &str = "client_certificate_required";
/// What is offered does not suit the peer.
const VERSION: &str = "protocol_version_mismatch";
const CIPHER: &str = "cipher_mismatch";

/// Causes, and how sure the first is.
pub(super) type Ranked = (Vec<&'static str>, Confidence);

/// The causes of lines of this kind on connections to such a peer.
pub(super) fn ranked(kind: Kind, peer: &Peer) -> Ranked {
    match kind {
        Kind::Alert(alert) => of_alert(alert, peer),
        Kind::LateAlert(alert) => of_late_alert(alert),
        Kind::NotTls => of_plain_text(peer),
        Kind::Closed => of_end("peer_closed", &[NO_NAME, VERSION, CIPHER, WRONG_NAME], peer),
        Kind::Reset => of_end("peer_reset", &[NO_NAME, WRONG_NAME, VERSION, CIPHER], peer),
        Kind::TimedOut => of_silence(peer),
        Kind::LateClose => (
            vec![
                CERTIFICATE_WANTED,
                "client_certificate_rejected",
                "client_certificate_untrusted",
                "peer_closed",
            ],
            Possible,
        ),
        Kind::Local(error) => of_library(error),
        Kind::Verify(code) => of_verdict(code),
        Kind::NameMismatch(_) => (vec!["certificate_hostname_mismatch", NO_NAME], Likely),
        Kind::OwnCertificate => (vec!["local_error"], Likely),
        Kind::NotHttp2 => (vec!["alpn_mismatch"], Likely),
        Kind::PlainToTls | Kind::Reported => (vec!["unknown"], Possible),
        Kind::UpstreamLog(cause) => (vec![cause], Likely),
    }
}

fn of_alert(alert: u8, peer: &Peer) -> Ranked {
    match alert {
        40 if peer.is_grpc() || peer.is_internal_service() => (
            vec![CERTIFICATE_WANTED, NO_NAME, CIPHER, WRONG_NAME],
            Possible,
        ),
        // Scripts are told the name, as a rule.
        40 if peer.module == Some(Module::Other) => (
            vec![WRONG_NAME, NO_NAME, CERTIFICATE_WANTED, CIPHER],
            Possible,
        ),
        40 => (
            vec![NO_NAME, WRONG_NAME, CERTIFICATE_WANTED, CIPHER],
            Likely,
        ),
        112 => (vec![NO_NAME, WRONG_NAME], Possible),
        80 => (vec![NO_NAME, WRONG_NAME, "peer_internal_error"], Likely),
        47 => (
            vec![NO_NAME, WRONG_NAME, "group_mismatch", "protocol_violation"],
            Possible,
        ),
        70 => (vec![VERSION, NO_NAME], Likely),
        71 => (vec!["insufficient_security", CIPHER, VERSION], Likely),
        86 => (vec!["inappropriate_fallback"], Likely),
        115 => (vec!["session_resumption_rejected"], Likely),
        120 => (vec!["alpn_mismatch"], Likely),
        41 | 42 | 43 | 44 | 45 | 46 | 48 | 49 | 51 | 116 => of_certificate_alert(alert),
        10 => (
            vec!["protocol_violation", "group_mismatch", "plaintext_upstream"],
            Possible,
        ),
        // GnuTLS says so of a certificate that is not there.
        50 => (vec!["protocol_violation", CERTIFICATE_WANTED], Possible),
        20..=22 | 30 | 109 | 110 => (vec!["protocol_violation"], Possible),
        _ => (vec!["handshake_failure_unspecified"], Possible),
    }
}

/// Alerts about the certificate nginx presents, or does not (RFC 8446 section 6.2).
fn of_certificate_alert(alert: u8) -> Ranked {
    const EXPIRED: &str = "client_certificate_expired";
    const UNTRUSTED: &str = "client_certificate_untrusted";
    const REJECTED: &str = "client_certificate_rejected";
    match alert {
        41 | 116 => (vec![CERTIFICATE_WANTED], Likely),
        42 => (
            vec![CERTIFICATE_WANTED, REJECTED, UNTRUSTED, EXPIRED],
            Likely,
        ),
        45 => (vec![EXPIRED, REJECTED], Likely),
        48 => (vec![UNTRUSTED, CERTIFICATE_WANTED, REJECTED], Likely),
        43 | 44 => (vec![REJECTED, UNTRUSTED], Likely),
        51 => (
            vec![REJECTED, "session_resumption_rejected", CERTIFICATE_WANTED],
            Possible,
        ),
        49 => (
            vec![REJECTED, CERTIFICATE_WANTED, "peer_access_denied"],
            Possible,
        ),
        _ => (
            vec![REJECTED, CERTIFICATE_WANTED, UNTRUSTED, EXPIRED],
            Possible,
        ),
    }
}

/// In TLS 1.3 the upstream judges nginx's certificate after nginx has finished.
fn of_late_alert(alert: u8) -> Ranked {
    match alert {
        40 => (
            vec![CERTIFICATE_WANTED, "client_certificate_rejected"],
            Likely,
        ),
        41 | 42 | 43 | 44 | 45 | 46 | 48 | 49 | 51 | 116 => of_certificate_alert(alert),
        80 => (vec!["peer_internal_error", CERTIFICATE_WANTED], Possible),
        120 => (vec!["alpn_mismatch"], Likely),
        _ => (vec!["protocol_violation", CERTIFICATE_WANTED], Possible),
    }
}

fn of_plain_text(peer: &Peer) -> Ranked {
    match peer.port {
        Some(443) => (vec![NO_NAME, "plaintext_upstream"], Possible),
        Some(80) => (vec!["plaintext_upstream"], Likely),
        _ => (vec!["plaintext_upstream", NO_NAME], Likely),
    }
}

/// A peer that ends the connection without a word. `refusals`: in which order such peers mind the offer.
fn of_end(generic: &'static str, refusals: &[&'static str], peer: &Peer) -> Ranked {
    match peer.reach {
        // What listens here may be a tunnel with nothing behind it.
        Reach::Local => (
            vec![generic, NO_NAME, CERTIFICATE_WANTED, VERSION],
            Possible,
        ),
        _ if peer.is_grpc() => (
            vec![CERTIFICATE_WANTED, NO_NAME, WRONG_NAME, generic],
            Possible,
        ),
        _ => {
            let confidence = match peer.port {
                Some(443) => Likely,
                _ => Possible,
            };
            ([refusals, &[CERTIFICATE_WANTED]].concat(), confidence)
        }
    }
}

fn of_silence(peer: &Peer) -> Ranked {
    const GENERIC: &str = "handshake_timeout";
    const LARGE: &str = "client_hello_too_large";
    let names = match (peer.port, peer.reach) {
        (Some(443), _) => vec![NO_NAME, LARGE, GENERIC, "plaintext_upstream"],
        (_, Reach::Local) => vec!["plaintext_upstream", GENERIC, NO_NAME, LARGE],
        _ => vec!["plaintext_upstream", NO_NAME, LARGE, GENERIC],
    };
    (names, Possible)
}

/// Reasons of nginx's own library: most have one meaning.
fn of_library(error: LibraryError) -> Ranked {
    let LibraryError::Ssl(reason) = error else {
        return match error {
            // unknown group; modulus too small.
            LibraryError::Other {
                library: 16,
                reason: 129,
            } => (vec!["group_mismatch"], Certain),
            LibraryError::Other {
                library: 5,
                reason: 126,
            } => (vec!["dh_key_too_small"], Certain),
            LibraryError::Internal => (vec![VERSION, "local_error"], Likely),
            // Engines and providers have numbers from here on.
            LibraryError::Other { library: 128.., .. } => {
                (vec!["client_key_failed", "local_error"], Likely)
            }
            LibraryError::Other { .. } => (vec!["local_error", "client_key_failed"], Possible),
            _ => (vec!["local_error"], Possible),
        };
    };
    match reason {
        338 => (vec!["legacy_renegotiation"], Certain),
        372 | 394 => (vec!["dh_key_too_small"], Certain),
        191 => (vec!["no_protocols_enabled"], Certain),
        161 | 181 | 230 => (vec!["no_ciphers_enabled"], Certain),
        // Of nginx's own certificate: its key, its digest.
        397..=399 => (vec!["local_error"], Certain),
        166 | 254 | 258 | 259 | 266 | 292 | 396 => (vec![VERSION, "protocol_violation"], Likely),
        333 => (vec![VERSION, "signature_algorithm_mismatch"], Likely),
        118 | 368 | 370 | 376 => (vec!["signature_algorithm_mismatch", VERSION], Likely),
        101 | 108 | 295 | 306 | 314 | 315 | 378 | 410 => {
            (vec!["group_mismatch", "protocol_violation"], Likely)
        }
        248 | 261 => (vec![CIPHER, "protocol_violation"], Likely),
        134 => (
            vec![
                "certificate_issuer_unknown",
                "certificate_expired",
                "certificate_hostname_mismatch",
            ],
            Possible,
        ),
        _ => (vec!["protocol_violation", "local_error"], Possible),
    }
}

/// `X509_V_ERR_*`. With the default depth of 1 a chain that is too long looks as one whose issuer is not
/// known.
fn of_verdict(code: u16) -> Ranked {
    const TOO_LONG: &str = "certificate_chain_too_long";
    const UNKNOWN: &str = "certificate_issuer_unknown";
    const INCOMPLETE: &str = "certificate_chain_incomplete";
    const INHERITED: &str = "verify_result_inherited";
    match code {
        20 => (vec![TOO_LONG, UNKNOWN, INCOMPLETE, INHERITED], Possible),
        21 => (vec![INCOMPLETE, UNKNOWN, TOO_LONG, INHERITED], Possible),
        2 => (vec![UNKNOWN, TOO_LONG, INCOMPLETE, INHERITED], Possible),
        22 => (vec![TOO_LONG, INHERITED], Likely),
        18 => (vec!["certificate_self_signed", INHERITED], Likely),
        19 => (vec![UNKNOWN, INHERITED], Likely),
        10 => (vec!["certificate_expired"], Certain),
        9 => (vec!["certificate_not_yet_valid"], Likely),
        23 => (vec!["certificate_revoked"], Likely),
        3 | 33 => (vec!["crl_unavailable", INHERITED], Likely),
        11 | 12 => (vec!["crl_expired", INHERITED], Likely),
        26 => (vec!["certificate_purpose_mismatch"], Likely),
        62 => (vec!["certificate_hostname_mismatch"], Likely),
        66..=68 => (vec!["certificate_too_weak"], Likely),
        _ => (vec!["certificate_invalid"], Possible),
    }
}
