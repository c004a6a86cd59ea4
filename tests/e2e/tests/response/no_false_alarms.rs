//! Nothing is said of what goes well, and of what an upstream refuses for reasons of its own. `make quiet` asks
//! for more of it: `TLSDIAG_QUIET` is the number of requests of each kind.

use std::io::{Read, Write};

use tlsdiag_e2e::client::{self, get, HOST};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::peers::{Stack, Upstream};
use tlsdiag_e2e::trial::run_with;

use super::lab::{Lab, PROTOCOLS};

/// Requests of one kind.
fn count() -> usize {
    let wanted = std::env::var("TLSDIAG_QUIET").ok();
    wanted.map_or(200, |wanted| wanted.parse().expect("a number"))
}

#[track_caller]
fn assert_quiet(finished: &Finished) {
    let ours = finished.log.ours();
    assert!(ours.is_empty(), "{:?}", ours.first());
    assert!(
        finished.documents.is_empty(),
        "{:?}",
        finished.documents.first()
    );
}

const KEEP: &str = "proxy_http_version 1.1;\nproxy_set_header Connection '';\n";
/// What an upstream may mean, and what nginx makes of none of them.
const STATUSES: [u16; 18] = [
    200, 204, 301, 304, 400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 429, 500, 502, 503,
];

/// An nginx that answers each of these by its path, and asks for a client certificate or not.
fn answering(lab: &Lab, asks: bool) -> Nginx {
    let files = lab
        .identity("api.example.test")
        .write(lab.directory(), "server");
    let clients = lab.clients.write(lab.directory(), "clients");
    let asking = match asks {
        true => format!(
            "ssl_verify_client optional; ssl_client_certificate {};",
            clients.display()
        ),
        false => String::new(),
    };
    let mut config = Config::new().server(&format!(
        "ssl_certificate {}; ssl_certificate_key {}; ssl_protocols TLSv1.2 TLSv1.3; {asking}",
        files.chain.display(),
        files.key.display()
    ));
    for status in STATUSES {
        let answer = match status {
            301 => "return 301 /elsewhere;".to_owned(),
            _ => format!("return {status};"),
        };
        config = config.location(&format!("/{status}"), &answer);
    }
    config.listen = "ssl".to_owned();
    Nginx::start(config)
}

/// The same upstreams by two locations of one identity: new connections, sessions, kept connections.
fn front(lab: &Lab, upstreams: &[(&str, u16)], version: &str) -> Config {
    let own = lab.present("client");
    let mut config = Config::new().server(&format!(
        "{KEEP}{own}proxy_ssl_protocols {version};\nproxy_ssl_server_name on;\nproxy_ssl_name api.example.test;\n"
    ));
    for (name, port) in upstreams {
        let block = |more: &str| format!("server 127.0.0.1:{port}; {more}");
        config = config
            .http(&format!("upstream {name} {{ {} }}\n", block("")))
            .http(&format!(
                "upstream kept_{name} {{ {} }}\n",
                block("keepalive 4;")
            ))
            .location(
                &format!("/{name}/"),
                &format!("proxy_pass https://{name}/;"),
            )
            .location(
                &format!("/kept_{name}/"),
                &format!("proxy_pass https://kept_{name}/;"),
            )
            .location(
                &format!("/intercepted_{name}/"),
                &format!(
                    "proxy_intercept_errors on; error_page 400 401 403 404 =200 /page;\n\
                     proxy_pass https://{name}/;"
                ),
            );
    }
    config.location("= /page", "return 200 'page\\n';")
}

#[test]
fn healthy_requests() {
    let lab = Lab::new();
    let peers = [Stack::OpenSsl, Stack::Nginx, Stack::Go]
        .map(|stack| Upstream::new(stack, lab.identity("api.example.test")).start());
    let names = ["openssl", "nginx", "go"];
    let ports: Vec<(&str, u16)> = names
        .into_iter()
        .zip(peers.iter().map(|one| one.port()))
        .collect();
    for version in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
        let ask = |nginx: &Nginx| {
            (0..count() / 2)
                .map(|number| {
                    let kept = if number % 2 == 0 { "" } else { "kept_" };
                    get(nginx.port(), &format!("/{kept}{}/", names[number % 3]))
                })
                .collect()
        };
        let run = run_with(front(&lab, &ports, version).module(Module::Ours), &ask);
        assert!(run.responses.iter().all(|one| one.status == 200));
        assert_quiet(&run.finished);
    }
}

#[test]
fn what_the_upstream_means() {
    let lab = Lab::new();
    let (asking, other) = (answering(&lab, true), answering(&lab, false));
    let upstreams = [("asking", asking.port()), ("other", other.port())];
    let places = [
        "asking",
        "kept_asking",
        "other",
        "kept_other",
        "intercepted_asking",
        "intercepted_other",
    ];
    for version in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
        let ask = |nginx: &Nginx| {
            (0..count() / 2)
                .map(|number| {
                    let place = places[number % places.len()];
                    let status = STATUSES[number / places.len() % STATUSES.len()];
                    let response = get(nginx.port(), &format!("/{place}/{status}"));
                    let page =
                        place.starts_with("intercepted") && [400, 401, 403, 404].contains(&status);
                    assert_eq!(response.status == status, !page, "{place} {status}");
                    response
                })
                .collect()
        };
        let run = run_with(front(&lab, &upstreams, version).module(Module::Ours), &ask);
        assert_quiet(&run.finished);
    }
}

/// Clients that go away before, while and after the upstream answers.
#[test]
fn clients_that_go_away() {
    let lab = Lab::new();
    let peer = answering(&lab, true);
    let config = front(&lab, &[("peer", peer.port())], "TLSv1.2 TLSv1.3");
    let nginx = Nginx::start(config.module(Module::Ours));
    for number in 0..count() {
        let path = STATUSES[number % STATUSES.len()];
        let mut stream = client::connect(nginx.port());
        write!(stream, "GET /peer/{path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n").unwrap();
        match number % 3 {
            0 => {}
            1 => drop(stream.shutdown(std::net::Shutdown::Write)),
            _ => drop(stream.read(&mut [0; 16])),
        }
    }
    assert_eq!(get(nginx.port(), "/peer/200").status, 200);
    assert_quiet(&nginx.finish());
}

/// Connections that end while nobody uses them: by the upstream after each answer, and by nginx when its places
/// are taken.
#[test]
fn idle_connections_that_end() {
    let lab = Lab::new();
    let peer = answering(&lab, true);
    let config = Config::new()
        .http(&format!(
            "upstream one {{ server 127.0.0.1:{0}; keepalive 1; keepalive_requests 2; }}\n\
             upstream two {{ server 127.0.0.1:{0}; keepalive 1; keepalive_timeout 1ms; }}\n",
            peer.port()
        ))
        .server(&format!("{PROTOCOLS}{KEEP}"))
        .location("/one/", "proxy_pass https://one/;")
        .location("/two/", "proxy_pass https://two/;");
    let ask = |nginx: &Nginx| {
        (0..count())
            .map(|number| {
                let block = ["one", "two"][number % 2];
                get(
                    nginx.port(),
                    &format!("/{block}/{}", STATUSES[number % STATUSES.len()]),
                )
            })
            .collect()
    };
    let run = run_with(config.module(Module::Ours), &ask);
    assert_quiet(&run.finished);
}
