//! Nothing is said of what goes well, and of what an upstream refuses for reasons of its own. `make quiet` asks
//! for more of it: `TLSDIAG_QUIET` is the number of requests of each kind.

use std::io::Read;

use tlsdiag_e2e::client::{self, get};
use tlsdiag_e2e::lab::{block, Lab, KEEP, NAMED, PROTOCOLS};
use tlsdiag_e2e::nginx::{Config, Finished, Module, Nginx};
use tlsdiag_e2e::peers::{Peer, Stack};
use tlsdiag_e2e::trial::run_with;

use super::lab::{asking, assert_good, serving};

/// Requests of one kind.
fn count() -> usize {
    let wanted = std::env::var("TLSDIAG_QUIET").ok();
    wanted.map_or(200, |wanted| wanted.parse().expect("a number"))
}

#[track_caller]
fn assert_quiet(finished: &Finished) {
    let (ours, documents) = (finished.log.ours(), &finished.documents);
    assert!(ours.is_empty(), "{:?}", ours.first());
    assert!(documents.is_empty(), "{:?}", documents.first());
}

/// What an upstream may mean, and what nginx makes of none of them.
const STATUSES: [u16; 18] = [
    200, 204, 301, 304, 400, 401, 402, 403, 404, 405, 409, 410, 413, 418, 429, 500, 502, 503,
];

/// An nginx that answers each of these by its path, and asks for a client certificate or not.
fn answering(lab: &Lab, asks: bool) -> Nginx {
    let server = if asks { asking(lab) } else { lab.serve() };
    let config = Config::new().server(&format!("{server}ssl_protocols TLSv1.2 TLSv1.3;"));
    let answer = |config: Config, status| {
        let more = if status == 301 { " /elsewhere" } else { "" };
        config.location(&format!("/{status}"), &format!("return {status}{more};"))
    };
    serving(STATUSES.into_iter().fold(config, answer))
}

/// The same upstreams by two locations of one identity: new connections, sessions, kept connections.
fn front(lab: &Lab, upstreams: &[(&str, u16)], version: &str) -> Config {
    let own = lab.present("client");
    let server = format!("{KEEP}{own}{NAMED}proxy_ssl_protocols {version};\n");
    let mut config = Config::new().server(&server);
    for (name, port) in upstreams {
        let pass = format!("proxy_pass https://{name}/;");
        let intercepted = "proxy_intercept_errors on; error_page 400 401 403 404 =200 /page;";
        config = config
            .http(&block(name, &[*port], ""))
            .http(&block(&format!("kept_{name}"), &[*port], "keepalive 4;"))
            .location(&format!("/{name}/"), &pass)
            .location(&format!("/kept_{name}/"), &pass.replace("//", "//kept_"))
            .location(
                &format!("/intercepted_{name}/"),
                &format!("{intercepted}\n{pass}"),
            );
    }
    config.location("= /page", "return 200 'page\\n';")
}

#[test]
fn healthy_requests() {
    let lab = Lab::new();
    let stacks = [Stack::OpenSsl, Stack::Nginx, Stack::Go];
    let peers = stacks.map(|stack| Lab::at(stack, None).good().start());
    let names = ["openssl", "nginx", "go"];
    let ports = names.into_iter().zip(peers.iter().map(Peer::port));
    let ports: Vec<(&str, u16)> = ports.collect();
    for version in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
        let ask = |nginx: &Nginx| {
            (0..count() / 2)
                .map(|number| {
                    let kept = if number % 2 == 0 { "" } else { "kept_" };
                    get(nginx.port(), &format!("/{kept}{}/", names[number % 3]))
                })
                .collect()
        };
        assert_good(front(&lab, &ports, version), ask);
    }
}

#[test]
fn what_the_upstream_means() {
    let lab = Lab::new();
    let (asking, other) = (answering(&lab, true), answering(&lab, false));
    let upstreams = [("asking", asking.port()), ("other", other.port())];
    let ways = ["", "kept_", "intercepted_"];
    let places = ways
        .map(|way| upstreams.map(|(name, _)| format!("{way}{name}")))
        .concat();
    for version in ["TLSv1.2", "TLSv1.2 TLSv1.3"] {
        let ask = |nginx: &Nginx| {
            (0..count() / 2)
                .map(|number| {
                    let place = &places[number % places.len()];
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
        let mut stream = client::begin(nginx.port(), &format!("/peer/{path}"));
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
