//! nginx's client key could not sign.
//!
//! # What it means
//! The upstream asked for a client certificate and nginx presented it. Then its key had to sign, to prove that
//! the certificate is nginx's own, and did not.
//!
//! # Evidence
//! nginx's certificate went out and its CertificateVerify did not; the library failed in between with an
//! error of its own, not of the TLS protocol.
//!
//! # Why it happens
//! A key that lives in an engine, a provider or a hardware module that is not there in the worker: not
//! loaded, no permission, no session after a fork.
//!
//! # Workaround
//! The library and the reason in the facts say who failed. Load the engine or provider for the workers, or
//! let nginx have the key in a file.
//!
//! # Dead ends
//! The upstream has not seen a signature yet: nothing on its side is at fault.
//!
//! # References
//! OpenSSL ERR_get_error(3); nginx `proxy_ssl_certificate_key`, `ssl_engine`.

use crate::capture::{Direction, EndingKind};
use crate::facts::Facts;
use crate::registry::{Alert, HandshakeType, ERR_LIB_SSL};
use crate::rules::{Confidence, Draft, Evidence, Family, Remedy, Rule};
use crate::text::{quote, Foreign};

pub(crate) static RULE: Rule = Rule {
    name: "client_key_failed",
    family: Family::Local,
    dead_ends: &["proxy_ssl_verify off;", "proxy_ssl_ciphers ...;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let ending = &facts.recording.ending;
    let (library, reason) = facts.library_error()?;
    let messages = &facts.recording.handshake.messages;
    let signed = messages.iter().any(|message| {
        message.from == Direction::Sent
            && HandshakeType(message.kind) == HandshakeType::CERTIFICATE_VERIFY
    });
    let gave_up = matches!(facts.sent(), None | Some(Alert::INTERNAL_ERROR));
    let presented = facts.client_certificate().is_some_and(|own| !own.empty);
    if facts.ending() != EndingKind::Error
        || facts.received().is_some()
        || !gave_up
        || !presented
        || signed
        || library == ERR_LIB_SSL
    {
        return None;
    }
    let own = facts
        .client_certificate()
        .and_then(|own| own.certificate.as_ref());
    let sentence = move || {
        let subject = quote(own.map_or("", |own| own.subject.raw()));
        let text = ending.text.as_ref().map_or("", Foreign::raw);
        let text = quote(text.rsplit(':').next().unwrap_or_default().trim());
        format!(
            "the key of nginx's client certificate {subject} did not sign: library {library}, reason {reason} ({text})"
        )
    };
    Some(Draft::new(
        Confidence::Likely,
        sentence,
        &[Evidence::CertificateSent, Evidence::LibraryFailed],
        Remedy::manual(
            "look at this host: the engine, provider or module that holds the client key, and whether workers may use it",
        ),
    ))
}
