//! Messages of every version.

use super::*;

const TAIL: &str = "client: 192.0.2.1, server: app.test, request: \"GET / HTTP/1.1\", upstream: \
                    \"https://192.0.2.7:443/\", host: \"app.test\"";

fn failure(message: &str) -> Option<(Kind, Option<Module>, String)> {
    match read(message.as_bytes()) {
        Seen::Failure(failure) | Seen::Echo(failure) => {
            let upstream = failure.tail.upstream.unwrap_or_default().to_vec();
            Some((
                failure.kind,
                failure.module,
                String::from_utf8(upstream).unwrap(),
            ))
        }
        _ => None,
    }
}

#[track_caller]
fn says(message: &str, kind: Kind, module: Module) {
    let (found, whose, _) = failure(message).unwrap_or_else(|| panic!("{message}"));
    assert_eq!((found, whose), (kind, Some(module)), "{message}");
}

/// The messages of nginx 1.10 to 1.31: they have not changed, but for what OpenSSL puts in.
#[test]
fn handshakes_that_fail() {
    for (said, kind) in [
        ("SSL_do_handshake() failed (SSL: error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert number 40)", Kind::Alert(40)),
        ("SSL_do_handshake() failed (SSL: error:0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112)", Kind::Alert(112)),
        ("SSL_do_handshake() failed (SSL: error:1408F10B:SSL routines:ssl3_get_record:wrong version number)", Kind::NotTls),
        ("SSL_do_handshake() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading)", Kind::Closed),
        ("SSL_do_handshake() failed (SSL: error:0A000152:SSL routines::unsafe legacy renegotiation disabled)", Kind::Local(openssl::LibraryError::Ssl(338))),
        ("SSL_do_handshake() failed (104: Connection reset by peer)", Kind::Reset),
        ("SSL_do_handshake() failed (SSL: error:80000068:system library::Connection reset by peer) (104: Connection reset by peer)", Kind::Reset),
        ("peer closed connection in SSL handshake", Kind::Closed),
        ("peer closed connection in SSL handshake (104: Connection reset by peer)", Kind::Reset),
        ("peer closed connection in SSL handshake (54: Connection reset by peer)", Kind::Reset),
        ("peer closed connection in SSL handshake (10054: FormatMessage() error:(317))", Kind::Reset),
        ("upstream timed out (110: Connection timed out)", Kind::TimedOut),
        ("upstream timed out (60: Operation timed out)", Kind::TimedOut),
        ("upstream SSL certificate verify error: (20:unable to get local issuer certificate)", Kind::Verify(20)),
        ("upstream SSL certificate does not match \"api.test\"", Kind::NameMismatch(Compared::Host)),
        ("upstream SSL certificate does not match \"backend\"", Kind::NameMismatch(Compared::Block)),
        ("upstream SSL certificate does not match \"192.0.2.7\"", Kind::NameMismatch(Compared::Address)),
        ("upstream SSL certificate does not match \"[::1]\"", Kind::NameMismatch(Compared::Address)),
    ] {
        says(&format!("{said} while SSL handshaking to upstream, {TAIL}"), kind, Module::Proxy);
    }
}

#[test]
fn whose_connection_it_was() {
    let with = |tail: &str| {
        format!("peer closed connection in SSL handshake while SSL handshaking to upstream, client: 192.0.2.1, server: a, {tail}")
    };
    let request = "request: \"POST / HTTP/2.0\", upstream:";
    says(
        &with(&format!("{request} \"grpcs://192.0.2.7:443\"")),
        Kind::Closed,
        Module::Grpc,
    );
    says(
        &with(&format!("{request} \"suwsgi://192.0.2.7:443\"")),
        Kind::Closed,
        Module::Uwsgi,
    );
    says(
        &with("upstream: \"192.0.2.7:443\", bytes from/to client:0/0, bytes from/to upstream:0/0"),
        Kind::Closed,
        Module::Stream,
    );
    let unknown = failure(&with("request: \"x")).unwrap();
    assert_eq!((unknown.1, unknown.2.as_str()), (None, ""));
}

/// The log's action is that of the main request (mirror).
#[test]
fn a_subrequest_shakes_hands_meanwhile() {
    let said =
        "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x) while sending to client";
    says(&format!("{said}, {TAIL}"), Kind::Alert(40), Module::Proxy);
}

#[test]
fn what_comes_after_the_handshake() {
    let with = |said: &str, action: &str| format!("{said} while {action}, {TAIL}");
    let reading = "reading response header from upstream";
    for (said, kind) in [
        ("SSL_read() failed (SSL: error:0A00045C:SSL routines::tlsv13 alert certificate required:SSL alert number 116)", Kind::LateAlert(116)),
        ("SSL_read() failed (SSL: error:0A000126:SSL routines::unexpected eof while reading)", Kind::LateClose),
        ("SSL_read() failed (104: Connection reset by peer)", Kind::LateClose),
        ("upstream prematurely closed connection", Kind::LateClose),
    ] {
        says(&with(said, reading), kind, Module::Proxy);
        assert_eq!(failure(&with(said, "reading upstream")), None, "{said}: in the body");
    }
    says(
        &with(
            "connect() failed (32: Broken pipe)",
            "sending request to upstream",
        ),
        Kind::LateClose,
        Module::Proxy,
    );
    let plain = with("upstream prematurely closed connection", reading).replace("https", "http");
    assert_eq!(failure(&plain), None);
    let stream = "SSL_read() failed (SSL: error:0A000418:SSL routines::x) while proxying and reading from \
                  upstream, client: 192.0.2.1, server: 0.0.0.0:1, upstream: \"192.0.2.7:2\", bytes from/to \
                  client:61/0, bytes from/to upstream:0/61";
    says(stream, Kind::LateAlert(48), Module::Stream);
    assert_eq!(
        failure(&stream.replace("upstream:0/", "upstream:9/")),
        None,
        "it had worked"
    );
}

#[test]
fn the_wrong_protocol_altogether() {
    let of = |said: &str, upstream: &str| {
        format!("{said} while reading response header from upstream, client: 192.0.2.1, server: a, request: \"x\", upstream: \"{upstream}\"")
    };
    let header = "upstream sent no valid HTTP/1.0 header";
    says(
        &of(header, "http://192.0.2.7:443/"),
        Kind::PlainToTls,
        Module::Proxy,
    );
    assert_eq!(failure(&of(header, "http://192.0.2.7:8080/")), None);
    let frame = "upstream sent too large http2 frame: 4740180";
    says(
        &of(frame, "grpcs://192.0.2.7:443"),
        Kind::NotHttp2,
        Module::Grpc,
    );
    assert_eq!(failure(&of(frame, "grpc://192.0.2.7:443")), None);
}

#[test]
fn scripts_have_words_of_their_own() {
    let request = "client: 192.0.2.1, server: a, request: \"x\", host: \"a\"";
    for (message, kind) in [
        ("SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x)", Kind::Alert(40)),
        ("SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x) while SSL handshaking to fetch target", Kind::Alert(40)),
        ("SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x) while SSL handshaking to http target", Kind::Alert(40)),
        ("SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x), context: ngx.timer", Kind::Alert(40)),
        ("lua ssl certificate verify error: (18: self-signed certificate)", Kind::Verify(18)),
        ("stream lua ssl certificate verify error: (18: self signed certificate)", Kind::Verify(18)),
        ("lua ssl certificate does not match host \"api.test\"", Kind::NameMismatch(Compared::Host)),
        ("js fetch SSL certificate verify error: (10:certificate has expired)", Kind::Verify(10)),
        ("js http fetch SSL certificate verify error: (10:certificate has expired)", Kind::Verify(10)),
        ("js http SSL certificate does not match \"api.test\"", Kind::NameMismatch(Compared::Host)),
        ("[lua] a.lua:7: f(): ssl handshake failed: 20: unable to get local issuer certificate", Kind::Verify(20)),
        ("[lua] a.lua:7: handshake: certificate host mismatch", Kind::NameMismatch(Compared::Unknown)),
    ] {
        says(&format!("{message}, {request}"), kind, Module::Other);
    }
    for message in [
        "[lua] a.lua:7: took 20: unable to get",
        "[lua] a.lua:7: handshake done in 20: ms",
    ] {
        assert_eq!(failure(&format!("{message}, {request}")), None);
    }
}

#[test]
fn what_is_no_failure_of_a_handshake_with_an_upstream() {
    let client = "client: 192.0.2.1, server: 0.0.0.0:443";
    for (message, wanted) in [
        ("SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::x) while SSL handshaking", Seen::ClientSide),
        ("peer closed connection in SSL handshake while SSL handshaking", Seen::ClientSide),
        ("SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::x) while handling frames", Seen::Nothing),
        ("no live upstreams while connecting to upstream", Seen::Consequence),
        ("upstream server temporarily disabled while SSL handshaking to upstream", Seen::Consequence),
        ("connect() failed (111: Connection refused) while connecting to upstream", Seen::Nothing),
        ("upstream timed out (110: Connection timed out) while connecting to upstream", Seen::Nothing),
        ("upstream timed out (110: Connection timed out) while reading response header from upstream", Seen::Nothing),
        ("open() \"/a\" failed (2: No such file or directory)", Seen::Nothing),
        ("SSL_shutdown() failed (SSL: error:140E0197:SSL routines:SSL_shutdown:shutdown while in init)", Seen::Nothing),
        ("SSL_read() failed (SSL: error:0A000412:SSL routines::x) while keepalive", Seen::Nothing),
        ("cannot load certificate \"/a\": BIO_new_file() failed while SSL handshaking", Seen::Nothing),
        ("", Seen::Nothing),
    ] {
        let message = format!("{message}, {client}");
        assert_eq!(read(message.as_bytes()), wanted, "{message}");
    }
    assert_eq!(read(b"upstream SSL server name: \"a\""), Seen::NameSent);
}

/// `proxy_ssl_name $http_x`: a client can have written the name.
#[test]
fn a_name_that_goes_on_as_nginx_would_hides_the_tail_and_no_more() {
    let name = "x\" while SSL handshaking to upstream, client: 192.0.2.9, server: evil, upstream: \"https://evil:443";
    let message = format!("upstream SSL certificate does not match \"{name}\" while SSL handshaking to upstream, {TAIL}");
    let (kind, module, upstream) = failure(&message).unwrap();
    assert_eq!(
        (kind, module, upstream.as_str()),
        (Kind::NameMismatch(Compared::Block), None, "")
    );
    let name = "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x)";
    let message = format!("upstream SSL certificate does not match \"{name}\" while SSL handshaking to upstream, {TAIL}");
    says(&message, Kind::NameMismatch(Compared::Block), Module::Proxy);
}

#[test]
fn nothing_is_read_beyond_the_end() {
    for said in [
        "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::x)",
        "upstream SSL certificate verify error: (20:x)",
        "upstream SSL certificate does not match \"x\"",
    ] {
        let message = format!("{said} while SSL handshaking to upstream, {TAIL}");
        for end in 0..message.len() {
            read(&message.as_bytes()[..end]);
        }
    }
}
