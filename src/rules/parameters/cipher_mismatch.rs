//! The two sides share no cipher suite.
//!
//! # What it means
//! The upstream found none of the suites nginx offered acceptable for its certificate and settings.
//!
//! # Evidence
//! handshake_failure(40) before any ServerHello, when the server name is not the cause and the offer lacks
//! whole families that every modern server relies on (ECDHE-RSA, ECDHE-ECDSA, an AEAD of each). No default
//! list lacks them. An offer that lacks only one key exchange, or has ECDHE with AEAD alone, is less likely the
//! cause. Or TLS 1.3 was offered with fewer than two of its three usual suites: a server that speaks it looks at
//! no other.
//!
//! # Why it happens
//! A `proxy_ssl_ciphers` line that names a few suites: fine with the server it was written for, wrong
//! after that server got an ECDSA certificate or dropped CBC suites. For TLS 1.3, a `Ciphersuites` command
//! in `proxy_ssl_conf_command` or openssl.cnf.
//!
//! # Workaround
//! `proxy_ssl_protocols TLSv1.2 TLSv1.3; proxy_ssl_ciphers HIGH:!aNULL:!MD5;`. The upstream must support
//! TLS 1.2 or newer. Without plain RSA key exchange in the list none is added, and a name that nothing confirms
//! is asked for in the same step: what is left then weakens security. `proxy_ssl_ciphers` does not reach TLS 1.3: there it is `proxy_ssl_conf_command
//! Ciphersuites <list>;`.
//!
//! # Dead ends
//! Verification comes after the suites are agreed on. The list is in nginx.conf and on the upstream:
//! neither a newer nginx nor a restart changes it.
//!
//! # References
//! RFC 5246 section 7.4.1.3; OpenSSL ciphers(1).

use crate::facts::{Facts, Offered};
use crate::registry::{Alert, Authentication, ProtocolVersion, SslReason};
use crate::rules::directive::Setting;
use crate::rules::server_name::HOST;
use crate::rules::version::both;
use crate::rules::{command, Confidence, Draft, Evidence, Family, Remedy, Rule, Security};

pub(crate) static RULE: Rule = Rule {
    name: "cipher_mismatch",
    family: Family::Parameters,
    dead_ends: &[
        "proxy_ssl_verify off;",
        "upgrading nginx alone",
        "restarting nginx",
    ],
    evaluate,
};

/// The library's default (TLS_DEFAULT_CIPHERSUITES).
pub(super) const TLS13_SUITES: [&str; 3] = [
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
];
/// SSL_R_UNKNOWN_CIPHER_RETURNED, SSL_R_WRONG_CIPHER_RETURNED.
const WRONG_CIPHER: [SslReason; 2] = [
    SslReason::UNKNOWN_CIPHER_RETURNED,
    SslReason::WRONG_CIPHER_RETURNED,
];

fn evaluate<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    not_offered(facts).or_else(|| refused(facts))
}

/// The upstream chose, but not among what was offered.
fn not_offered<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    // With a session offered it is the session's suite: another diagnosis.
    let fresh = !facts.offered.as_ref()?.session_offered();
    let reason = facts
        .ssl_reason()
        .filter(|one| fresh && WRONG_CIPHER.contains(one));
    let chosen = facts.chosen.as_ref()?.cipher.filter(|_| reason.is_some())?;
    Some(Draft::new(
        Confidence::Certain,
        move || format!("upstream chose the cipher suite {chosen}, which nginx did not offer"),
        &[Evidence::AlertSent, Evidence::CipherNotOffered],
        Remedy::manual(
            "upstream must choose among the suites offered: its TLS software is at fault",
        ),
    ))
}

fn refused<'f>(facts: &'f Facts<'_>) -> Option<Draft<'f>> {
    let offered = facts.offered.as_ref()?;
    let refused = facts.received() == Some(Alert::HANDSHAKE_FAILURE) && facts.no_hello_came();
    if !refused {
        return None;
    }
    if offered.tls13_suites_narrow() {
        return Some(refused_in_tls13(facts, offered));
    }
    // An offer of TLS 1.3 alone has the suites that every TLS 1.3 server has.
    if offered.versions().first() >= Some(&ProtocolVersion::TLS1_3) {
        return None;
    }
    let gap = Gap::of(offered);
    let (confidence, remedy) = match gap {
        Gap::Families => (Confidence::Likely, wider(facts, wider_list(facts))),
        Gap::Kinds => (Confidence::Possible, wider(facts, wider_list(facts))),
        Gap::WeakExchange => (Confidence::Possible, weaker(facts, offered)),
        Gap::None => (
            Confidence::Possible,
            Remedy::manual("upstream must accept a suite of the default list"),
        ),
    };
    let finding = finding(facts, offered, confidence, remedy);
    // A name that is not ruled out is the better guess, and with a session to offer the same list has worked
    // before.
    let is_last_guess = facts.name.is_ruled_out() && !offered.session_offered();
    Some(match is_last_guess && gap != Gap::None {
        true => finding,
        false => Draft {
            confidence: Confidence::Possible,
            ..finding.as_alternative()
        },
    })
}

/// What a list of suites lacks.
#[derive(PartialEq, Eq)]
enum Gap {
    /// A family that modern servers rely on.
    Families,
    /// CBC, or finite-field Diffie-Hellman where plain RSA is missing too: a list of few kinds.
    Kinds,
    /// One kind of key exchange that is weaker than the rest: what has it only cannot be reached without.
    WeakExchange,
    None,
}

impl Gap {
    fn of(offered: &Offered) -> Self {
        match (offered.has_dhe(), offered.has_plain_rsa()) {
            _ if offered.has_narrow_family() => Self::Families,
            (false, false) => Self::Kinds,
            _ if !offered.has_ecdhe_cbc() => Self::Kinds,
            (true, true) => Self::None,
            _ => Self::WeakExchange,
        }
    }
}

/// Without Diffie-Hellman in a list that has everything else, somebody took it out: its parameters were too
/// short, or may be. Without plain RSA, that.
fn weaker(facts: &Facts<'_>, offered: &Offered) -> Remedy {
    let setting = match offered.has_dhe() {
        true => USUAL.into(),
        false => lower_level(facts),
    };
    Remedy::paste(facts, [setting])
        .with_security(Security::Weakens)
        .with_action("upstream needs ECDHE suites: the fix is for the meantime")
}

/// The level at which 1024 bits pass.
fn lower_level(facts: &Facts<'_>) -> Setting {
    let level = facts.recording.settings.security_level.unwrap_or(2);
    Setting::from("ciphers DEFAULT").at_level(u32::from(level > 1))
}

/// The wider list, with TLS 1.2 and 1.3 where TLS 1.3 was not offered.
fn wider(facts: &Facts<'_>, ciphers: &'static str) -> Remedy {
    let highest = facts.offered.as_ref().and_then(Offered::max_version);
    let mut settings = match highest {
        Some(ProtocolVersion::TLS1_3) => Vec::new(),
        _ => both(facts),
    };
    settings.push(ciphers.into());
    // After this list only one that weakens is left. Until then the other suspect is cleared, too: a name that
    // nothing confirms.
    if ciphers == FORWARD_SECRET && facts.name.sent.is_some() && !facts.name.confirmed() {
        settings.push(HOST.into());
    }
    let mut action = "the upstream must support TLS 1.2 or newer".to_owned();
    if ciphers == FORWARD_SECRET {
        action.push_str(
            ", one that has plain RSA key exchange only takes the list without :!kRSA, which weakens security",
        );
    }
    Remedy::paste(facts, settings).with_action(action)
}

/// A `Ciphersuites` command left what the upstream does not have. A server that speaks TLS 1.3 looks at
/// no other suite.
fn refused_in_tls13<'f>(facts: &'f Facts<'_>, offered: &'f Offered) -> Draft<'f> {
    let sentence = move || {
        let names = offered.tls13_suites();
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        format!(
            "upstream does not accept the TLS 1.3 cipher suites nginx offered ({}): received alert \
             handshake_failure(40)",
            names.join(" ")
        )
    };
    let mut evidence = vec![
        Evidence::AlertReceived,
        Evidence::NoServerHello,
        Evidence::CipherListNarrow,
    ];
    let remedy = command(facts, "conf_command Ciphersuites", &TLS13_SUITES);
    if facts.name.is_ruled_out() && !offered.session_offered() {
        evidence.push(Evidence::ServerNameRuledOut);
        return Draft::new(Confidence::Likely, sentence, &evidence, remedy);
    }
    Draft::new(Confidence::Possible, sentence, &evidence, remedy).as_alternative()
}

fn finding<'f>(
    facts: &'f Facts<'_>,
    offered: &'f Offered,
    confidence: Confidence,
    remedy: Remedy,
) -> Draft<'f> {
    let sentence = move || unaccepted(offered);
    let mut evidence = vec![Evidence::AlertReceived, Evidence::NoServerHello];
    if facts.name.is_ruled_out() {
        evidence.push(Evidence::ServerNameRuledOut);
    }
    // Without a signature for it the library leaves out a kind of suites, whatever the list.
    let is_signed = [Authentication::Rsa, Authentication::Ecdsa]
        .iter()
        .all(|kind| offered.accepts_signatures(*kind));
    let gap = Gap::of(offered);
    if gap == Gap::Families || (gap == Gap::Kinds && is_signed) {
        evidence.push(Evidence::CipherListNarrow);
    }
    Draft::new(confidence, sentence, &evidence, remedy)
}

fn unaccepted(offered: &Offered) -> String {
    // TLS 1.3 suites always match: the trouble is with the others.
    let suites = offered.tls12_suite_count();
    let missing: Vec<_> = offered.narrow_families().collect();
    let offer = match (suites, missing.as_slice()) {
        (1, _) => "the only TLS 1.2 cipher suite nginx offered".to_owned(),
        (_, []) => format!("any of the {suites} TLS 1.2 cipher suites nginx offered"),
        (_, _) => format!(
            "any of the {suites} TLS 1.2 cipher suites nginx offered (too few with {})",
            missing.join(" or ")
        ),
    };
    format!("upstream does not accept {offer}: received alert handshake_failure(40)")
}

const USUAL: &str = "ciphers HIGH:!aNULL:!MD5";
/// Without the suites that let whoever gets the server's key read what was recorded.
pub(crate) const FORWARD_SECRET: &str = "ciphers HIGH:!aNULL:!MD5:!kRSA";

/// The usual list, without plain RSA key exchange where that was not offered either: a wider offer is no
/// weaker one.
pub(crate) fn wider_list(facts: &Facts<'_>) -> &'static str {
    let offered = facts.offered.as_ref();
    let offers_plain_rsa = offered.is_some_and(Offered::has_plain_rsa);
    match offers_plain_rsa {
        true => USUAL,
        false => FORWARD_SECRET,
    }
}
