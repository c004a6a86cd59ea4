//! What is printed to be pasted, for the versions, lists and families that change it.

use super::cases::Case;

/// The directives for a recording with these changes; none where nginx.conf has no remedy.
pub(crate) struct Fix {
    /// The recording.
    pub(crate) case: Case,
    /// All of `fix`.
    pub(crate) fix: &'static [&'static str],
}

const fn fix(
    fixture: &'static str,
    changes: &'static [(&'static str, &'static str)],
    fix: &'static [&'static str],
) -> Fix {
    let case = Case {
        fixture,
        changes,
        name: "",
        not: "",
    };
    Fix { case, fix }
}

const GROUP: &str = "group_mismatch/openssl_tls12.json";
const RETRY: &str = "group_mismatch/hello_retry_outside_offer.json";
const UNKNOWN_GROUP: &str = "group_mismatch/hello_retry_unknown_group.json";
const NO_RSA: &str = "signature_algorithm_mismatch/no_rsa_openssl.json";
const SHA1: &str = "signature_algorithm_mismatch/signed_with_sha1.json";
const DH: &str = "dh_key_too_small/1024_bits_node.json";
const DH_LIST: &str = "dh_key_too_small/1024_bits_java_short_list.json";
const LEGACY: &str = "legacy_renegotiation/gnutls.json";
const ALPN: &str = "alpn_mismatch/grpc_java_tls12.json";
const WEAK: &str = "insufficient_security/alert_71.json";
const OLD: &str = "protocol_version_mismatch/tls10_signature.json";

const SELF: &str = "certificate_self_signed/self_signed.json";
const EXPIRED: &str = "certificate_expired/leaf_expired.json";
const NAME: &str = "certificate_hostname_mismatch/ip_address.json";
const BLOCK: &str = "sni_missing/upstream_block.json";

const WRONG_SNI: &str = "sni_unrecognized/alert_112.json";
const TLS13_ONLY: &str = "protocol_version_mismatch/peer_is_tls13_only.json";
const SUITE: &str = "cipher_mismatch/one_suite.json";
const HELLO: &str = "/handshake/client_hellos/0/bytes";
/// A hello of TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 and nothing else.
const ONE_ECDHE_SUITE: &str =
    "\"0100002b03030000000000000000000000000000000000000000000000000000000000000000000002c02f01000000\"";
/// The same with a server_name, `a.test`.
const ONE_ECDHE_SUITE_AND_A_NAME: &str =
    "\"0100003a03030000000000000000000000000000000000000000000000000000000000000000000002c02f0100000f0000000b0009000006612e74657374\"";
const CONSTANT: &str = "/settings/upstream_is_constant";
const OTHER_HOST: [(&str, &str); 2] = [
    ("/context/upstream", "\"www.example.com\""),
    ("/settings/upstream_block", "false"),
];

const NO_MATCH: (&str, &str) = ("/certificate/name_matches", "false");
const COMPARED: &str = "/settings/compared_name";
const IS_BLOCK: [(&str, &str); 2] = [
    ("/context/upstream", "\"backend\""),
    ("/settings/upstream_block", "true"),
];
const SWITCHED_ON: (&str, &str) = ("/settings/send_server_name", "true");

const NGINX: &str = "/environment/nginx";
const OPENSSL: &str = "/environment/openssl";
const MODULE: &str = "/context/module";
const NONE_12: &str = "client_certificate_required/tls12_none.json";
const OWN: (&str, &str) = ("/settings/client_certificate", "true");
const LEVEL: &str = "/settings/security_level";
/// 0x1010117f: 1.1.1w.
const OPENSSL_1_1_1: (&str, &str) = (OPENSSL, "269488511");
/// 0x30000030: 3.0.3.
const OPENSSL_3_0_3: (&str, &str) = (OPENSSL, "805306416");
/// The last version without `*_ssl_conf_command`.
const NO_COMMAND: (&str, &str) = (NGINX, "1019003");

/// Every remedy.
#[rustfmt::skip]
pub(crate) static FIXES: &[Fix] = &[
    fix(GROUP, &[], &["proxy_ssl_conf_command Groups X25519:P-256:P-384:P-521:X448;"]),
    fix(GROUP, &[(MODULE, "\"grpc\"")], &["grpc_ssl_conf_command Groups X25519:P-256:P-384:P-521:X448;"]),
    fix(GROUP, &[(MODULE, "\"uwsgi\"")], &["uwsgi_ssl_conf_command Groups X25519:P-256:P-384:P-521:X448;"]),
    fix(GROUP, &[(MODULE, "\"other\"")], &[]),
    fix(GROUP, &[NO_COMMAND], &[]),
    fix(RETRY, &[], &["proxy_ssl_conf_command Groups P-521:X25519:P-256:P-384:X448;"]),
    fix(UNKNOWN_GROUP, &[], &[]),
    fix(NO_RSA, &[], &["proxy_ssl_conf_command SignatureAlgorithms \
        ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:\
        RSA+SHA256:RSA+SHA384:RSA+SHA512;"]),
    fix(NO_RSA, &[NO_COMMAND], &[]),
    fix(SHA1, &[], &["proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;"]),
    fix(SHA1, &[OPENSSL_1_1_1], &["proxy_ssl_ciphers DEFAULT:@SECLEVEL=1;"]),
    fix(SHA1, &[(LEVEL, "0")], &[]),
    fix(DH, &[], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_ciphers HIGH:!aNULL:!MD5:!kDHE;"]),
    fix(DH, &[(LEVEL, "3")], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_ciphers HIGH:!aNULL:!MD5:!kDHE:@SECLEVEL=3;"]),
    fix(DH_LIST, &[], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;"]),
    fix(LEGACY, &[], &["proxy_ssl_conf_command Options UnsafeLegacyServerConnect;"]),
    fix(LEGACY, &[OPENSSL_3_0_3], &["proxy_ssl_conf_command Options UnsafeLegacyRenegotiation;"]),
    fix(LEGACY, &[OPENSSL_1_1_1], &[]),
    fix(LEGACY, &[NO_COMMAND], &[]),
    fix(ALPN, &[], &[]),
    fix(ALPN, &[(MODULE, "\"stream\"")], &[]),
    fix(ALPN, &[(MODULE, "\"stream\""), (NGINX, "1031004")], &["proxy_ssl_alpn <protocol-of-the-upstream>;"]),
    fix(WEAK, &[], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]),
    fix(OLD, &[], &["proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;"]),
    // A key that is there and cannot sign as old versions do.
    fix(NONE_12, &[OWN, ("/handshake/version", "769")], &["proxy_ssl_ciphers DEFAULT:@SECLEVEL=0;"]),
    fix(NONE_12, &[OWN, ("/handshake/version", "769"), (LEVEL, "0")], &[]),
    fix(NONE_12, &[OWN], &[]),
    // A certificate that may be the default one: first SNI, with a name where there is none to hand.
    fix(SELF, &[], &["proxy_ssl_trusted_certificate </path/to/upstream-certificate.pem>;"]),
    fix(SELF, &[NO_MATCH], &["proxy_ssl_server_name on;"]),
    fix(EXPIRED, &[], &[]),
    fix(EXPIRED, &[NO_MATCH], &["proxy_ssl_server_name on;"]),
    fix(EXPIRED, &[NO_MATCH, (MODULE, "\"uwsgi\"")], &["uwsgi_ssl_server_name on;"]),
    fix(EXPIRED, &[NO_MATCH, (COMPARED, "\"127.0.0.1\"")], &[]),
    fix(EXPIRED, &[NO_MATCH, IS_BLOCK[0], IS_BLOCK[1], (COMPARED, "\"backend\"")],
        &["proxy_ssl_server_name on;", "proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(EXPIRED, &[NO_MATCH, IS_BLOCK[0], IS_BLOCK[1], (COMPARED, "\"127.0.0.1\""), SWITCHED_ON],
        &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    // The host that is meant is the operator's word, the name presented is the peer's.
    fix(NAME, &[], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(NAME, &[SWITCHED_ON], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(NAME, &[(COMPARED, "\"www.example.com\"")],
        &["proxy_ssl_server_name on;", "proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(NAME, &[(COMPARED, "\"www.example.com\""), ("/handshake/client_hellos", "[]")],
        &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(NAME, &[IS_BLOCK[0], IS_BLOCK[1], (COMPARED, "\"backend\"")],
        &["proxy_ssl_server_name on;", "proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(NAME, &[IS_BLOCK[0], IS_BLOCK[1], (COMPARED, "\"backend\""), ("/handshake/client_hellos", "[]")],
        &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    // A host that a variable named is nobody's constant; nor is one by which nginx verifies pasted.
    fix(WRONG_SNI, &OTHER_HOST, &["proxy_ssl_name www.example.com;"]),
    fix(WRONG_SNI, &[OTHER_HOST[0], OTHER_HOST[1], (CONSTANT, "false")], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(WRONG_SNI, &[OTHER_HOST[0], OTHER_HOST[1], (CONSTANT, "null")], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(WRONG_SNI, &[OTHER_HOST[0], OTHER_HOST[1], ("/settings/verify", "true")], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
    // A list that is wider than what was offered is not weaker than it.
    // A name that nothing confirms is cleared with the last list that weakens nothing.
    fix(SUITE, &[(HELLO, ONE_ECDHE_SUITE_AND_A_NAME)], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        "proxy_ssl_ciphers HIGH:!aNULL:!MD5:!kRSA;", "proxy_ssl_name <host-name-of-the-upstream>;"]),
    // A command is applied after all directives.
    fix(TLS13_ONLY, &[("/settings/max_version", "771")], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;",
        "proxy_ssl_conf_command MaxProtocol TLSv1.3;"]),
    fix(TLS13_ONLY, &[("/settings/min_version", "772"), ("/settings/max_version", "772")],
        &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_conf_command MinProtocol TLSv1.2;"]),
    fix(SUITE, &[], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_ciphers HIGH:!aNULL:!MD5;"]),
    fix(SUITE, &[(HELLO, ONE_ECDHE_SUITE)], &["proxy_ssl_protocols TLSv1.2 TLSv1.3;", "proxy_ssl_ciphers HIGH:!aNULL:!MD5:!kRSA;"]),
    // A version that nobody has is none to add.
    fix(OLD, &[("/handshake/version", "768")], &[]),
    fix(OLD, &[("/handshake/version", "773")], &[]),
    // What stands there already is a duplicate to nginx -t.
    fix(BLOCK, &[], &["proxy_ssl_server_name on;", "proxy_ssl_name <host-name-of-the-upstream>;"]),
    fix(BLOCK, &[SWITCHED_ON, (COMPARED, "\"127.0.0.1\"")], &["proxy_ssl_name <host-name-of-the-upstream>;"]),
];
