//! Cases made from real recordings by changing single fields, each named with what it must be and
//! with its nearest neighbour, which it must not be.

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    /// File below tests/fixtures.
    pub(crate) fixture: &'static str,
    /// JSON pointers and what stands there instead; `null` takes the field away.
    pub(crate) changes: &'static [(&'static str, &'static str)],
    /// What it is.
    pub(crate) name: &'static str,
    /// What it must not be called.
    pub(crate) not: &'static str,
}

#[rustfmt::skip]
const fn case(
    fixture: &'static str,
    changes: &'static [(&'static str, &'static str)],
    name: &'static str,
    not: &'static str,
) -> Case {
    Case { fixture, changes, name, not }
}

const SNI: &str = "sni_missing/alert_40.json";
const WRONG_SNI: &str = "sni_unrecognized/alert_112.json";
const SUITE: &str = "cipher_mismatch/one_suite.json";
const CCM: &str = "cipher_mismatch/aes_ccm_only_tls13.json";
const VERSION: &str = "protocol_version_mismatch/peer_is_tls13_only.json";
const NONE_12: &str = "client_certificate_required/tls12_none.json";
const NONE_13: &str = "client_certificate_required/tls13_none.json";
const WRONG_CA: &str = "client_certificate_untrusted/tls12_wrong_ca.json";
const EXPIRED: &str = "certificate_expired/leaf_expired.json";
const MISSING: &str = "certificate_chain_incomplete/one_intermediate_missing.json";
const LONG: &str = "certificate_chain_too_long/two_intermediates.json";
const INHERITED: &str = "verify_result_inherited/resumed_across_locations.json";
const NAME: &str = "certificate_hostname_mismatch/ip_address.json";
const SELF: &str = "certificate_self_signed/self_signed.json";
const HTTP: &str = "plaintext_upstream/http.json";
const SILENT: &str = "handshake_timeout/silent.json";
const CLOSED: &str = "peer_closed/after_client_hello.json";
const RESET: &str = "peer_reset/after_client_hello.json";

const INTERNAL: &str = "peer_internal_error/alert_80.json";
const DENIED: &str = "peer_access_denied/alert_49.json";
const ILLEGAL: &str = "protocol_version_mismatch/alert_47.json";
const SHORT: &str = "protocol_violation/short_server_hello.json";
const TICKET: &str = "session_resumption_rejected/tls13_alert_51.json";
const SESSION: &str = "session_resumption_rejected/tls12_alert_40.json";
const LARGE: &str = "client_hello_too_large/reset.json";
const OWN_KEY: &str = "local_error/own_certificate_below_security_level.json";
const NO_PROTOCOLS: &str = "no_protocols_enabled/sslv3_only.json";
const NO_CIPHERS: &str = "no_ciphers_enabled/gcm_with_tls10.json";
const FALLBACK: &str = "inappropriate_fallback/alert_86.json";
const WRONG_CA_13: &str = "client_certificate_untrusted/tls13_wrong_ca.json";

/// A CertificateRequest of TLS 1.2 for ECDSA, by whatever authority.
const ASKS_WITHOUT_NAMES: (&str, &str) = (
    "/handshake/certificate_request/bytes",
    "\"0d0000080140000204030000\"",
);
/// A hello of TLS 1.2 with the group x25519 and no other.
const X25519_ALONE: &str =
    "\"0100003303030000000000000000000000000000000000000000000000000000000000000000000002c02f01000008000a00040002001d\"";
/// ClientHello, ServerHello, EncryptedExtensions, CertificateRequest.
const ASKED_AND_NO_MORE: &str = r#"[{"from":"sent","kind":1},{"from":"received","kind":2},
    {"from":"received","kind":8},{"from":"received","kind":13}]"#;

const RESPONSE: &str = "/response";
const REFUSED: [(&str, &str); 3] = [
    ("/ending/kind", "\"refused\""),
    ("/handshake/finished", "true"),
    ("/handshake/alerts", "[]"),
];
/// INADEQUATE_SECURITY(12), and NO_ERROR(0).
const GOAWAY_INADEQUATE: &str = "{\"status\":0,\"body\":\"000008070000000000000000000000000c\"}";
const GOAWAY: &str = "{\"status\":0,\"body\":\"0000080700000000000000000000000000\"}";
/// nginx's pages for 496 and 495.
const NO_CERTIFICATE_PAGE: &str = "{\"status\":400,\"body\":\"3c68746d6c3e0d0a3c686561643e3c7469746c653e343030204e6f2072657175697265642053534c206365727469666963617465207761732073656e74\"}";
const BAD_CERTIFICATE_PAGE: &str = "{\"status\":400,\"body\":\"3c68746d6c3e0d0a3c686561643e3c7469746c653e343030205468652053534c206365727469666963617465206572726f72\"}";

const GROUP: &str = "group_mismatch/openssl_tls12.json";
const RETRY: &str = "group_mismatch/hello_retry_outside_offer.json";
const CURVE: &str = "group_mismatch/wrong_curve.json";
const NO_GROUPS: &str = "group_mismatch/none_for_tls13.json";
const NO_RSA: &str = "signature_algorithm_mismatch/no_rsa_openssl.json";
const SHA1: &str = "signature_algorithm_mismatch/signed_with_sha1.json";
const DH: &str = "dh_key_too_small/1024_bits_node.json";
const TINY_DH: &str = "dh_key_too_small/256_bits.json";
const LEGACY: &str = "legacy_renegotiation/gnutls.json";
const ALPN: &str = "alpn_mismatch/grpc_java_tls12.json";
const WEAK: &str = "insufficient_security/alert_71.json";
const OLD: &str = "protocol_version_mismatch/tls10_signature.json";

const ALERT: &str = "/handshake/alerts/0/code";
const ERRORS: &str = "/certificate/errors";
const KIND: &str = "/ending/kind";
const REASON: &str = "/ending/reason";
const LIBRARY: &str = "/ending/library";
const FROM: &str = "/handshake/alerts/0/from";
const HELLO: &str = "/handshake/client_hellos/0/bytes";
const RETRY_REQUEST: &str = "/handshake/hello_retry_request/bytes";
const UPSTREAM: (&str, &str) = ("/context/upstream", "\"api.example.com\"");
const COMPARED: (&str, &str) = ("/settings/compared_name", "\"api.example.com\"");

/// A TLS 1.0 hello with one suite and TLS_FALLBACK_SCSV.
const MARKED: &str =
    "\"0100002d030107070707070707070707070707070707070707070707070707070707070707070100\
    0004002f56000100\"";
/// The HelloRetryRequest of `RETRY`, asking for X25519, which was offered.
const ASKS_FOR_X25519: &str = "\"020000540303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e\
    079e09e2c8a8339c209c307290bb863fe8f21c83803ba9a432eb96465653430556abcbffb0776cfa\
    87130100000c002b0002030400330002001d\"";

/// The hello of `SESSION` without its server_name.
const NAMELESS: &str =
    "\"010001830303e201a3d3ae3477c7a5b5323848ce482d3d8d446e4a76c7fad838128d85625884206712b0\
    ef71a75f4f140f46f58aaa3e3117aef35d67b7de1aa6d2536156ffa6c90038c02cc030009fcca9cca8cc\
    aac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c003500\
    2f00ff01000102000b000403000102000a000c000a001d0017001e00190018002300b067eaeeb6546e94\
    6da4c67fb6340a5169a66a3bb08f26aefb5055d9baef98b3710c9f7a1b3ba7c850075d2a4b19d7e49b3b\
    a2815360aae9dcf206e721127e42e825086e9b1dabc4275dc35f642ba02c7a8801dbc8b0377d6aa02f46\
    23a39197e2c611a833411b36dda33a2dd67518bc8d82494d0261b89cc0490c349477c1f4e07e26c7c676\
    602b830c6958dfb9b4fe5188a245673b4032e30fa78c385374ea7ed8113e4ff9e3ea06ba3f0fd7b3bf9b\
    e50016000000170000000d002a0028040305030603080708080809080a080b0804080508060401050106\
    01030303010302040205020602\"";

/// Every case.
#[rustfmt::skip]
pub(crate) static CASES: &[Case] = &[
    // A name to hand that was not sent, and none to hand.
    case(SNI, &[(ALERT, "112")], "sni_missing", "sni_unrecognized"),
    case(SNI, &[(ALERT, "80")], "sni_missing", "unknown"),
    // An address has no name to send, but the server may want one; settled it is with a good one.
    case(SNI, &[("/settings/compared_name", "\"10.0.0.1\""), ("/context/upstream", "\"10.0.0.1\"")],
        "protocol_version_mismatch", "handshake_failure_unspecified"),
    case(WRONG_SNI, &[(ALERT, "40"), ("/settings/server_line", "\"wrong.example.com:443\"")],
        "protocol_version_mismatch", "sni_unrecognized"),
    // A name that the operator wrote in full is meant, as a rule; a server that has no other complaint may doubt it.
    case(WRONG_SNI, &[(ALERT, "40"), ("/settings/server_line", "\"api.example.com:443\"")],
        "protocol_version_mismatch", "sni_unrecognized"),
    case(WRONG_SNI, &[(ALERT, "80"), ("/settings/server_line", "\"api.example.com:443\"")],
        "sni_unrecognized", "peer_internal_error"),
    // Over a handshake that stands, the upstream refuses in HTTP.
    case(WRONG_SNI, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, "{\"status\":421,\"host_sent\":\"api.example.com:443\"}")],
        "misdirected_request", "unknown"),
    case(WRONG_SNI, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, "{\"status\":421,\"host_sent\":\"Wrong.example.com\"}")],
        "unknown", "misdirected_request"),
    case(SNI, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, "{\"status\":421,\"host_sent\":\"api.example.com\"}")],
        "sni_missing", "misdirected_request"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, NO_CERTIFICATE_PAGE)], "client_certificate_required", "unknown"),
    case(WRONG_CA_13, &[REFUSED[0], REFUSED[2], (RESPONSE, BAD_CERTIFICATE_PAGE)], "client_certificate_rejected", "unknown"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"status\":400,\"body\":\"3c68746d6c3e\"}")],
        "unknown", "client_certificate_required"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"status\":403}"), ("/handshake/reused", "\"session\"")],
        "session_identity_mismatch", "client_certificate_required"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, NO_CERTIFICATE_PAGE), ("/handshake/reused", "\"connection\"")],
        "session_identity_mismatch", "client_certificate_required"),
    case(SNI, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, "{\"status\":421,\"host_sent\":\"api.example.com\"}"),
        ("/handshake/reused", "\"connection\"")], "session_identity_mismatch", "sni_missing"),
    case(WRONG_SNI, &[REFUSED[0], REFUSED[1], REFUSED[2], ("/handshake/reused", "\"session\""),
        (RESPONSE, "{\"status\":421,\"host_sent\":\"api.example.com:443\"}")], "session_identity_mismatch", "misdirected_request"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"status\":404}"), ("/handshake/reused", "\"session\"")],
        "unknown", "session_identity_mismatch"),
    // A server of HTTP/2 only, which was offered no ALPN.
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"body\":\"000012040000000000\"}")], "alpn_mismatch", "unknown"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"peer_speaks_http2\":true}")], "alpn_mismatch", "unknown"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"status\":403,\"peer_speaks_http2\":true}")],
        "unknown", "alpn_mismatch"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"body\":\"000012040000000000\"}"), ("/handshake/alpn", "\"h2\"")],
        "unknown", "alpn_mismatch"),
    // nginx holds a certificate and sent none; the upstream's 400 says nothing of it.
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, NO_CERTIFICATE_PAGE), ("/settings/client_certificate", "true")],
        "client_certificate_unusable", "client_certificate_required"),
    case(NONE_13, &[REFUSED[0], REFUSED[2], (RESPONSE, "{\"status\":400}"), ("/settings/client_certificate", "true")],
        "unknown", "client_certificate_unusable"),
    case(NONE_13, &[("/settings/client_certificate", "true")], "client_certificate_unusable", "client_certificate_required"),
    case(NONE_13, &[], "client_certificate_required", "client_certificate_unusable"),
    // The curve of a client certificate must be one of the groups offered.
    case(WRONG_CA, &[("/handshake/alerts/0/code", "47"), ASKS_WITHOUT_NAMES,
        ("/handshake/client_hellos/0/bytes", X25519_ALONE)], "group_mismatch", "protocol_violation"),
    case(WRONG_CA, &[("/handshake/alerts/0/code", "47"), ASKS_WITHOUT_NAMES], "protocol_violation", "group_mismatch"),
    // Over a handshake that stands HTTP/2 asks more of TLS; a GOAWAY of another kind does not.
    case(NONE_12, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, GOAWAY_INADEQUATE)], "insufficient_security", "alpn_mismatch"),
    case(NONE_12, &[REFUSED[0], REFUSED[1], REFUSED[2], (RESPONSE, GOAWAY)], "alpn_mismatch", "insufficient_security"),
    // It asked, and gave up before its own certificate, when it was not nginx's turn.
    case(NONE_13, &[(KIND, "\"error\""), ("/handshake/finished", "false"), ("/handshake/client_certificate", "null"),
        ("/handshake/messages", ASKED_AND_NO_MORE), ("/handshake/alerts", "[{\"from\":\"received\",\"level\":2,\"code\":40}]")],
        "sni_missing", "client_certificate_required"),
    case(WRONG_CA_13, &[REFUSED[2], ("/handshake/finished", "false"), ("/handshake/messages", "[]"), (KIND, "\"error\""),
        ("/ending/library", "57"), ("/ending/reason", "7")], "client_key_failed", "local_error"),
    case(WRONG_CA_13, &[REFUSED[2], ("/handshake/finished", "false"), ("/handshake/messages", "[]"), (KIND, "\"error\""),
        ("/ending/library", "20"), ("/ending/reason", "7")], "protocol_violation", "client_key_failed"),
    case(TICKET, &[(ALERT, "49"), ("/handshake/session_name", "\"other.example.com\"")],
        "session_identity_mismatch", "peer_access_denied"),
    case(TICKET, &[(ALERT, "49"), ("/handshake/session_name", "\"api.example.com\"")],
        "peer_access_denied", "session_identity_mismatch"),
    case(SNI, &[("/handshake/alerts", "[]"), (KIND, "\"eof\"")], "sni_missing", "peer_closed"),
    case(SNI, &[("/handshake/alerts", "[]"), (KIND, "\"reset\"")], "sni_missing", "peer_reset"),
    case(SNI, &[("/handshake/alerts", "[]"), (KIND, "\"timeout\"")], "handshake_timeout", "sni_missing"),
    // A name sent that says nothing, and one that no server can know.
    // A version was left out; with both and every list whole nothing is left to try.
    case(WRONG_SNI, &[(ALERT, "40")], "protocol_version_mismatch", "handshake_failure_unspecified"),
    case(LARGE, &[("/handshake/alerts", "[{\"from\":\"received\",\"level\":2,\"code\":40}]"), (KIND, "\"error\""),
        ("/handshake/bytes_received", "7")], "handshake_failure_unspecified", "protocol_version_mismatch"),
    // A block that is named as hosts are may be named as its host is.
    case(WRONG_SNI, &[(ALERT, "40"), ("/context/upstream", "\"wrong.example.com\""),
        ("/settings/upstream_block", "true")], "protocol_version_mismatch", "handshake_failure_unspecified"),
    case(WRONG_SNI, &[(ALERT, "40"), ("/context/upstream", "\"right.example.com\"")],
        "protocol_version_mismatch", "cipher_mismatch"),
    // The same alert with a narrow list and a default one, with and without a settled name.
    case(SUITE, &[("/settings/compared_name", "\"api.example.com\""), ("/context/upstream", "\"api.example.com\"")],
        "sni_missing", "cipher_mismatch"),
    case(SUITE, &[(ALERT, "70")], "protocol_version_mismatch", "cipher_mismatch"),
    case(CCM, &[(ALERT, "70")], "protocol_version_mismatch", "cipher_mismatch"),
    case(CCM, &[UPSTREAM, COMPARED], "sni_missing", "cipher_mismatch"),
    // A server that chokes on a session has an error of its own, too.
    case(SESSION, &[(ALERT, "80")], "session_resumption_rejected", "peer_internal_error"),
    case(VERSION, &[(ALERT, "40")], "protocol_version_mismatch", "sni_missing"),
    // Nothing to offer: the library says which list left nothing.
    case(NO_PROTOCOLS, &[(LIBRARY, "6")], "unknown", "no_protocols_enabled"),
    case(NO_PROTOCOLS, &[(REASON, "181")], "no_ciphers_enabled", "no_protocols_enabled"),
    case(NO_CIPHERS, &[(REASON, "191")], "no_protocols_enabled", "no_ciphers_enabled"),
    case(NO_GROUPS, &[(REASON, "181")], "no_ciphers_enabled", "group_mismatch"),
    // A second try that is none, and one that says so.
    case(FALLBACK, &[(ALERT, "70")], "protocol_version_mismatch", "inappropriate_fallback"),
    case(FALLBACK, &[(HELLO, MARKED)], "inappropriate_fallback", "protocol_version_mismatch"),
    // Groups: a default list, a name that is not settled, a specific alert; a group that was offered.
    case(VERSION, &[(ALERT, "40")], "protocol_version_mismatch", "group_mismatch"),
    case(GROUP, &[UPSTREAM, COMPARED], "sni_missing", "group_mismatch"),
    case(GROUP, &[(ALERT, "70")], "protocol_version_mismatch", "group_mismatch"),
    case(GROUP, &[(ALERT, "80")], "group_mismatch", "unknown"),
    case(RETRY, &[(RETRY_REQUEST, ASKS_FOR_X25519)], "protocol_violation", "group_mismatch"),
    case(RETRY, &[(RETRY_REQUEST, ASKS_FOR_X25519), (FROM, "\"received\""), (REASON, "1047")],
        "group_mismatch", "handshake_failure_unspecified"),
    case(RETRY, &[("/handshake/alerts", "[]"), (KIND, "\"eof\""), (REASON, "null"), (LIBRARY, "null")],
        "peer_closed", "group_mismatch"),
    case(CURVE, &[(REASON, "370")], "signature_algorithm_mismatch", "group_mismatch"),
    // Signatures: the library leaves suites out that the list of suites had.
    case(NO_RSA, &[UPSTREAM, COMPARED], "sni_missing", "signature_algorithm_mismatch"),
    case(NO_RSA, &[(ALERT, "71")], "insufficient_security", "signature_algorithm_mismatch"),
    case(SUITE, &[], "cipher_mismatch", "signature_algorithm_mismatch"),
    case(SHA1, &[(REASON, "378")], "group_mismatch", "signature_algorithm_mismatch"),
    case(OLD, &[(REASON, "786691")], "protocol_version_mismatch", "unknown"),
    case(OLD, &[(REASON, "370")], "signature_algorithm_mismatch", "protocol_version_mismatch"),
    // The library's own refusals, told apart by library and reason alone.
    case(DH, &[(REASON, "338")], "legacy_renegotiation", "dh_key_too_small"),
    case(TINY_DH, &[(LIBRARY, "6")], "protocol_violation", "dh_key_too_small"),
    case(LEGACY, &[(REASON, "394")], "dh_key_too_small", "legacy_renegotiation"),
    // Alerts with one meaning beside the one that has many.
    case(ALPN, &[(ALERT, "40")], "protocol_version_mismatch", "alpn_mismatch"),
    case(ALPN, &[("/context/module", "\"stream\""), ("/environment/nginx", "1031004")], "alpn_mismatch",
        "handshake_failure_unspecified"),
    case(WEAK, &[(ALERT, "40")], "protocol_version_mismatch", "insufficient_security"),
    case(SUITE, &[(ALERT, "71")], "insufficient_security", "cipher_mismatch"),
    // Asked for a certificate: none, one, and what was answered.
    case(NONE_12, &[(ALERT, "50")], "client_certificate_required", "handshake_failure_unspecified"),
    case(NONE_12, &[("/handshake/certificate_request", "null")], "handshake_failure_unspecified",
        "client_certificate_required"),
    case(NONE_13, &[("/handshake/alerts", "[]"), (KIND, "\"late_close\"")], "client_certificate_required",
        "client_certificate_rejected"),
    case(WRONG_CA, &[(ALERT, "40")], "client_certificate_untrusted", "client_certificate_rejected"),
    case(WRONG_CA, &[(ALERT, "42"), ("/handshake/client_certificate/issuer_name", "null")],
        "client_certificate_rejected", "client_certificate_untrusted"),
    case(WRONG_CA, &[(ALERT, "45"), ("/handshake/client_certificate/certificate/not_after", "1700000000")],
        "client_certificate_expired", "client_certificate_untrusted"),
    case(WRONG_CA, &[(ALERT, "44"), ("/handshake/client_certificate/issuer_name", "null")],
        "client_certificate_rejected", "client_certificate_expired"),
    // One chain, one code each.
    case(EXPIRED, &[(ERRORS, "[{\"code\":9,\"depth\":0}]")], "certificate_not_yet_valid", "certificate_expired"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":10,\"depth\":0},{\"code\":23,\"depth\":0}]")],
        "certificate_revoked", "certificate_expired"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":26,\"depth\":0}]")], "certificate_purpose_mismatch", "certificate_invalid"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":66,\"depth\":0}]")], "certificate_too_weak", "certificate_purpose_mismatch"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":68,\"depth\":1}]")], "certificate_too_weak", "certificate_revoked"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":3,\"depth\":0}]")], "crl_unavailable", "crl_expired"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":12,\"depth\":0}]")], "crl_expired", "crl_unavailable"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":47,\"depth\":0}]")], "certificate_invalid", "certificate_too_weak"),
    case(EXPIRED, &[(ERRORS, "[{\"code\":10,\"depth\":0}]"), ("/certificate/proven_depth", "3")],
        "certificate_chain_too_long", "certificate_not_yet_valid"),
    // Missing, unknown, self-signed: the same codes, other chains.
    case(MISSING, &[("/certificate/chain/0/self_issued", "true")], "certificate_issuer_unknown",
        "certificate_chain_incomplete"),
    case(MISSING, &[(ERRORS, "[{\"code\":19,\"depth\":1}]")], "certificate_issuer_unknown",
        "certificate_self_signed"),
    case(SELF, &[(ERRORS, "[{\"code\":20,\"depth\":0}]"), ("/certificate/chain/0/self_issued", "false"),
        ("/certificate/chain/0/issuer", "\"CN=Elsewhere\"")], "certificate_chain_incomplete",
        "certificate_issuer_unknown"),
    case(LONG, &[("/certificate/proven_depth", "null"), (ERRORS, "[{\"code\":20,\"depth\":1}]")],
        "certificate_issuer_unknown", "certificate_chain_too_long"),
    // Inherited or not.
    case(INHERITED, &[(ERRORS, "[{\"code\":10,\"depth\":0}]")], "certificate_expired", "verify_result_inherited"),
    case(INHERITED, &[("/certificate/verified_again", "false")], "verify_result_inherited",
        "certificate_chain_incomplete"),
    // The name, with and without a server name sent; and a chain that is rejected before it.
    case(NAME, &[("/context/upstream", "\"www.example.com\""), ("/settings/compared_name", "\"www.example.com\"")],
        "certificate_hostname_mismatch", "certificate_invalid"),
    case(NAME, &[(KIND, "\"chain_rejected\""), ("/certificate/result", "10")], "certificate_expired",
        "certificate_hostname_mismatch"),
    // What carries the handshake.
    // Nobody has SSL 3.0 any more, or anything above TLS 1.3.
    case("protocol_version_mismatch/tls10_signature.json", &[("/handshake/version", "768")], "protocol_violation", "protocol_version_mismatch"),
    case("protocol_version_mismatch/tls10_signature.json", &[("/handshake/version", "0")], "protocol_violation", "protocol_version_mismatch"),
    case("protocol_version_mismatch/tls10_signature.json", &[("/handshake/version", "773")], "protocol_violation", "protocol_version_mismatch"),
    case("protocol_version_mismatch/tls10_signature.json", &[("/handshake/version", "32540")], "protocol_violation", "protocol_version_mismatch"),
    case(HTTP, &[("/handshake/opening", "\"1503030002\"")], "protocol_violation", "plaintext_upstream"),
    case(HTTP, &[("/handshake/opening", "\"5353482d32\"")], "plaintext_upstream", "peer_closed"),
    case(SILENT, &[(KIND, "\"eof\"")], "peer_closed", "handshake_timeout"),
    case(CLOSED, &[(KIND, "\"reset\"")], "peer_reset", "peer_closed"),
    case(RESET, &[(KIND, "\"eof\"")], "peer_closed", "peer_reset"),
    // The upstream's own reasons, and what only looks like them.
    case(INTERNAL, &[(ALERT, "49")], "peer_access_denied", "peer_internal_error"),
    case(INTERNAL, &[(ALERT, "90")], "unknown", "peer_internal_error"),
    case(DENIED, &[(ALERT, "80")], "peer_internal_error", "peer_access_denied"),
    case(NONE_12, &[(ALERT, "49")], "client_certificate_required", "peer_access_denied"),
    // Violations: received, sent, and neither.
    case(ILLEGAL, &[(ALERT, "110")], "protocol_violation", "unknown"),
    case(ILLEGAL, &[(ALERT, "112")], "sni_unrecognized", "protocol_violation"),
    case(SHORT, &[("/handshake/alerts", "[]")], "protocol_violation", "local_error"),
    case(SHORT, &[("/handshake/alerts", "[]"), (KIND, "\"eof\""), ("/ending/reason", "294")], "peer_closed",
        "protocol_violation"),
    // A session offered, and none.
    case(TICKET, &[(ALERT, "40")], "session_resumption_rejected", "handshake_failure_unspecified"),
    case(SESSION, &[(ALERT, "80")], "session_resumption_rejected", "peer_internal_error"),
    case(TICKET, &[("/handshake/alerts", "[]"), (KIND, "\"eof\"")], "peer_closed", "session_resumption_rejected"),
    case(SESSION, &[(ALERT, "70")], "protocol_version_mismatch", "session_resumption_rejected"),
    // Without SNI: another location may have begun the session, with a name.
    case(SESSION, &[(HELLO, NAMELESS)], "sni_missing", "session_resumption_rejected"),
    case(SESSION, &[(HELLO, NAMELESS), ("/settings/compared_name", "\"10.0.0.1\""),
        ("/context/upstream", "\"10.0.0.1\""), ("/settings/upstream_block", "false")],
        "sni_missing", "session_resumption_rejected"),
    case(SESSION, &[(HELLO, NAMELESS), (ALERT, "51")], "session_resumption_rejected", "sni_missing"),
    case(ILLEGAL, &[(ALERT, "51")], "protocol_violation", "session_resumption_rejected"),
    // A large hello: reset, closed, and answered.
    case(LARGE, &[(KIND, "\"eof\"")], "peer_closed", "client_hello_too_large"),
    case(LARGE, &[("/handshake/bytes_received", "7")], "peer_reset", "client_hello_too_large"),
    case(LARGE, &[("/environment/nginx", "1018000")], "peer_reset", "client_hello_too_large"),
    // Our own side.
    case(OWN_KEY, &[("/ending/library", "3"), ("/ending/reason", "65")], "local_error", "unknown"),
    case(OWN_KEY, &[("/handshake/alerts/0/from", "\"received\""), (ALERT, "42")], "client_certificate_required",
        "local_error"),
    // A store with nothing in it, and one with something.
    case(MISSING, &[("/certificate/trusted", "0")], "trust_store_empty", "certificate_chain_incomplete"),
    case(MISSING, &[("/certificate/trusted", "1")], "certificate_chain_incomplete", "trust_store_empty"),
];
