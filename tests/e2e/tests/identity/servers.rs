//! Which `server` served the request, where its client came in, and under which id it is logged.

use tlsdiag_e2e::client::{self, HOST};
use tlsdiag_e2e::lab::refusing;
use tlsdiag_e2e::nginx::{Config, Module, Nginx};
use tlsdiag_e2e::ports::Port;

use super::lab::assert_says;

/// Two servers, one of them without a name, and one of stream.
#[test]
fn of_http_and_stream() {
    let (bad, nameless, session) = (refusing(), Port::reserve(), Port::reserve());
    let config = Config::new()
        .module(Module::Ours)
        .http(&format!(
            "server {{ listen 127.0.0.1:{nameless}; location / {{ {} }} }}",
            bad.pass()
        ))
        .location("/", &bad.pass())
        .stream(&format!(
            "server {{ listen 127.0.0.1:{session}; proxy_ssl on; proxy_pass 127.0.0.1:{}; }}",
            bad.port()
        ));
    let nginx = Nginx::start(config);
    let named = nginx.port();
    nginx.fail("/");
    assert_eq!(client::get(nameless.number(), "/").status, 502);
    client::exchange(session.number(), b"hello");
    let finished = nginx.finish();
    let [first, second, third] = finished.documents.as_slice() else {
        panic!("{}", finished.log.text);
    };
    for (document, server, port) in [
        (first, HOST, named),
        (second, "", nameless.number()),
        (third, "", session.number()),
    ] {
        let said = format!(
            "nginx/upstream_tls/virtual_server={server} \
             nginx/upstream_tls/listen=127.0.0.1:{port} http/request/id="
        );
        assert_says(document, &said);
    }
}

/// The id in the document is the one of the access log, which asks for it after the failure.
#[test]
fn with_the_id_of_the_access_log() {
    let bad = refusing();
    let config = Config::new()
        .module(Module::Ours)
        .http("log_format id '$request_id';")
        .server("access_log access.txt id;")
        .location("/", &bad.pass());
    let nginx = Nginx::start(config);
    (0..3).for_each(|_| nginx.fail("/"));
    let ids = nginx.lines("access.txt", 3);
    let finished = nginx.finish();
    assert_eq!(finished.documents.len(), 3, "{}", finished.log.text);
    for (id, document) in ids.iter().zip(&finished.documents) {
        assert_eq!(id.len(), 32);
        assert_says(document, &format!("http/request/id={id}"));
    }
}
