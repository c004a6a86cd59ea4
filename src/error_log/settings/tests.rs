//! Lines in the light of a configuration.

use super::*;
use crate::error_log::causes::Decider;
use crate::error_log::{Explanation, Reader};
use crate::nginx_conf::{read_text, Memory};
use crate::rules::Confidence;

const CERTIFICATE: &str = "verify error: (20:unable to get local issuer certificate)";

/// What is said of a line, given the inside of a location. The block `backend` has servers by name.
#[track_caller]
fn explained(said: &str, location: &str) -> Explanation {
    let conf = format!(
        "http {{ upstream backend {{ server api.test:443; server api.test:444; }}
         upstream addresses {{ server 192.0.2.7:443; }}
         server {{ server_name app.test; location / {{ {location} }} location /b {{ proxy_pass http://b.test; }} }}
         server {{ server_name b.test; location / {{ proxy_pass https://b.test; proxy_ssl_server_name on; }} }} }}"
    );
    let line = format!(
        "2026/11/26 10:41:02 [error] 7#7: *1 {said} while SSL handshaking to upstream, client: 192.0.2.1, server: \
         app.test, request: \"GET / HTTP/1.1\", upstream: \"https://192.0.2.7:443/\""
    );
    let tree = read_text(&Memory::default(), b"nginx.conf", conf.as_bytes()).unwrap();
    let model = Model::new(&tree);
    let mut reader = Reader::new();
    reader.line(line.as_bytes());
    reader.flush();
    let (_, group) = reader.groups().next().unwrap();
    let settings = Settings::of(&model, group);
    assert!(settings.is_some(), "{location}");
    let said = Explanation::of(group, settings.as_ref());
    assert!(!said.causes.decide.contains(&Decider::Conf));
    said
}

fn alert(number: u8) -> String {
    format!(
        "SSL_do_handshake() failed (SSL: error:0A000{:03X}:SSL routines::x)",
        1000 + u16::from(number)
    )
}

#[track_caller]
fn decides(said: &str, location: &str, first: &str, confidence: Confidence, fix: &[&str]) {
    let explained = explained(said, location);
    assert_eq!(
        explained.causes.names[0], first,
        "{location}: {:?}",
        explained.causes
    );
    assert_eq!(explained.causes.confidence, confidence, "{location}");
    assert_eq!(explained.fix, fix, "{location}");
}

#[test]
fn which_name_goes_out() {
    use Confidence::{Likely, Possible};
    let on = "proxy_ssl_server_name on;";
    let host = "proxy_ssl_name api.test;";
    let unknown = "proxy_ssl_name <host-name-of-the-upstream>;";
    for alert in [alert(40), alert(112), alert(80)] {
        let says = |location: &str, first, confidence, fix: &[&str]| {
            decides(&alert, location, first, confidence, fix);
        };
        says("proxy_pass https://api.test;", "sni_missing", Likely, &[on]);
        says(
            "proxy_pass https://backend;",
            "sni_missing",
            Likely,
            &[on, host],
        );
        says(
            "proxy_pass https://backend; proxy_ssl_name api.test;",
            "sni_missing",
            Likely,
            &[on],
        );
        says(
            "proxy_pass https://addresses;",
            "sni_missing",
            Possible,
            &[on, unknown],
        );
        let sends = |rest: &str| format!("{on} proxy_pass https://{rest};");
        says(&sends("backend"), "sni_unrecognized", Likely, &[host]);
        let sent = explained(&alert, &sends("backend")).causes.names;
        assert!(!sent.contains(&"sni_missing"), "{sent:?}");
        says(
            &sends("api.test; proxy_ssl_name other.test"),
            "sni_unrecognized",
            Likely,
            &[host],
        );
        says(
            &sends("api.test; proxy_ssl_name $host"),
            "sni_unrecognized",
            Likely,
            &[host],
        );
    }
    let named = explained(
        &alert(40),
        "proxy_pass https://api.test; proxy_ssl_server_name on;",
    );
    assert!(
        !named.causes.names.contains(&"sni_missing"),
        "{:?}",
        named.causes
    );
    let address = explained(
        &alert(40),
        "proxy_pass https://192.0.2.7; proxy_ssl_server_name on;",
    );
    assert_eq!(address.causes.names[0], "sni_missing");
    assert_eq!(address.fix, [unknown]);
}

#[test]
fn what_was_narrowed_comes_first() {
    let named = "proxy_pass https://api.test; proxy_ssl_server_name on;";
    for (narrow, cause) in [
        (
            "proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;",
            "cipher_mismatch",
        ),
        (
            "proxy_ssl_conf_command Groups brainpoolP256r1;",
            "group_mismatch",
        ),
        (
            "proxy_ssl_conf_command SignatureAlgorithms ed25519;",
            "signature_algorithm_mismatch",
        ),
        ("proxy_ssl_protocols TLSv1.2;", "protocol_version_mismatch"),
    ] {
        let said = explained(&alert(40), &format!("{named} {narrow}"));
        assert_eq!(said.causes.names[0], cause, "{:?}", said.causes);
        let missing = explained(
            &alert(40),
            &format!("proxy_pass https://api.test; {narrow}"),
        );
        assert_eq!(missing.causes.names[..2], ["sni_missing", cause]);
    }
    for usual in [
        "proxy_ssl_ciphers HIGH:!aNULL:!MD5;",
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;",
    ] {
        let said = explained(&alert(40), &format!("{named} {usual}"));
        assert_eq!(
            said.causes.names[..2],
            [
                "client_certificate_required",
                "handshake_failure_unspecified"
            ]
        );
    }
}

#[test]
fn a_client_certificate_is_not_missing_where_there_is_one() {
    let with =
        "proxy_pass https://api.test; proxy_ssl_certificate /a; proxy_ssl_certificate_key /b;";
    for number in [42, 46, 49] {
        let without = explained(&alert(number), "proxy_pass https://api.test;");
        assert!(without
            .causes
            .names
            .contains(&"client_certificate_required"));
        let said = explained(&alert(number), with);
        assert_eq!(said.causes.names[0], "client_certificate_untrusted");
        assert!(!said.causes.names.contains(&"client_certificate_required"));
    }
}

#[test]
fn depth_and_sessions_decide_of_chains() {
    let said = |location: &str| {
        let location = format!("proxy_pass https://api.test; proxy_ssl_verify on; {location}");
        explained(
            &format!("upstream SSL certificate {CERTIFICATE}"),
            &location,
        )
    };
    assert_eq!(said("").causes.names[0], "certificate_chain_too_long");
    assert_eq!(said("").fix, ["proxy_ssl_verify_depth 4;"]);
    let deep = said("proxy_ssl_verify_depth 5;").causes.names;
    assert_eq!(deep[0], "certificate_issuer_unknown");
    assert!(said("").causes.names.contains(&"verify_result_inherited"));
    let apart = said("proxy_ssl_session_reuse off;");
    assert!(!apart.causes.names.contains(&"verify_result_inherited"));
    let code = "upstream SSL certificate verify error: (18:self-signed certificate)";
    let certain = explained(
        code,
        "proxy_pass https://api.test; proxy_ssl_session_reuse off;",
    );
    assert_eq!(certain.causes.confidence, Confidence::Certain);
    let mixed = "proxy_pass https://api.test; } location /c { proxy_pass https://api.test; proxy_ssl_verify on; proxy_ssl_trusted_certificate /a;";
    assert_eq!(
        explained(code, mixed).causes.names[0],
        "verify_result_inherited"
    );
}

#[test]
fn what_is_in_force_is_not_printed() {
    let both = "proxy_pass https://api.test; proxy_ssl_protocols TLSv1.2 TLSv1.3;";
    let said = explained(&alert(70), both);
    assert_eq!(
        (said.causes.names[0], said.fix.len()),
        ("protocol_version_mismatch", 0)
    );
    assert!(said.action.is_some());
    let deep = "proxy_pass https://api.test; proxy_ssl_verify_depth 4;";
    let said = explained(
        "upstream SSL certificate verify error: (22:certificate chain too long)",
        deep,
    );
    assert_eq!(said.fix, ["proxy_ssl_verify_depth 9;"]);
}

#[test]
fn what_is_more_than_the_fix_is_not_narrowed() {
    let said = |code: &str, directives: &str| {
        let location =
            format!("proxy_pass https://api.test; proxy_ssl_server_name on; {directives}");
        explained(code, &location)
    };
    let refused = alert(70);
    for list in ["TLSv1.3 TLSv1.2", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"] {
        let fix = said(&refused, &format!("proxy_ssl_protocols {list};")).fix;
        assert!(fix.is_empty(), "{list}: {fix:?}");
    }
    let fix = said(&refused, "proxy_ssl_protocols TLSv1.2;").fix;
    assert_eq!(fix, ["proxy_ssl_protocols TLSv1.2 TLSv1.3;"]);
    // wrong cipher returned
    let wrong = "SSL_do_handshake() failed (SSL: error:0A000105:SSL routines::x)";
    for list in ["", "proxy_ssl_ciphers DEFAULT;", "proxy_ssl_ciphers HIGH;"] {
        let said = said(wrong, list);
        assert_eq!(
            (said.causes.names[0], said.fix.len()),
            ("cipher_mismatch", 0)
        );
    }
    let fix = said(wrong, "proxy_ssl_ciphers AES128-SHA;").fix;
    assert_eq!(fix, ["proxy_ssl_ciphers HIGH:!aNULL:!MD5;"]);
}

#[test]
fn a_name_that_goes_out_already_is_not_the_one_to_write() {
    let unknown = ["proxy_ssl_name <host-name-of-the-upstream>;"];
    for pass in [
        "https://api.test",
        "https://api.test; proxy_ssl_name api.test",
    ] {
        let sent = format!("proxy_pass {pass}; proxy_ssl_server_name on;");
        let said = explained(&alert(112), &sent);
        assert_eq!(
            (said.causes.names[0], &said.fix[..]),
            ("sni_unrecognized", &unknown.map(String::from)[..])
        );
    }
}

#[test]
fn a_certificate_that_was_refused_is_there_already() {
    let own = "proxy_ssl_certificate /a; proxy_ssl_certificate_key /b;";
    let said = explained(&alert(48), &format!("proxy_pass https://api.test; {own}"));
    assert_eq!(
        (said.causes.names[0], said.fix.len()),
        ("client_certificate_untrusted", 0)
    );
    assert!(said.action.is_some());
    let without = explained(&alert(48), "proxy_pass https://api.test;");
    assert_eq!(without.fix.len(), 2);
}

#[test]
fn without_a_name_comes_a_certificate_for_others() {
    let first = |name: &str, location: &str| {
        let said = format!("upstream SSL certificate does not match \"{name}\"");
        explained(&said, location).causes.names
    };
    const NAME: &str = "certificate_hostname_mismatch";
    let on = "proxy_ssl_server_name on;";
    let host = "proxy_pass https://api.test;";
    assert_eq!(first("api.test", host), ["sni_missing", NAME]);
    assert_eq!(first("api.test", &format!("{host} {on}")), [NAME]);
    let other = format!("{host} proxy_ssl_name other.test;");
    assert_eq!(first("other.test", &other), [NAME, "sni_missing"]);
    assert_eq!(first("other.test", &format!("{other} {on}")), [NAME]);
    let block = "proxy_pass https://addresses;";
    assert_eq!(first("addresses", block), [NAME, "sni_missing"]);
    assert_eq!(
        first("192.0.2.7", "proxy_pass https://192.0.2.7;"),
        [NAME, "sni_missing"]
    );
}

/// Two places that the line may mean: what they agree on is known.
#[test]
fn what_differs_is_not_known() {
    let other = "proxy_pass https://api.test; } location /c { proxy_pass https://api.test; proxy_ssl_server_name on;";
    let said = explained(&alert(40), other);
    assert_eq!(said.causes.names[..2], ["sni_missing", "sni_unrecognized"]);
    assert_eq!(said.fix, ["proxy_ssl_server_name on;"]);
}

#[test]
fn a_configuration_about_something_else_says_nothing() {
    let tree = read_text(
        &Memory::default(),
        b"a",
        b"http { server { server_name x; } }",
    )
    .unwrap();
    let mut reader = Reader::new();
    reader.line(b"peer closed connection in SSL handshake, upstream: \"https://192.0.2.7:443/\"");
    let (_, group) = reader.groups().next().unwrap();
    assert_eq!(Settings::of(&Model::new(&tree), group), None);
}
