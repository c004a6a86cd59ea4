//! `proxy_pass` with variables: what they gave, not what stands in nginx.conf.

use std::net::Ipv4Addr;

use tlsdiag_e2e::lab::{block, healthy, refusing, API};
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::trial::Trial;

use super::lab::{assert_line_of, assert_says, only_failure};

/// The variable holds the name of a block.
#[test]
fn that_name_a_block() {
    let (bad, good) = (refusing(), healthy());
    let config = || {
        Config::new()
            .http(&block("broken", &[bad.port()], ""))
            .http(&block("works", &[good.port()], ""))
            .location("/", "proxy_pass https://$arg_to;")
    };
    let trial = Trial::new(config, &["/a?to=works", "/b?to=broken", "/c?to=works"]);
    let failure = only_failure(&trial, &[200, 502, 200]);
    assert_line_of(&failure, "/b?to=broken");
    let port = bad.port();
    let said = format!(
        "url/path=/b location_name=/ upstream=broken server/address=broken server/port={port}"
    );
    assert_says(&failure.document, &said);
}

/// The variable holds an address.
#[test]
fn that_hold_an_address() {
    let bad = refusing();
    let config = || Config::new().location("/", "proxy_pass https://127.0.0.1:$arg_port;");
    let path = format!("/x?port={}", bad.port());
    let trial = Trial::new(config, &[&path]);
    let failure = only_failure(&trial, &[502]);
    let said = format!("server/ip=127.0.0.1 server/port={}", bad.port());
    assert_says(&failure.document, &said);
}

fn resolving(dns: &Dns) -> Config {
    Config::new()
        .http(&format!("resolver 127.0.0.1:{} ipv6=off;", dns.port()))
        .location("/", "proxy_pass https://$arg_to:$arg_port;")
}

/// Names that a resolver answers; one that it does not know is no failure of TLS.
#[test]
fn that_a_resolver_answers() {
    let (bad, good) = (refusing(), healthy());
    let here = [Ipv4Addr::LOCALHOST];
    let dns = Dns::start(&[(API, &here), ("works.example.test", &here)]);
    let to = |name: &str, port: u16| format!("/x?to={name}&port={port}");
    let paths = [
        to("works.example.test", good.port()),
        to(API, bad.port()),
        to("nowhere.example.test", bad.port()),
        to("works.example.test", good.port()),
    ];
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let trial = Trial::new(|| resolving(&dns), &paths);
    let failure = only_failure(&trial, &[200, 502, 502, 200]);
    assert_line_of(&failure, paths[1]);
    let port = bad.port();
    let said = format!(
        "upstream={API} server/address={API} server/ip=127.0.0.1 server/port={port} attempt=1 \
         final=true"
    );
    assert_says(&failure.document, &said);
}

/// One name with two addresses that both refuse: two attempts.
#[test]
fn that_a_resolver_answers_twice() {
    let bad = refusing();
    // 127.0.0.2 is this machine too, where nobody listens: no handshake, no diagnosis.
    let dns = Dns::start(&[(API, &[Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)])]);
    let path = format!("/x?to={API}&port={}", bad.port());
    // nginx begins with either address, so its own lines are not compared.
    let failure = Trial::new(|| resolving(&dns), &[&path])
        .diagnosed(1)
        .remove(0);
    let said = format!("upstream={API} server/ip=127.0.0.1");
    assert_says(&failure.document, &said);
}
