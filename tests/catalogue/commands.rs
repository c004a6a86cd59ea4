//! The command that reproduces a failure: what it spells out, and what it leaves out.

use super::cases::Case;

/// The options between the peer and `-showcerts`, for a recording with these changes.
pub(crate) struct Command {
    /// The recording.
    pub(crate) case: Case,
    /// `None`: no command at all.
    pub(crate) options: Option<&'static str>,
}

const fn command(
    fixture: &'static str,
    changes: &'static [(&'static str, &'static str)],
    options: &'static str,
) -> Command {
    let case = Case {
        fixture,
        changes,
        name: "",
        not: "",
    };
    let options = match options.is_empty() {
        true => None,
        false => Some(options),
    };
    Command { case, options }
}

const NONE: &str = "";
const PEER: &str = "/context/peer";
const HELLO: &str = "/handshake/client_hellos/0/bytes";
const DEFAULT: &str = "peer_closed/after_client_hello.json";
const GROUP: &str = "group_mismatch/openssl_tls12.json";

/// A hello of TLS 1.2 with suite 0xfefe, group 0xfefe and signature algorithm 0xfefe.
const UNKNOWN: &str =
    "\"0100003b03030000000000000000000000000000000000000000000000000000000000000000\
    000002fefe01000010000a00040002fefe000d00040002fefe\"";

/// A hello of TLS 1.2 that offers a protocol nobody knows.
const PROTOCOL: &str =
    "\"0100003503030000000000000000000000000000000000000000000000000000000000000000\
    000002c02f0100000a00100006000403616263\"";

/// What there is to spell out.
#[rustfmt::skip]
pub(crate) static COMMANDS: &[Command] = &[
    command(DEFAULT, &[], "-noservername -tls1_2"),
    command(DEFAULT, &[("/settings/security_level", "0")], "-noservername -tls1_2 -cipher DEFAULT:@SECLEVEL=0"),
    command("sni_unrecognized/alert_112.json", &[], "-servername wrong.example.com -tls1_2"),
    command("alpn_mismatch/grpc_go_tls13.json", &[], "-noservername -tls1_3 -alpn h2"),
    command("cipher_mismatch/one_suite.json", &[], "-noservername -tls1_2 -cipher AES128-SHA256"),
    command("cipher_mismatch/one_suite.json", &[("/settings/security_level", "0")],
        "-noservername -tls1_2 -cipher AES128-SHA256:@SECLEVEL=0"),
    command("cipher_mismatch/aes_ccm_only_tls13.json", &[],
        "-noservername -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256"),
    command(GROUP, &[], "-noservername -tls1_2 -groups P-521"),
    command("group_mismatch/hello_retry_outside_offer.json", &[],
        "-noservername -min_protocol TLSv1.2 -groups X25519:P-256"),
    command("signature_algorithm_mismatch/no_ecdsa_gnutls.json", &[],
        "-noservername -tls1_2 -sigalgs rsa_pss_rsae_sha256:rsa_pkcs1_sha256"),
    command("client_certificate_untrusted/tls13_wrong_ca.json", &[],
        "-noservername -tls1_3 -cert client.crt -key client.key"),
    command("client_certificate_required/tls13_none.json", &[], "-noservername -tls1_3"),
    // Nobody knows how OpenSSL calls them.
    command(DEFAULT, &[(HELLO, UNKNOWN)], "-noservername -tls1_2"),
    // Nobody knows whose word it is.
    command(DEFAULT, &[(HELLO, PROTOCOL)],
        "-noservername -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256 -alpn PROTOCOL-THAT-WAS-SENT"),
    // nginx offered nothing.
    command("no_protocols_enabled/sslv3_only.json", &[], NONE),
    command("no_protocols_enabled/ranges_do_not_meet.json", &[], NONE),
    command("no_ciphers_enabled/gcm_with_tls10.json", &[], NONE),
    command("group_mismatch/none_for_tls13.json", &[], NONE),
    // A shell would read more into it.
    command(DEFAULT, &[(PEER, "\"unix:/run/$(app).sock\"")], NONE),
    command(DEFAULT, &[(PEER, "null")], NONE),
];
