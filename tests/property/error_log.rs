//! What must hold of the reader of error logs, whatever bytes it gets.

use tlsdiag::error_log::{Explanation, Reader};
use tlsdiag::rules::CATALOGUE;

/// To begin with: a line of each kind, the tails of each module, and what others put around them.
pub(crate) fn corpus() -> Vec<Vec<u8>> {
    const SAID: [&str; 14] = [
        "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::ssl/tls alert handshake failure:SSL alert number 40)",
        "SSL_do_handshake() failed (SSL: error:1408F10B:SSL routines:ssl3_get_record:wrong version number)",
        "SSL_do_handshake() failed (SSL: error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER)",
        "SSL_do_handshake() failed (SSL: error:0A0000C6:SSL routines::x error:0A000139:SSL routines::y) (104: z)",
        "peer closed connection in SSL handshake (104: Connection reset by peer)",
        "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
        "upstream SSL certificate does not match \"api.test\"",
        "upstream timed out (110: Connection timed out)",
        "SSL_read() failed (SSL: error:0A00045C:SSL routines::tlsv13 alert certificate required)",
        "upstream_tls[sni_missing] said; fix: \"proxy_ssl_server_name on;\" only if x (likely, changes trust); facts: a=b",
        "upstream SSL server name: \"api.test\"",
        "lua ssl certificate verify error: (18: self-signed certificate)",
        "[lua] a.lua:7: handshake failed: 20: unable to get local issuer certificate",
        "js fetch SSL certificate does not match \"api.test\"",
    ];
    const TAILS: [&str; 4] = [
        " while SSL handshaking to upstream, client: 192.0.2.1, server: app.test, request: \"GET / HTTP/1.1\", upstream: \"https://192.0.2.7:443/\", host: \"a\"",
        " while reading response header from upstream, client: ::1, server: , request: \"x\", upstream: \"grpcs://unix:/a:/b\"",
        " while SSL handshaking to upstream, client: unix:, server: 0.0.0.0:1, upstream: \"192.0.2.7:1\", bytes from/to client:0/0, bytes from/to upstream:0/0",
        ", context: ngx.timer",
    ];
    let wrapped = |line: &str| {
        let object = format!("{{\"log\":\"{}\\n\"}}", line.replace('"', "\\\""));
        [line.to_owned(), format!("web-1  | {line}"), object]
    };
    let line = |said: &str, tail: &str| format!("2026/11/26 10:41:02 [error] 7#7: *1 {said}{tail}");
    let lines = SAID
        .iter()
        .flat_map(|said| TAILS.map(|tail| line(said, tail)));
    lines
        .flat_map(|line| wrapped(&line))
        .map(String::into_bytes)
        .collect()
}

/// Reads the bytes as a log and looks at what comes out.
pub(crate) fn read(bytes: &[u8]) {
    let mut reader = Reader::new();
    for line in bytes.split(|one| *one == b'\n') {
        reader.line(line);
    }
    reader.flush();
    let mut counted = 0;
    for (_, group) in reader.groups() {
        counted += group.count;
        assert!(
            group.upstream.len() <= 600 && group.server.len() <= 600,
            "{group:?}"
        );
        let said = Explanation::of(group, None);
        assert!((1..=4).contains(&said.causes.names.len()), "{said:?}");
        for name in &said.causes.names {
            assert!(CATALOGUE.iter().any(|rule| rule.name == *name), "{name}");
        }
        let texts = said.fix.iter().chain(&said.action).chain(&said.condition);
        for text in texts {
            assert!(
                text.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
                "{text:?}"
            );
        }
    }
    let seen = reader.seen;
    assert_eq!(
        counted + seen.beyond,
        seen.failures,
        "{:?}",
        reader.groups().collect::<Vec<_>>()
    );
    assert!(seen.of_nginx <= seen.lines);
}
