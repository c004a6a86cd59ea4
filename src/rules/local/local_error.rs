//! The failure is on nginx's own side.
//!
//! # What it means
//! OpenSSL could not do its part: sign with the key it was given, find random bytes, load an algorithm,
//! get memory. The upstream did nothing wrong.
//!
//! # Evidence
//! An error of the library with no alert received, and an internal_error(80) sent or nothing sent and
//! nothing received. `ee key too small` and `ca md too weak` in a handshake are about nginx's client
//! certificate: the upstream's is judged by its verification.
//!
//! # Why it happens
//! A security level above the client certificate's strength, a provider or engine that is not there in the
//! worker, a worker without memory.
//!
//! # Workaround
//! OpenSSL's error in nginx's own line names the reason, which lies on this host.
//!
//! # Dead ends
//! Nothing the upstream changes helps.
//!
//! # References
//! OpenSSL ERR_get_error(3), SSL_CTX_set_security_level(3).

use crate::capture::EndingKind;
use crate::facts::Facts;
use crate::registry::{Alert, SslReason};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};
use crate::text::{quote, Foreign};

/// SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK, SSL_R_EE_KEY_TOO_SMALL.
const OWN_CERTIFICATE_WEAK: [SslReason; 3] = [
    SslReason::CA_KEY_TOO_SMALL,
    SslReason::CA_MD_TOO_WEAK,
    SslReason::EE_KEY_TOO_SMALL,
];

pub(crate) static RULE: Rule = Rule {
    name: "local_error",
    family: Family::Local,
    dead_ends: &["proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let ending = &facts.recording.ending;
    if facts.ending() != EndingKind::Error || ending.code.is_none() || facts.received().is_some() {
        return None;
    }
    let weak = facts
        .ssl_reason()
        .is_some_and(|reason| OWN_CERTIFICATE_WEAK.contains(&reason));
    let gave_up = facts.sent() == Some(Alert::INTERNAL_ERROR);
    let alone = facts.alert.is_none() && facts.recording.handshake.bytes_received == 0;
    if !(weak || gave_up || alone) {
        return None;
    }
    let sentence = move || {
        let text = ending.text.as_ref().map_or("", Foreign::raw);
        let reason = quote(text.rsplit(':').next().unwrap_or_default().trim());
        match weak {
            true => {
                format!("nginx's own client certificate is below its security level ({reason})")
            }
            false => format!(
                "nginx's own TLS library failed {} ({reason})",
                facts.phase.describe()
            ),
        }
    };
    let (confidence, action) = if weak {
        (
            Confidence::Certain,
            "use a client certificate with a stronger key or digest, or a lower @SECLEVEL for it",
        )
    } else {
        (
            Confidence::Likely,
            "look at this host: memory, random source, OpenSSL configuration, client key",
        )
    };
    let mut evidence = vec![Evidence::LibraryFailed];
    if gave_up {
        evidence.push(Evidence::AlertSent);
    }
    Some(Draft::new(
        confidence,
        sentence,
        &evidence,
        Remedy::manual(action),
    ))
}
