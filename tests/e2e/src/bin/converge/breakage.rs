//! The things that can be wrong: each says what it needs of the upstream, and what the operator wrote.

use tlsdiag_e2e::certs::Key;
use tlsdiag_e2e::family::Family;
use tlsdiag_e2e::peers::{Group, Signature, Stack, Suite, Version};

use crate::draft::{claim, Chain, Draft, Target};
use crate::lever::Kind;
use crate::random::Random;

/// One thing that can be wrong.
pub(crate) struct Breakage {
    /// Puts it into a draft; false where something else excludes it.
    pub(crate) put: fn(&mut Draft, &mut Random) -> bool,
    /// Names of the catalogue that are right for it.
    pub(crate) names: &'static [&'static str],
}

const fn breakage(
    put: fn(&mut Draft, &mut Random) -> bool,
    names: &'static [&'static str],
) -> Breakage {
    Breakage { put, names }
}

const VERSION: &[&str] = &[
    "protocol_version_mismatch",
    "no_protocols_enabled",
    "no_ciphers_enabled",
];
const CIPHERS: &[&str] = &[
    "cipher_mismatch",
    "no_ciphers_enabled",
    "insufficient_security",
];
const GROUPS: &[&str] = &["group_mismatch", "cipher_mismatch"];
const SIGNATURES: &[&str] = &["signature_algorithm_mismatch", "cipher_mismatch"];
const NAMES: &[&str] = &[
    "sni_missing",
    "sni_unrecognized",
    "certificate_hostname_mismatch",
];
const TRUST: &[&str] = &[
    "certificate_issuer_unknown",
    "certificate_self_signed",
    "trust_store_empty",
];
/// What is old in one way is old in others.
const OLD: &[&str] = &[
    "protocol_version_mismatch",
    "no_protocols_enabled",
    "no_ciphers_enabled",
    "signature_algorithm_mismatch",
    "dh_key_too_small",
    "legacy_renegotiation",
];
const REJECTED: &str = "client_certificate_rejected";

pub(crate) static ALL: &[Breakage] = &[
    breakage(newer_version_wanted, VERSION),
    breakage(newer_version_wanted, VERSION),
    breakage(older_version_wanted, VERSION),
    breakage(version_left_out_by_command, VERSION),
    breakage(ancient_version_offered, VERSION),
    breakage(other_suite_wanted, CIPHERS),
    breakage(suites_for_another_key, CIPHERS),
    breakage(old_suite_wanted, CIPHERS),
    breakage(plain_rsa_wanted, CIPHERS),
    breakage(unusual_tls13_suite, CIPHERS),
    breakage(other_group_wanted, GROUPS),
    breakage(other_group_wanted, GROUPS),
    breakage(signatures_of_another_key, SIGNATURES),
    breakage(stronger_signature_wanted, SIGNATURES),
    breakage(name_not_sent, NAMES),
    breakage(name_not_sent, NAMES),
    breakage(another_name, NAMES),
    breakage(another_name, NAMES),
    breakage(no_name, NAMES),
    breakage(another_root_trusted, TRUST),
    breakage(self_signed, TRUST),
    breakage(
        intermediate_trusted_alone,
        &["certificate_chain_incomplete", "certificate_issuer_unknown"],
    ),
    breakage(chain_too_long, &["certificate_chain_too_long"]),
    breakage(
        intermediate_missing,
        &["certificate_chain_incomplete", "certificate_issuer_unknown"],
    ),
    breakage(client_certificate_missing, &["client_certificate_required"]),
    breakage(
        client_of_another_authority,
        &["client_certificate_untrusted", REJECTED],
    ),
    breakage(
        client_without_chain,
        &["client_certificate_untrusted", REJECTED],
    ),
    breakage(client_expired, &["client_certificate_expired", REJECTED]),
    breakage(
        client_unusable,
        &[
            "client_certificate_unusable",
            "client_certificate_required",
            "signature_algorithm_mismatch",
        ],
    ),
    breakage(small_dh_first, &["dh_key_too_small"]),
    breakage(small_dh_only, &["dh_key_too_small"]),
    breakage(no_secure_renegotiation, &["legacy_renegotiation"]),
    breakage(very_old_upstream, OLD),
];

fn newer_version_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    // Without a word of it nginx 1.22 offers TLS 1.2 at most.
    let wrong = random.pick(&["", "protocols TLSv1.2", "protocols TLSv1.1 TLSv1.2"]);
    claim(&mut draft.versions, (Version::Tls13, Version::Tls13)) && versions(draft, wrong)
}

fn older_version_wanted(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && versions(draft, "protocols TLSv1.3")
}

/// nginx applies its commands last.
fn version_left_out_by_command(draft: &mut Draft, random: &mut Random) -> bool {
    let (theirs, wrong) = *random.pick(&[
        (Version::Tls13, "conf_command MaxProtocol TLSv1.2"),
        (Version::Tls12, "conf_command MinProtocol TLSv1.3"),
    ]);
    claim(&mut draft.versions, (theirs, theirs)) && draft.break_lever(Kind::Bounds, wrong)
}

fn ancient_version_offered(draft: &mut Draft, random: &mut Random) -> bool {
    let wrong = random.pick(&["protocols TLSv1.1", "protocols TLSv1 TLSv1.1"]);
    draft.versions.is_none_or(|(min, _)| min >= Version::Tls12) && versions(draft, wrong)
}

fn versions(draft: &mut Draft, wrong: &str) -> bool {
    draft.lever(Kind::Protocols, "protocols TLSv1.2 TLSv1.3", Some(wrong))
}

fn other_suite_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    const SUITES: [Suite; 4] = [
        Suite::EcdheRsaChacha20,
        Suite::EcdheRsaAes256,
        Suite::EcdheRsaAes128,
        Suite::DheRsaAes128,
    ];
    let theirs = *random.pick(&SUITES);
    let others: Vec<Suite> = SUITES.into_iter().filter(|one| *one != theirs).collect();
    let ours = random.pick(&others).openssl();
    // Go has no finite fields.
    let able = theirs != Suite::DheRsaAes128 || draft.family != Some(Family::Grpc);
    able && claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, Key::Rsa)
        && claim(&mut draft.suites, vec![theirs])
        && draft.break_lever(Kind::Ciphers, &format!("ciphers {ours}"))
}

fn suites_for_another_key(draft: &mut Draft, random: &mut Random) -> bool {
    let (key, wrong) = *random.pick(&[
        (
            Key::Ec,
            "ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384",
        ),
        (Key::Ec, "ciphers kRSA+AESGCM"),
        (Key::Rsa, "ciphers ECDHE-ECDSA-AES128-GCM-SHA256"),
        (Key::Rsa, "ciphers ECDHE+aECDSA"),
    ]);
    claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, key)
        && claim(&mut draft.suites, Vec::new())
        && draft.break_lever(Kind::Ciphers, wrong)
}

/// A list of today, an upstream of ten years ago: CBC alone.
fn old_suite_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    let ours = random.pick(&[
        "ECDHE+AESGCM:DHE+AESGCM",
        "ECDHE+AESGCM:ECDHE+CHACHA20",
        "ECDHE+AESGCM:RSA+AESGCM",
    ]);
    draft.family != Some(Family::Grpc)
        && claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, Key::Rsa)
        && claim(&mut draft.suites, vec![Suite::EcdheRsaAes128Sha])
        && draft.break_lever(Kind::Ciphers, &format!("ciphers {ours}"))
}

fn plain_rsa_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    let ours = random.pick(&["ECDHE+AESGCM", "HIGH:!aNULL:!kRSA", "DEFAULT:!RSA"]);
    draft.weak = true;
    draft.family != Some(Family::Grpc)
        && claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, Key::Rsa)
        && claim(&mut draft.suites, vec![Suite::RsaAes128Sha])
        && draft.break_lever(Kind::Ciphers, &format!("ciphers {ours}"))
}

fn unusual_tls13_suite(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.versions, (Version::Tls13, Version::Tls13))
        && draft.break_lever(
            Kind::Ciphersuites,
            "conf_command Ciphersuites TLS_AES_128_CCM_SHA256",
        )
}

fn other_group_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    let (theirs, ours) = *random.pick(&[
        (Group::P256, "X25519"),
        (Group::P256, "P-384"),
        (Group::P256, "P-521:P-384"),
        (Group::P384, "X25519"),
        (Group::P384, "X25519:P-256"),
        (Group::P521, "X25519"),
        (Group::P521, "X25519:P-256:P-384"),
        (Group::P521, "P-256"),
        (Group::X25519, "P-256"),
        (Group::X25519, "P-256:P-384"),
    ]);
    claim(&mut draft.group, Some(theirs))
        && draft.break_lever(Kind::Groups, &format!("conf_command Groups {ours}"))
}

fn signatures_of_another_key(draft: &mut Draft, random: &mut Random) -> bool {
    let (key, wrong) = *random.pick(&[
        (Key::Rsa, "ECDSA+SHA256"),
        (Key::Rsa, "ed25519:ECDSA+SHA256:ECDSA+SHA384"),
        (Key::Ec, "RSA+SHA256:RSA-PSS+SHA256"),
        (Key::Ec, "RSA-PSS+SHA256"),
    ]);
    claim(&mut draft.key, key) && signatures(draft, wrong)
}

fn stronger_signature_wanted(draft: &mut Draft, random: &mut Random) -> bool {
    let (theirs, newest) = *random.pick(&[
        (Signature::RsaSha512, Version::Tls12),
        (Signature::RsaPssSha512, Version::Tls13),
    ]);
    let ours = random.pick(&["RSA+SHA256:RSA-PSS+SHA256", "RSA-PSS+SHA256:ECDSA+SHA256"]);
    claim(&mut draft.key, Key::Rsa)
        && claim(&mut draft.versions, (Version::Tls12, newest))
        && claim(&mut draft.signature, Some(theirs))
        && signatures(draft, ours)
}

fn signatures(draft: &mut Draft, wrong: &str) -> bool {
    let wrong = format!("conf_command SignatureAlgorithms {wrong}");
    draft.break_lever(Kind::SignatureAlgorithms, &wrong)
}

fn name_not_sent(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.by_name, true) && draft.lever(Kind::ServerName, "server_name on", Some(""))
}

fn another_name(draft: &mut Draft, random: &mut Random) -> bool {
    let wrong = *random.pick(&[
        "old.example.test",
        "deep.{name}",
        "{name}:8443",
        "{name}.",
        "127.0.0.1",
        "$host",
        "$arg_upstream",
    ]);
    // stream has no request.
    let able = !wrong.starts_with('$') || draft.family != Some(Family::Stream);
    able && matters(draft, random)
        && draft.lever(Kind::Name, "name {name}", Some(&format!("name {wrong}")))
}

/// The name of the block, or of nothing at all.
fn no_name(draft: &mut Draft, random: &mut Random) -> bool {
    let target = *random.pick(&[
        Target::Address,
        Target::Block,
        Target::Underscore,
        Target::ServerLine,
    ]);
    claim(&mut draft.target, target)
        && matters(draft, random)
        && draft.lever(Kind::Name, "name {name}", Some(""))
}

/// Somebody looks at the name: nginx in the certificate, or the upstream.
fn matters(draft: &mut Draft, random: &mut Random) -> bool {
    match random.one_in(2) {
        true => claim(&mut draft.verify, true),
        false => claim(&mut draft.by_name, true),
    }
}

fn another_root_trusted(draft: &mut Draft, random: &mut Random) -> bool {
    let chain = *random.pick(&[Chain::Direct, Chain::Direct, Chain::One]);
    claim(&mut draft.verify, true) && claim(&mut draft.chain, chain) && trust(draft, "{other_root}")
}

fn self_signed(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.verify, true)
        && claim(&mut draft.chain, Chain::SelfSigned)
        && trust(draft, "{other_root}")
}

fn intermediate_missing(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.verify, true)
        && claim(&mut draft.chain, Chain::Missing)
        && trust(draft, "{root}")
}

fn trust(draft: &mut Draft, file: &str) -> bool {
    let wrong = format!("trusted_certificate {file}");
    draft.lever(Kind::Trust, "trusted_certificate {trusted}", Some(&wrong))
}

fn intermediate_trusted_alone(draft: &mut Draft, _: &mut Random) -> bool {
    claim(&mut draft.verify, true)
        && claim(&mut draft.chain, Chain::One)
        && trust(draft, "{intermediate}")
}

fn chain_too_long(draft: &mut Draft, random: &mut Random) -> bool {
    let (chain, wrong, right) = *random.pick(&[
        (Chain::Two, "", "verify_depth 2"),
        (Chain::Two, "verify_depth 1", "verify_depth 2"),
        (Chain::One, "verify_depth 0", "verify_depth 1"),
    ]);
    claim(&mut draft.verify, true)
        && claim(&mut draft.chain, chain)
        && draft.lever(Kind::Depth, right, Some(wrong))
}

/// The directives that present a client certificate.
pub(crate) fn client(file: &str) -> String {
    format!("certificate {file}.pem; certificate_key {file}.key")
}

fn client_certificate_missing(draft: &mut Draft, _: &mut Random) -> bool {
    wrong_client(draft, "")
}

fn client_of_another_authority(draft: &mut Draft, _: &mut Random) -> bool {
    wrong_client(draft, &client("{other_client}"))
}

fn client_without_chain(draft: &mut Draft, _: &mut Random) -> bool {
    wrong_client(draft, &client("{client_without_chain}"))
}

fn client_expired(draft: &mut Draft, _: &mut Random) -> bool {
    wrong_client(draft, &client("{expired_client}"))
}

fn wrong_client(draft: &mut Draft, wrong: &str) -> bool {
    claim(&mut draft.demands_client, true)
        && draft.lever(Kind::Client, &client("{client}"), Some(wrong))
}

/// The signature algorithms exclude the client's key and not the upstream's.
fn client_unusable(draft: &mut Draft, random: &mut Random) -> bool {
    let (key, client, wrong) = *random.pick(&[
        (Key::Rsa, Key::Ec, "RSA-PSS+SHA256:RSA+SHA256"),
        (Key::Ec, Key::Rsa, "ECDSA+SHA256"),
    ]);
    claim(&mut draft.demands_client, true)
        && claim(&mut draft.key, key)
        && claim(&mut draft.client_key, client)
        && signatures(draft, wrong)
}

fn small_dh_first(draft: &mut Draft, _: &mut Random) -> bool {
    draft.small_dh = true;
    claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, Key::Rsa)
        && claim(
            &mut draft.suites,
            vec![Suite::DheRsaAes128, Suite::EcdheRsaAes128],
        )
        && draft.lever(Kind::Ciphers, "ciphers DEFAULT:!kDHE", Some(""))
}

fn small_dh_only(draft: &mut Draft, random: &mut Random) -> bool {
    let wrong = random.pick(&["", "ciphers DEFAULT:!kDHE"]);
    draft.small_dh = true;
    draft.weak = true;
    claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && claim(&mut draft.key, Key::Rsa)
        && claim(&mut draft.suites, vec![Suite::DheRsaAes128])
        && draft.lever(Kind::Ciphers, "ciphers DEFAULT:@SECLEVEL=0", Some(wrong))
}

fn no_secure_renegotiation(draft: &mut Draft, _: &mut Random) -> bool {
    draft.no_secure_renegotiation = true;
    draft.weak = true;
    claim(&mut draft.stack, Stack::GnuTls)
        && claim(&mut draft.versions, (Version::Tls12, Version::Tls12))
        && draft.lever(
            Kind::Options,
            "conf_command Options UnsafeLegacyServerConnect",
            Some(""),
        )
}

fn very_old_upstream(draft: &mut Draft, _: &mut Random) -> bool {
    draft.weak = true;
    claim(&mut draft.versions, (Version::Tls10, Version::Tls10))
        && claim(&mut draft.key, Key::Rsa)
        && draft.lever(Kind::Protocols, "protocols TLSv1 TLSv1.1 TLSv1.2", Some(""))
        && draft.lever(Kind::Ciphers, "ciphers DEFAULT:@SECLEVEL=0", Some(""))
}
