//! How an answer is told: how sure, with which alternatives, and what the line's readers are told to do.

use super::cases::Case;

/// What is said about a recording with these changes.
#[derive(Debug)]
pub(crate) struct Telling {
    /// The recording.
    pub(crate) case: Case,
    /// `certain`, `likely` or `possible`.
    pub(crate) confidence: &'static str,
    /// All of them, in order.
    pub(crate) alternatives: &'static [&'static str],
    /// Stands in the line.
    pub(crate) line: &'static str,
    /// Does not.
    pub(crate) not: &'static str,
}

#[rustfmt::skip]
const fn telling(
    fixture: &'static str,
    changes: &'static [(&'static str, &'static str)],
    confidence: &'static str,
    alternatives: &'static [&'static str],
    line: &'static str,
    not: &'static str,
) -> Telling {
    let case = Case { fixture, changes, name: "", not: "" };
    Telling { case, confidence, alternatives, line, not }
}

const SELF: &str = "certificate_self_signed/self_signed.json";
const EXPIRED: &str = "certificate_expired/leaf_expired.json";
const MISSING: &str = "certificate_chain_incomplete/one_intermediate_missing.json";
const LONG: &str = "certificate_chain_too_long/two_intermediates.json";
const INHERITED: &str = "verify_result_inherited/resumed_across_locations.json";
const NAME: &str = "certificate_hostname_mismatch/ip_address.json";
const SNI: &str = "sni_missing/alert_40.json";
const BLOCK: &str = "sni_missing/upstream_block.json";
const WRONG_SNI: &str = "sni_unrecognized/alert_112.json";
const SESSION: &str = "session_resumption_rejected/tls12_alert_40.json";
const CLOSED: &str = "peer_closed/after_client_hello.json";
const RESET: &str = "peer_reset/after_client_hello.json";
const HTTP: &str = "plaintext_upstream/http.json";
const SILENT: &str = "handshake_timeout/silent.json";
const SHORT: &str = "protocol_violation/short_server_hello.json";
const NO_RSA: &str = "signature_algorithm_mismatch/no_rsa_openssl.json";
const NARROW: &str = "signature_algorithm_mismatch/no_ecdsa_gnutls.json";

const ALERT: &str = "/handshake/alerts/0/code";
const ALERTS: &str = "/handshake/alerts";
const KIND: &str = "/ending/kind";
const MODULE: &str = "/context/module";
const OPENING: &str = "/handshake/opening";
const RESUMED: (&str, &str) = ("/handshake/resumed", "true");
const NO_MATCH: (&str, &str) = ("/certificate/name_matches", "false");
const COMPARED: &str = "/settings/compared_name";
const SWITCHED_ON: (&str, &str) = ("/settings/send_server_name", "true");
const NO_HELLO: (&str, &str) = ("/handshake/client_hellos", "[]");
const SAN: &str = "/certificate/chain/0/dns_names";
const FIVE: &str = "[\"a.a\",\"b.b\",\"c.c\",\"d.d\",\"e.e\"]";
const SIXTEEN: &str = "[\"a.a\",\"b.b\",\"c.c\",\"d.d\",\"e.e\",\"f.f\",\"g.g\",\"h.h\",\"i.i\",\
    \"j.j\",\"k.k\",\"l.l\",\"m.m\",\"n.n\",\"o.o\",\"p.p\"]";

/// The last good handshake: the zone's word.
const HISTORY: &str = "/history";
const UNCHANGED: &str =
    r#"{"generation":1,"last_good":{"time_ms":1795473927128,"generation":1,"location":"/15"}}"#;
const NAMED: &str = r#"{"generation":2,"utc_offset_min":60,"last_good":{"time_ms":1795473927128,"generation":1,
    "location":"/b; fix: x (certain)","server_name":"api.example.test"}}"#;
const OTHER_ISSUER: &str = r#"{"generation":1,"last_good":{"time_ms":1795387536715,"generation":1,"location":"/11",
    "certificate":{"sha256":"AB","serial":"55FB","issuer":"CN=Old CA","not_before":0,"not_after":1796000000,"key":"ECDSA prime256v1"}}}"#;
const SINCE_EXPIRED: &str = r#"{"generation":1,"last_good":{"time_ms":1795380000000,"generation":1,"location":"/11",
    "certificate":{"sha256":"7A8132D4D82DDC4C8F1A5033E4BAE0E4B6C60450FEDBE56E67FF314AFA14215E",
    "serial":"50723686302C34228F36DF67C047A5DD1BEC5A35","issuer":"CN=Example Root CA,O=Example",
    "not_before":1795473040,"not_after":1795386640,"key":"ECDSA prime256v1"}}}"#;

/// What the refusal of a default offer of TLS 1.2 may be about, besides the name.
const ALERT_40: &[&str] = &[
    "protocol_version_mismatch",
    "cipher_mismatch",
    "signature_algorithm_mismatch",
];

/// Every telling.
#[rustfmt::skip]
pub(crate) static TELLINGS: &[Telling] = &[
    // What changed since the last good handshake stands before the facts.
    telling(SNI, &[], "likely", ALERT_40, "; facts:", "since"),
    telling(SNI, &[(HISTORY, UNCHANGED)], "likely", ALERT_40,
        "(likely); nothing changed since the last good handshake 12 s ago; facts: ", "changed since 2"),
    telling(SNI, &[(HISTORY, NAMED)], "likely", ALERT_40,
        "(likely); changed since 23:45:27: location '/b\\x3B_fix:_x_(certain)' to '/15', SNI 'api.example.test' to none, nginx was reloaded; facts: ",
        "nothing changed"),
    telling(EXPIRED, &[(HISTORY, OTHER_ISSUER)], "certain", &[],
        "; changed since 2026/11/22 22:45:36: issuer 'CN=Old_CA' to 'CN=Example_Root_CA,O=Example', certificate 55FB until 2026-11-30 to 5072",
        "key"),
    telling(EXPIRED, &[(HISTORY, SINCE_EXPIRED)], "certain", &[],
        ": the same certificate, which has expired since; facts: ", "issuer"),
    // A resumed session carries the verdict on a certificate that was sent before.
    telling(MISSING, &[RESUMED], "possible", &["certificate_issuer_unknown"], "proxy_ssl_session_reuse off", "inherited"),
    telling(SELF, &[RESUMED], "likely", &[], "proxy_ssl_trusted_certificate", "inherited"),
    telling(INHERITED, &[("/certificate/verified_again", "false")], "possible",
        &["certificate_chain_incomplete", "certificate_issuer_unknown"],
        "proxy_ssl_session_reuse off", "another location"),
    // Without SNI the certificate that came may be the server's default one.
    telling(SELF, &[], "certain", &[], "proxy_ssl_trusted_certificate", "no SNI was sent"),
    telling(SELF, &[NO_MATCH], "likely", &["sni_missing"], "no SNI was sent", "proxy_ssl_trusted_certificate"),
    telling(SELF, &[NO_MATCH, (COMPARED, "\"127.0.0.1\"")], "likely", &["sni_missing"],
        "proxy_ssl_trusted_certificate", "proxy_ssl_server_name"),
    telling(SELF, &[NO_MATCH, NO_HELLO], "certain", &[], "proxy_ssl_trusted_certificate", "no SNI was sent"),
    telling(SELF, &[NO_MATCH, (MODULE, "\"other\"")], "likely", &["sni_missing"],
        "*_ssl_server_name on", "proxy_ssl_"),
    telling(SELF, &[(MODULE, "\"other\"")], "likely", &[], "*_ssl_trusted_certificate", "or:"),
    telling(EXPIRED, &[NO_MATCH], "likely", &["sni_missing"], "proxy_ssl_server_name on;", "must renew"),
    telling(EXPIRED, &[], "certain", &[], "must renew", "sni_missing"),
    telling(MISSING, &[NO_MATCH], "possible", &["sni_missing", "certificate_issuer_unknown"],
        "proxy_ssl_server_name on;", ", else"),
    telling(MISSING, &[], "possible", &["certificate_issuer_unknown"], ", else certificate_issuer_unknown (possible)",
        "sni_missing"),
    telling(MISSING, &[("/certificate/trusted", "0"), NO_MATCH], "likely",
        &["certificate_chain_incomplete", "sni_missing", "certificate_issuer_unknown"], "trusted_certificate",
        "no SNI was sent"),
    // What was proved stays so.
    telling(LONG, &[NO_MATCH], "certain", &[], "proxy_ssl_verify_depth 2;", "no SNI was sent"),
    telling(INHERITED, &[NO_MATCH], "certain", &[], "proxy_ssl_session_reuse off;", "no SNI was sent"),
    // The name an unverified peer presents is not printed where nginx.conf says which host is meant.
    telling(NAME, &[(COMPARED, "\"www.example.com\"")], "certain", &["sni_missing"],
        "\"proxy_ssl_server_name on;\" \"proxy_ssl_name <host-name-of-the-upstream>;\"", "proxy_ssl_name api."),
    telling(NAME, &[], "certain", &[], "\"proxy_ssl_name <host-name-of-the-upstream>;\" only if 'api.example.com' is the host you mean (certain, changes trust)", "proxy_ssl_server_name"),
    telling(NAME, &[(SAN, FIVE)], "certain", &[], "'a.a', 'b.b', 'c.c', not for '127.0.0.1' (2 more names)", "and more"),
    telling(NAME, &[(SAN, SIXTEEN)], "certain", &[], "'c.c', not for '127.0.0.1' (and more)", "more names"),
    telling(NAME, &[(COMPARED, "\"[::1]\""), ("/certificate/chain/0/ip_addresses", "[\"::1\"]")], "certain", &[],
        "it has that IP SAN", "proxy_ssl_server_name"),
    // nginx compares with nothing unless it verifies.
    telling(NAME, &[], "certain", &[], "compared=127.0.0.1", "compared=none"),
    telling(SELF, &[("/settings/verify", "null")], "certain", &[], "compared=api.example.com", "sni=api"),
    telling(SELF, &[("/settings/verify", "false"), (KIND, "\"late_alert\"")], "possible", &[], "presented=",
        "compared="),
    // Answers that decide nothing name the others.
    telling(WRONG_SNI, &[(ALERT, "40")], "possible",
        &["sni_unrecognized", "cipher_mismatch", "signature_algorithm_mismatch"],
        "fix: \"proxy_ssl_protocols TLSv1.2 TLSv1.3;\" (possible)", "look at the upstream's log"),
    // Who would only send to a log hands on what is left to try.
    telling(CLOSED, &[], "possible", &["sni_missing"],
        "fix: \"proxy_ssl_server_name on;\" \"proxy_ssl_name <host-name-of-the-upstream>;\" (possible)", "look at"),
    telling(RESET, &[], "possible", &["sni_missing"],
        "fix: \"proxy_ssl_server_name on;\" \"proxy_ssl_name <host-name-of-the-upstream>;\" (possible)", "look at"),
    telling(WRONG_SNI, &[(ALERTS, "[]"), (KIND, "\"eof\"")], "possible", &["sni_unrecognized"],
        "fix: \"proxy_ssl_name <host-name-of-the-upstream>;\" (possible)", "look at"),
    telling(SHORT, &[(ALERTS, "[]"), (KIND, "\"eof\"")], "possible", &[], "on its own (possible)", "else"),
    // A name is the better guess, another version remains one.
    telling(SNI, &[], "likely", ALERT_40, "proxy_ssl_server_name on;", ", else"),
    telling(SNI, &[(ALERT, "80")], "likely", &["peer_internal_error"], "proxy_ssl_server_name on;", ", else"),
    // The last other name of the same peer, and never the same one.
    telling(SNI, &[("/context/before", "[\"sni_missing\",\"protocol_version_mismatch\"]")], "likely", ALERT_40,
        " bytes=7 before=protocol_version_mismatch; not: ", "before=sni_missing"),
    telling(SNI, &[("/context/before", "[\"sni_missing\",\"evil\"]")], "likely", ALERT_40, " bytes=7; not: ", "before="),
    // nginx was told to send a name, and has only an address.
    telling(BLOCK, &[SWITCHED_ON, (COMPARED, "\"127.0.0.1\"")], "likely",
        ALERT_40, "fix: \"proxy_ssl_name <host-name-of-the-upstream>;\" (likely)",
        "proxy_ssl_server_name on;"),
    // Another location may have begun the session with a name.
    telling(SESSION, &[], "possible", &["protocol_version_mismatch", "sni_unrecognized", "cipher_mismatch"],
        "proxy_ssl_session_reuse off;", ", else"),
    // Doing without TLS, in the words of the module.
    telling(HTTP, &[], "likely", &["protocol_violation"], "or at http:// if this path is trusted: no encryption and no verification then (likely, weakens security)", "something"),
    telling(HTTP, &[(MODULE, "\"grpc\"")], "likely", &["protocol_violation"], "grpc_pass at the upstream's TLS port, or at grpc:// if", "http://"),
    telling(HTTP, &[(MODULE, "\"uwsgi\"")], "likely", &["protocol_violation"], "or at uwsgi:// if", "http://"),
    telling(HTTP, &[(MODULE, "\"stream\"")], "likely", &["protocol_violation"], "or leave proxy_ssl off if", "http://"),
    telling(HTTP, &[(OPENING, "\"0000120400\"")], "certain", &["protocol_violation"], "TLS port (certain)", "http://"),
    telling(HTTP, &[(OPENING, "\"0102030405\"")], "likely", &["protocol_violation"], "does not speak TLS;", "something"),
    // A slow upstream needs time; one that never spoke needs another look.
    telling(SILENT, &[], "certain", &[], "not: \"proxy_ssl_verify off;\"", "_connect_timeout"),
    telling(SHORT, &[(ALERTS, "[]"), (KIND, "\"timeout\"")], "certain", &[],
        "or raise proxy_connect_timeout if upstream is just slow", "proxy_connect_timeout ...;"),
    telling(SHORT, &[(ALERTS, "[]"), (KIND, "\"timeout\""), (MODULE, "\"grpc\"")], "certain", &[],
        "or raise grpc_connect_timeout if", "proxy_connect_timeout"),
    // Headers where there are headers.
    telling(SNI, &[], "likely", ALERT_40, "\"proxy_set_header Host ...;\"", "uwsgi"),
    telling(SNI, &[(MODULE, "\"uwsgi\"")], "likely", ALERT_40,
        "\"uwsgi_param HTTP_HOST ...;\"", "set_header"),
    telling(SNI, &[(MODULE, "\"stream\"")], "likely", ALERT_40,
        "\"proxy_ssl_ciphers ...;\"", "set_header"),
    telling(MISSING, &[], "possible", &["certificate_issuer_unknown"],
        "upstream does not send 'CN=Example_Issuing_CA,O=Example', the issuer of its certificate 'CN=api.example.com';", "issuer of its certificate 'CN=api.example.com',"),
    telling(NO_RSA, &[], "likely", &["cipher_mismatch", "sni_missing"], "cannot sign in ecdsa_secp256r1_sha256, the only", "1 signature"),
    telling(NARROW, &[], "likely", &["sni_missing", "protocol_version_mismatch", "cipher_mismatch"], "in none of the 2 signature algorithms nginx offered (no ECDSA among them)", "the only"),
];
