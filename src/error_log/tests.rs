//! Whole logs.

use super::*;
use crate::capture::Module;
use crate::rules::{Confidence, CATALOGUE};
use kind::Kind;

const REFUSED: &str =
    "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::ssl/tls alert handshake \
                       failure:SSL alert number 40) while SSL handshaking to upstream";

/// A line of a worker, about a connection.
fn line(pid: u32, connection: u64, message: &str) -> String {
    format!("2026/11/26 10:41:02 [error] {pid}#{pid}: *{connection} {message}{TAIL}")
}

const TAIL: &str = ", client: 192.0.2.1, server: app.test, request: \"GET / HTTP/1.1\", upstream: \
                    \"https://198.51.100.7:443/\", host: \"app.test\"";

fn read(lines: &[String]) -> (Vec<Group>, Totals) {
    let mut reader = Reader::new();
    for line in lines {
        reader.line(line.as_bytes());
    }
    reader.flush();
    let groups = reader.groups().map(|(_, group)| group.clone()).collect();
    (groups, reader.seen)
}

#[track_caller]
fn only(lines: &[String]) -> Group {
    let (groups, _) = read(lines);
    let [only] = <[Group; 1]>::try_from(groups).unwrap();
    only
}

#[test]
fn a_group_says_what_where_when_and_how_often() {
    let first = line(7, 1, REFUSED).replace("10:41", "09:00");
    let (groups, seen) = read(&[line(7, 2, REFUSED), first, "something else".to_owned()]);
    let [group] = groups.as_slice() else {
        panic!("{groups:?}")
    };
    assert_eq!((group.kind, group.count), (Kind::Alert(40), 2));
    assert_eq!(group.upstream, "https://198.51.100.7:443");
    assert_eq!(
        (group.server.as_str(), group.module),
        ("app.test", Some(Module::Proxy))
    );
    assert_eq!(
        group.times,
        Time::read(b"2026/11/26 09:00:02").zip(Time::read(b"2026/11/26 10:41:02"))
    );
    assert_eq!(
        (seen.lines, seen.of_nginx, seen.failures, seen.beyond),
        (3, 2, 2, 0)
    );
    let said = Explanation::of(group, None);
    assert_eq!(said.causes.names[..2], ["sni_missing", "sni_unrecognized"]);
    assert_eq!(said.causes.confidence, Confidence::Likely);
    assert_eq!(said.fix, ["proxy_ssl_server_name on;"]);
    assert!(said.dead_ends.contains(&"proxy_ssl_verify off;".to_owned()));
}

#[test]
fn what_is_no_failure_of_an_upstream_is_counted_apart() {
    let of_client =
        "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x) while SSL handshaking";
    let (groups, seen) = read(&[
        line(7, 1, of_client),
        line(7, 2, "no live upstreams while connecting to upstream"),
        line(7, 3, "open() \"/x\" failed (2: No such file or directory)"),
    ]);
    assert!(groups.is_empty());
    assert_eq!(
        (seen.of_clients, seen.consequences, seen.failures),
        (1, 1, 0)
    );
    let pasted =
        "upstream server temporarily disabled while SSL handshaking to upstream, client: 192.0.2.1";
    let (groups, seen) = read(&[pasted.to_owned()]);
    assert!(groups.is_empty());
    assert_eq!((seen.consequences, seen.failures), (1, 0));
}

/// One that minds the offer closes the connection, one that does not know the name resets it as well.
#[test]
fn a_connection_that_ends_is_ranked_by_how_it_ends() {
    let names = |message: &str| {
        let group = only(&[line(7, 1, message)]);
        Explanation::of(&group, None).causes.names
    };
    let closed = "peer closed connection in SSL handshake while SSL handshaking to upstream";
    let reset = closed.replace(" while", " (104: Connection reset by peer) while");
    assert_eq!(
        names(closed)[..3],
        [
            "sni_missing",
            "protocol_version_mismatch",
            "cipher_mismatch"
        ]
    );
    assert_eq!(
        names(&reset)[..3],
        [
            "sni_missing",
            "sni_unrecognized",
            "protocol_version_mismatch"
        ]
    );
}

#[test]
fn wrappings_change_nothing() {
    let plain = line(7, 1, REFUSED);
    let docker = serde_json::json!({"log": format!("{plain}\n"), "stream": "stderr"}).to_string();
    let (groups, seen) = read(&[
        format!("2026-11-26T10:41:02.1Z stderr F {plain}"),
        format!("Nov 26 10:41:02 host nginx[7]: {plain}"),
        format!("web-1  | {plain}\r"),
        docker,
        plain,
    ]);
    assert_eq!((groups.len(), groups[0].count, seen.of_nginx), (1, 5, 5));
}

#[test]
fn the_line_of_the_module_takes_the_place_of_the_table() {
    let said = "upstream_tls[client_certificate_required] upstream asked; fix: \"proxy_ssl_certificate </a>;\" (likely); facts: x=y while SSL handshaking to upstream";
    let group = only(&[line(7, 1, REFUSED), line(7, 1, said)]);
    assert_eq!((group.count, group.kind), (1, Kind::Alert(40)));
    let explained = Explanation::of(&group, None);
    assert_eq!(explained.causes.names, ["client_certificate_required"]);
    assert_eq!(explained.fix, ["proxy_ssl_certificate </a>;"]);
    assert!(explained.causes.decide.is_empty());

    // Another worker's line in between, and another connection's after it.
    let (groups, seen) = read(&[
        line(7, 1, REFUSED),
        line(8, 1, REFUSED),
        line(7, 1, said),
        line(7, 2, REFUSED),
    ]);
    let own: Vec<_> = groups
        .iter()
        .map(|group| (group.own.is_some(), group.count))
        .collect();
    assert_eq!(own, [(false, 2), (true, 1)]);
    assert_eq!(seen.failures, 3);
}

#[test]
fn the_line_of_the_module_may_come_later() {
    let said = "upstream_tls[sni_missing] x; fix: none (likely)";
    let mut reader = Reader::new();
    let counts = |reader: &Reader| -> Vec<_> {
        let groups = reader.groups();
        groups
            .map(|(number, group)| (number, group.count, group.own.is_some()))
            .collect()
    };
    reader.line(line(7, 1, REFUSED).as_bytes());
    assert!(counts(&reader).is_empty(), "it waits");
    reader.flush();
    assert_eq!(counts(&reader), [(0, 1, false)]);
    reader.line(line(7, 1, said).as_bytes());
    assert_eq!(counts(&reader), [(1, 1, true)]);
    assert_eq!(reader.seen.failures, 1);
}

#[test]
fn without_the_line_of_nginx_that_of_the_module_stands_for_it() {
    let said = "upstream_tls[sni_missing] x; fix: \"proxy_ssl_server_name on;\" (likely) while SSL handshaking to upstream";
    let group = only(&[line(7, 1, said), line(7, 2, said)]);
    assert_eq!((group.kind, group.count), (Kind::Reported, 2));
    assert_eq!(group.upstream, "https://198.51.100.7:443");
    assert_eq!(Explanation::of(&group, None).causes.names, ["sni_missing"]);
    assert!(read(&[line(
        7,
        1,
        "upstream_tls[no_such_name] x; fix: none (certain)"
    )])
    .0
    .is_empty());
}

#[test]
fn debugging_lines_show_that_a_name_was_sent() {
    let debug =
        |connection, said: &str| format!("2026/11/26 10:41:02 [debug] 7#7: *{connection} {said}");
    let sent = "upstream SSL server name: \"api.test\"";
    let group = only(&[debug(1, sent), line(7, 1, REFUSED)]);
    let names = Explanation::of(&group, None).causes.names;
    assert!(
        group.name_sent && !names.contains(&"sni_missing"),
        "{names:?}"
    );
    // Another connection; another attempt of the same one.
    assert!(!only(&[debug(2, sent), line(7, 1, REFUSED)]).name_sent);
    let again = debug(1, "http upstream connect: -2");
    assert!(!only(&[debug(1, sent), again, line(7, 1, REFUSED)]).name_sent);
}

#[test]
fn a_script_that_repeats_nginx_is_counted_once() {
    let request = ", client: 192.0.2.1, server: app.test, request: \"x\"";
    let by_nginx = "lua ssl certificate verify error: (20: unable to get local issuer certificate)";
    let by_script = "[lua] a.lua:7: handshake failed: 20: unable to get local issuer certificate";
    let line = |said: &str| format!("2026/11/26 10:41:02 [error] 7#7: *1 {said}{request}");
    assert_eq!(only(&[line(by_nginx), line(by_script)]).count, 1);
    let group = only(&[line(by_script)]);
    let said = Explanation::of(&group, None);
    assert!(said.fix.is_empty(), "{:?}", said.fix);
    assert!(said.action.unwrap().contains("*_ssl_verify_depth"));
}

#[test]
fn directives_are_those_of_the_module() {
    for (scheme, prefix) in [("grpcs", "grpc"), ("suwsgi", "uwsgi"), ("https", "proxy")] {
        let group = only(&[line(7, 1, REFUSED).replace("\"https", &format!("\"{scheme}"))]);
        let said = Explanation::of(&group, None);
        let texts = said.fix.iter().chain(&said.dead_ends).chain(&said.action);
        for text in texts.filter(|text| text.contains("_ssl_")) {
            assert!(text.contains(&format!("{prefix}_ssl_")), "{text}");
        }
        assert!(!said.fix.is_empty());
    }
}

#[test]
fn pieces_of_lines_are_read_too() {
    for (piece, kind) in [
        ("SSL_do_handshake() failed (SSL: error:14077410:SSL routines:SSL23_GET_SERVER_HELLO:sslv3 alert handshake failure", Kind::Alert(40)),
        ("SSL_do_handshake() failed (SSL: error:0A00010B ...)", Kind::NotTls),
        ("  > *1 SSL_do_handshake() failed (... sslv3 alert handshake failure ...) while SSL handshaking to upstream", Kind::Alert(40)),
        ("SSL: error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40) while SSL handshaking to upstream", Kind::Alert(40)),
        ("SSL routines:ssl3_get_record:wrong version number) while SSL handshaking to upstream", Kind::NotTls),
        ("Peer closed connection in SSL handshake (104: Connection reset by peer)", Kind::Reset),
        ("`upstream SSL certificate verify error: (20:unable to get local issuer certificate)`", Kind::Verify(20)),
        ("Upstream SSL certificate does not match", Kind::NameMismatch(kind::Compared::Unknown)),
        ("3: unable to get certificate CRL", Kind::Verify(3)),
        ("[error] 7#7: *1 peer closed connection in SSL handshake while SSL handshaking to upstream", Kind::Closed),
    ] {
        assert_eq!(only(&[piece.to_owned()]).kind, kind, "{piece}");
    }
    let piece = "peer closed connection in SSL handshake while SSL handshaking to upstream, upstream: https://198.51.100.7:443/x";
    assert_eq!(
        only(&[piece.to_owned()]).upstream,
        "https://198.51.100.7:443"
    );
    for other in [
        "SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::x) while SSL handshaking, client: 192.0.2.1",
        "curl: (35) error:0A000410:SSL routines::sslv3 alert handshake failure",
        "error: something else",
        "wrong version number while SSL handshaking, client: 192.0.2.1",
        "443: unable to listen",
    ] {
        assert!(read(&[other.to_owned()]).0.is_empty(), "{other}");
    }
}

#[test]
fn a_few_lines_may_have_words_around_them() {
    for (text, cause) in [
        ("(time-out, it says: upstream timed out (110: Connection timed out) while SSL handshaking to upstream)", "plaintext_upstream"),
        ("nginx says: upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream", "certificate_expired"),
        ("http: TLS handshake error from 192.0.2.1:4: tls: client offered only unsupported versions: [303 302 301]", "protocol_version_mismatch"),
        ("credentials: cannot check peer: missing selected ALPN property", "alpn_mismatch"),
        ("it says: wrong version number while SSL handshaking to upstream", "plaintext_upstream"),
        ("wrong version number while SSL handshaking to upstream, upstream: \"https://198.51.100.7:443/\"", "sni_missing"),
        ("[error] Hostname a provided via SNI and hostname b provided via HTTP are different", "sni_unrecognized"),
    ] {
        let group = only(&[text.to_owned()]);
        assert_eq!(Explanation::of(&group, None).causes.names[0], cause, "{text}");
        // A log is another matter, and so is an access log.
        let in_a_log: Vec<_> = std::iter::repeat_n("x".to_owned(), 20).chain([text.to_owned()]).collect();
        assert!(read(&in_a_log).0.is_empty(), "{text}");
        assert!(read(&[text.to_owned(), line(7, 1, "open() failed")]).0.is_empty(), "{text}");
        for before in ["192.0.2.1 - - [26/Nov/2026:10:41:02 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"", "192.0.2.1 - "] {
            assert!(read(&[format!("{before}{text}")]).0.is_empty(), "{text}");
        }
    }
}

/// What a client sends makes no group, moves no failure to another one and names no upstream.
#[test]
fn forged_lines_move_nothing() {
    let forged = "2026/11/26 10:41:02 [error] 7#7: *1 SSL_do_handshake() failed (SSL: error:0A000458:SSL \
                  routines::x) while SSL handshaking to upstream, client: 203.0.113.9, server: evil.test, request: \"x\", \
                  upstream: \"https://203.0.113.9:443/\"";
    let not_found = format!("2026/11/26 10:41:02 [error] 7#7: *1 open() \"/x\" failed (2: No such file or directory), client: 192.0.2.1, server: app.test, request: \"GET /{forged} HTTP/1.1\", host: \"{forged}\"");
    let access = format!(
        "192.0.2.1 - - [26/Nov/2026:10:41:02 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"{forged}\""
    );
    let (groups, seen) = read(&[not_found, access, format!("192.0.2.1 - {forged}")]);
    assert!(groups.is_empty(), "{groups:?}");
    assert_eq!(seen.failures, 0);
    let genuine = line(7, 1, REFUSED).replace("GET /", &format!("GET /{forged}"));
    let group = only(&[genuine]);
    assert_eq!(
        (group.kind, group.server.as_str()),
        (Kind::Alert(40), "app.test")
    );
    assert_eq!(group.upstream, "");
}

/// Every kind has causes of the catalogue, four at most, none twice, and is sure of none that it must not
/// be sure of.
#[test]
fn causes_are_names_of_the_catalogue() {
    use openssl::LibraryError::{Internal, Other, Ssl, System};
    let mut kinds = vec![
        Kind::NotTls,
        Kind::Closed,
        Kind::Reset,
        Kind::TimedOut,
        Kind::LateClose,
        Kind::OwnCertificate,
        Kind::PlainToTls,
        Kind::NotHttp2,
        Kind::Reported,
        Kind::NameMismatch(kind::Compared::Host),
        Kind::Local(Internal),
        Kind::Local(System(5)),
        Kind::Local(Other {
            library: 16,
            reason: 129,
        }),
    ];
    kinds.extend((0..=255).flat_map(|alert| [Kind::Alert(alert), Kind::LateAlert(alert)]));
    kinds.extend((0..1000).map(|reason| Kind::Local(Ssl(reason))));
    kinds.extend((0..110).map(Kind::Verify));
    let upstreams = [
        "",
        "https://198.51.100.7:443",
        "https://127.0.0.1:8443",
        "https://10.0.0.7:80",
        "unix:/a",
    ];
    let modules = [
        None,
        Some(Module::Proxy),
        Some(Module::Grpc),
        Some(Module::Stream),
        Some(Module::Other),
    ];
    for kind in kinds {
        for (upstream, module) in upstreams
            .iter()
            .flat_map(|one| modules.map(|module| (one, module)))
        {
            for name_sent in [false, true] {
                let peer = causes::Peer::new(module, upstream, name_sent);
                let found = causes::Causes::of(kind, &peer, None);
                assert!((1..=4).contains(&found.names.len()), "{kind:?}");
                for name in &found.names {
                    assert!(CATALOGUE.iter().any(|rule| rule.name == *name), "{name}");
                    assert_eq!(
                        found.names.iter().filter(|one| *one == name).count(),
                        1,
                        "{kind:?}"
                    );
                }
                let may_be_certain = matches!(kind, Kind::Local(_) | Kind::Verify(10));
                assert!(
                    may_be_certain || found.confidence > Confidence::Certain,
                    "{kind:?}"
                );
            }
        }
    }
}
