//! The ClientHello is larger than the server or a device on the path accepts.
//!
//! # What it means
//! With a post-quantum key share a ClientHello does not fit into one TCP segment any more. Servers and
//! middleboxes that read it with one call see half of it.
//!
//! # Evidence
//! A ClientHello above 1400 bytes with a post-quantum key share, and a reset before any answer: a
//! program that closes with bytes unread makes TCP send one. After a close or a silence it is one of the
//! alternatives.
//!
//! # Why it happens
//! OpenSSL 3.5 and newer offer X25519MLKEM768 with a key share by default.
//!
//! # Workaround
//! `proxy_ssl_conf_command Groups X25519:P-256:X25519MLKEM768;` sends the key share of the first group
//! only, which makes the hello small again; the post-quantum group is still offered. The program that
//! fails must be repaired: larger hellos are here to stay.
//!
//! # Dead ends
//! Fewer ciphers or versions save too few bytes.
//!
//! # References
//! RFC 8446 section 4.2.8; draft-ietf-tls-ecdhe-mlkem.

use crate::capture::EndingKind;
use crate::facts::{Facts, ONE_SEGMENT};
use crate::rules::{command, Confidence, Draft, Evidence, Family, Rule};

pub(crate) static RULE: Rule = Rule {
    name: "client_hello_too_large",
    family: Family::Transport,
    dead_ends: &["proxy_ssl_ciphers ...;", "proxy_ssl_verify off;"],
    evaluate,
};

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref()?;
    let large = offered.client_hello_bytes > ONE_SEGMENT && offered.has_post_quantum_share();
    if !large || facts.recording.handshake.bytes_received > 0 || !facts.has_conf_command() {
        return None;
    }
    let (answer, seen) = match facts.ending() {
        EndingKind::Reset => ("was answered with a reset", Evidence::PeerReset),
        EndingKind::Eof => ("was answered with a close", Evidence::PeerClosed),
        EndingKind::Timeout => ("was not answered", Evidence::PeerSilent),
        _ => return None,
    };
    // The first group gets the key share.
    let kept = offered.groups().iter().find(|one| one.is_post_quantum())?;
    let groups = ["X25519", "P-256", kept.openssl_name()?];
    let sentence = move || {
        format!(
            "a ClientHello of {} bytes, more than one TCP segment, {answer}",
            offered.client_hello_bytes
        )
    };
    let finding = Draft::new(
        Confidence::Possible,
        sentence,
        &[Evidence::ClientHelloLarge, Evidence::NoServerHello, seen],
        command(facts, "conf_command Groups", &groups)
            .with_action("whoever fails on a hello of two segments must be repaired"),
    );
    Some(match facts.ending() {
        EndingKind::Reset => finding,
        _ => finding.as_alternative(),
    })
}
