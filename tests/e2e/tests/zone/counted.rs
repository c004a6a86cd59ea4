//! What is counted, and where.

use std::net::Ipv4Addr;

use serde_json::json;
use tlsdiag_e2e::certs::{Authority, Leaf};
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::Nginx;
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::peers::{Defect, Group, Stack, Upstream, Version};

use super::lab::{
    block, counting, get, healthy, refusing, server, servers, status, upstream, upstream_of, API,
};

#[test]
fn good_and_failed_handshakes_of_each_server() {
    let (good, bad) = (healthy(), refusing());
    let config = counting()
        .http(&block("orders", &good))
        .http(&block("broken", &bad))
        .location(
            "/good",
            "proxy_pass https://orders; proxy_ssl_session_reuse off; proxy_ssl_protocols TLSv1.2;",
        )
        .location("/bad", "proxy_pass https://broken;");
    let nginx = Nginx::start(config);
    get(&nginx, "/good", 200, 3);
    get(&nginx, "/bad", 502, 2);

    let good = server(&nginx, "orders");
    let ssl = &good["ssl"];
    assert_eq!(
        (&ssl["handshakes"], &ssl["handshakes_failed"]),
        (&json!(3), &json!(0)),
        "{good:#}"
    );
    assert_eq!(ssl["session_reuses"], 0);
    assert_eq!(good["protocols"], json!({"TLSv1.2": 3}));
    assert_eq!(good["failures"], json!({}));
    assert_eq!(
        good["name"], good["server"],
        "the server line names the address"
    );
    assert!(good.get("last_failure").is_none() && good.get("changed").is_none());

    let bad = server(&nginx, "broken");
    let ssl = &bad["ssl"];
    assert_eq!(
        (&ssl["handshakes"], &ssl["handshakes_failed"]),
        (&json!(0), &json!(2)),
        "{bad:#}"
    );
    assert_eq!(bad["failures"], json!({"sni_missing": 2}));
    assert_eq!(
        bad["alerts"],
        json!({"received": {"handshake_failure": 2}, "sent": {}})
    );
    assert_eq!(bad["last_failure"]["reason"], "sni_missing");
    assert!(
        bad.get("last_good").is_none() && bad.get("changed").is_none(),
        "never good"
    );

    let status = status(&nginx);
    assert_eq!(status["zone"]["servers"], 2);
    assert_eq!(status["zone"]["name"], "tls");
    assert_eq!(status["zone"]["overflows"], 0);
    assert_eq!(status["nginx"]["generation"], 1);
    let time = &status["http"]["upstreams"]["orders"]["handshake_time_hist"];
    assert_eq!(
        (&time["count"], &time["le_ms"]["10000"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(status["stream"]["upstreams"], json!({}));
    assert_eq!(status["other"]["ssl"]["handshakes"], 0);
    nginx.finish();
}

#[test]
fn resumed_sessions_and_what_was_agreed_on() {
    let root = Authority::root("Example Root");
    let identity = root.issue(&Leaf::named(API).rsa());
    let tls13 = Upstream::new(Stack::OpenSsl, identity.clone());
    let tls13 = tls13.versions(Version::Tls13, Version::Tls13);
    let tls13 = tls13.group(Group::X25519).start();
    let tls12 = Upstream::new(Stack::OpenSsl, identity);
    let tls12 = tls12.versions(Version::Tls12, Version::Tls12).start();
    let config = counting()
        .http(&block("new", &tls13))
        .http(&block("old", &tls12))
        .location(
            "/new/",
            "proxy_pass https://new; proxy_ssl_protocols TLSv1.3; proxy_ssl_server_name on;
             proxy_ssl_name api.example.test;",
        )
        .location("/old/", "proxy_pass https://old;");
    let nginx = Nginx::start(config);
    get(&nginx, "/new/", 200, 1);
    get(&nginx, "/old/", 200, 3);
    let new = server(&nginx, "new");
    let good = &new["last_good"];
    assert_eq!(good["version"], "TLSv1.3", "{new:#}");
    assert_eq!(good["cipher"], "TLS_AES_256_GCM_SHA384");
    assert_eq!(good["group"], "x25519");
    assert_eq!(good["server_name"], API);
    assert_eq!(good["location_name"], "/new/");
    assert_eq!(good["generation"], 1);
    let certificate = &good["certificate"];
    assert_eq!(certificate["issuer"], "CN=Example Root", "{new:#}");
    assert_eq!(certificate["key"], "RSA 2048");
    assert_eq!(certificate["sha256"].as_str().unwrap().len(), 64);
    assert!(certificate["not_after"].as_str() > certificate["not_before"].as_str());
    assert!(good.get("client_certificate").is_none());
    let old = server(&nginx, "old");
    assert_eq!(old["protocols"], json!({"TLSv1.2": 3}));
    assert_eq!(old["ssl"]["session_reuses"], 2, "{old:#}");
    nginx.finish();
}

/// nginx may still reject the certificate of a handshake that is done, and in TLS 1.3 the server may
/// reject nginx's: neither is good.
#[test]
fn a_handshake_is_good_only_once_it_is_used() {
    let clients = Authority::root("Example Client Root");
    let demanding = upstream().versions(Version::Tls13, Version::Tls13);
    let (rejected, demanding) = (healthy(), demanding.demand_client(&clients).start());
    let config = counting()
        .http(&block("rejected", &rejected))
        .http(&block("demanding", &demanding))
        .location(
            "/rejected",
            "proxy_pass https://rejected; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;",
        )
        .location("/demanding", "proxy_pass https://demanding; proxy_ssl_protocols TLSv1.3;");
    let nginx = Nginx::start(config);
    get(&nginx, "/rejected", 502, 1);
    get(&nginx, "/demanding", 502, 1);
    for (name, reason) in [
        ("rejected", "certificate_chain_incomplete"),
        ("demanding", "client_certificate_required"),
    ] {
        let server = server(&nginx, name);
        assert_eq!(server["ssl"]["handshakes"], 0, "{server:#}");
        assert_eq!(server["ssl"]["handshakes_failed"], 1);
        assert_eq!(server["failures"][reason], 1, "{server:#}");
    }
    nginx.finish();
}

/// A request that is refused in HTTP over what TLS told is a failure of its cause; its handshake was good.
#[test]
fn a_refused_request_is_counted_with_its_cause() {
    let peer = upstream_of(Stack::Go).defect(Defect::Misdirects).start();
    let config = counting()
        .http(&block("orders", &peer))
        .location(
            "/",
            "proxy_pass https://orders; proxy_set_header Host $host;",
        )
        .location(
            "/right",
            &format!("proxy_pass https://orders; proxy_set_header Host {API};"),
        );
    let nginx = Nginx::start(config);
    get(&nginx, "/", 421, 3);
    let orders = server(&nginx, "orders");
    assert_eq!(orders["ssl"]["handshakes"], 3, "{orders:#}");
    assert_eq!(orders["ssl"]["handshakes_failed"], 0);
    assert_eq!(orders["failures"], json!({"sni_missing": 3}));
    assert_eq!(orders["refused"], 3);
    assert_eq!(orders["last_failure"]["reason"], "sni_missing");
    assert!(orders["last_failure"]["time"].as_str() > orders["last_success"].as_str());
    assert_eq!(status(&nginx)["log"]["records"], 3);
    get(&nginx, "/right", 200, 1);
    let orders = server(&nginx, "orders");
    assert_eq!(
        (&orders["refused"], &orders["ssl"]["handshakes"]),
        (&json!(3), &json!(4))
    );
    let failures = nginx.finish().documents;
    assert_eq!(failures.len(), 3);
}

#[test]
fn stream_is_counted_for_itself() {
    let (good, bad) = (healthy(), refusing());
    let ports = [
        tlsdiag_e2e::ports::Port::reserve(),
        tlsdiag_e2e::ports::Port::reserve(),
    ];
    let name = |peer, name: &str| block(name, peer);
    let config = counting()
        .http(&block("orders", &good))
        .location("/", "proxy_pass https://orders;")
        .stream(&format!(
            "{}{}
             server {{ listen 127.0.0.1:{}; proxy_pass orders; proxy_ssl on; }}
             server {{ listen 127.0.0.1:{}; proxy_pass broken; proxy_ssl on; }}",
            name(&good, "orders"),
            name(&bad, "broken"),
            ports[0],
            ports[1]
        ));
    let nginx = Nginx::start(config);
    let request = b"GET / HTTP/1.0\r\n\r\n";
    let answer = client::exchange(ports[0].number(), request);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    assert!(client::exchange(ports[1].number(), request).is_empty());
    get(&nginx, "/", 200, 2);
    let status = status(&nginx);
    let stream = &status["stream"]["upstreams"];
    assert_eq!(
        stream["orders"]["peers"][0]["ssl"]["handshakes"], 1,
        "{status:#}"
    );
    let broken = &stream["broken"]["peers"][0];
    assert_eq!(broken["ssl"]["handshakes_failed"], 1);
    assert_eq!(broken["alerts"]["received"]["handshake_failure"], 1);
    assert_eq!(servers(&status, "orders")[0]["ssl"]["handshakes"], 2);
    assert_eq!(servers(&status, "broken").len(), 0);
    nginx.finish();
}

/// What variables name is one upstream; what they only choose is the block's.
#[test]
fn hosts_of_variables_are_one_upstream() {
    let (one, other) = (healthy(), refusing());
    let here: &[Ipv4Addr] = &[Ipv4Addr::LOCALHOST];
    let dns = Dns::start(&[("one.example.test", here), ("other.example.test", here)]);
    let (first, second) = (one.port(), other.port());
    let config = counting()
        .http(&block("orders", &one))
        .http(&format!("resolver 127.0.0.1:{} ipv6=off;\n", dns.port()))
        .location(
            "/one",
            &format!("set $host_of one.example.test; proxy_pass https://$host_of:{first};"),
        )
        .location(
            "/other",
            &format!("set $host_of other.example.test; proxy_pass https://$host_of:{second};"),
        )
        .location(
            "/block",
            "set $host_of orders; proxy_pass https://$host_of;",
        );
    let nginx = Nginx::start(config);
    get(&nginx, "/one", 200, 2);
    get(&nginx, "/other", 502, 1);
    get(&nginx, "/block", 200, 3);
    let status = status(&nginx);
    let variable = servers(&status, "(variable)");
    assert_eq!(variable.len(), 2, "{status:#}");
    let of = |port: u16| {
        let address = format!("127.0.0.1:{port}");
        variable
            .iter()
            .find(|one| one["server"] == address)
            .unwrap()
    };
    assert_eq!(of(first)["ssl"]["handshakes"], 2);
    assert_eq!(of(second)["ssl"]["handshakes_failed"], 1);
    assert!(of(first).get("name").is_none(), "no server line names it");
    assert_eq!(servers(&status, "orders")[0]["ssl"]["handshakes"], 3);
    nginx.finish();
}

#[test]
fn where_nothing_is_diagnosed_nothing_is_counted() {
    let (good, bad) = (healthy(), refusing());
    let off = "upstream_tls_diag off;";
    let config = counting()
        .http(&block("orders", &good))
        .http(&block("broken", &bad))
        .location("/good", &format!("proxy_pass https://orders; {off}"))
        .location("/bad", &format!("proxy_pass https://broken; {off}"));
    let nginx = Nginx::start(config);
    get(&nginx, "/good", 200, 1);
    get(&nginx, "/bad", 502, 1);
    assert_eq!(status(&nginx)["http"]["upstreams"], json!({}));
    nginx.finish();
}
