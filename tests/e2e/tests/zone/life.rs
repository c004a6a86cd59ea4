//! A zone over the life of an nginx.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::Value;
use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::{Config, Daemon, Nginx};
use tlsdiag_e2e::peers::dns::Dns;
use tlsdiag_e2e::peers::{answer, scripted, Peer};
use tlsdiag_e2e::wait;

use super::lab::{
    block, counting, get, healthy, refusing, server, servers, status, tls_server, Death,
};

#[test]
fn a_reload_goes_on_counting_and_another_size_begins_anew() {
    let good = healthy();
    let config = counting()
        .http(&block("orders", &good))
        .location("/good", "proxy_pass https://orders;");
    let mut nginx = Nginx::start(config);
    get(&nginx, "/good", 200, 2);
    let since = status(&nginx)["zone"]["since"].clone();
    nginx.reload(|_| ()).unwrap();
    get(&nginx, "/good", 200, 3);
    assert_eq!(server(&nginx, "orders")["ssl"]["handshakes"], 5);
    let after = status(&nginx);
    assert_eq!(after["nginx"]["generation"], 2);
    assert_eq!(after["zone"]["since"], since);
    let bigger = |config: &mut Config| {
        config.http = config.http.replace("tls:1m", "tls:2m");
    };
    nginx.reload(bigger).unwrap();
    get(&nginx, "/good", 200, 1);
    assert_eq!(server(&nginx, "orders")["ssl"]["handshakes"], 1);
    assert_eq!(status(&nginx)["nginx"]["generation"], 1);
    nginx.finish();
}

#[test]
fn a_worker_that_is_killed_takes_nothing_with_it() {
    let good = healthy();
    let config = counting()
        .http(&block("orders", &good))
        .location("/good", "proxy_pass https://orders;");
    let mut nginx = Nginx::start(config);
    nginx.expect_trouble("exited on signal 9");
    get(&nginx, "/good", 200, 2);
    let before = nginx.workers();
    nginx.kill_worker(before[0]);
    wait::until("another worker", || {
        let now = nginx.workers();
        (!now.is_empty() && now != before).then_some(())
    });
    get(&nginx, "/good", 200, 1);
    assert_eq!(server(&nginx, "orders")["ssl"]["handshakes"], 3);
    nginx.finish();
}

/// nginx takes the lock from the worker that died with it.
#[test]
fn a_worker_that_is_killed_with_the_lock_stops_nobody() {
    let good = healthy();
    let mut config = counting()
        .http(&block("orders", &good))
        .location("/good", "proxy_pass https://orders;");
    let death = Death::at("lock", &mut config);
    let mut nginx = Nginx::start(config);
    nginx.expect_trouble("exited on signal 9");
    nginx.expect_trouble("was locked by");
    assert_eq!(
        client::get(nginx.port(), "/good").status,
        0,
        "its worker died"
    );
    assert!(death.has_come(), "it died where it should");
    wait::until("another worker to answer", || {
        (client::get(nginx.port(), "/status").status == 200).then_some(())
    });
    get(&nginx, "/good", 200, 2);
    assert_eq!(server(&nginx, "orders")["ssl"]["handshakes"], 2);
    assert!(nginx.log().text.contains("was locked by"));
    nginx.finish();
}

/// A single process frees the old zone while a handshake of the old configuration runs, and while a
/// client's connection is kept.
#[test]
fn a_single_process_changes_the_size_mid_handshake() {
    let context = tls_server();
    let (peer, gate) = scripted::start_behind_gate(move |stream| answer(&context, stream));
    let config = counting()
        .http(&block("orders", &peer))
        .location("/good", "proxy_pass https://orders;");
    let mut nginx = Nginx::start(Config {
        single: true,
        ..config
    });
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut kept = client::connect(nginx.port());
    kept.write_all(request("/status").as_bytes()).unwrap();
    assert_eq!(whole(&mut kept)["zone"]["size"], 1 << 20);
    let mut running = client::connect(nginx.port());
    running.write_all(request("/good").as_bytes()).unwrap();
    gate.wait_for_connection();
    nginx.rewrite(|config| config.http = config.http.replace("tls:1m", "tls:3m"));
    // A signal that comes just before a single process waits for events wakes nobody.
    let limit = std::time::Duration::from_millis(200);
    let reconfigured = || nginx.log().text.contains(": reconfiguring").then_some(());
    wait::until("the new configuration", || {
        nginx.signal(libc::SIGHUP);
        wait::poll(limit, reconfigured)
    });
    gate.open();
    let mut answer = [0; 4096];
    let length = running.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 200"), "{answer:?}");
    kept.write_all(request("/status").as_bytes()).unwrap();
    let status = whole(&mut kept);
    assert_eq!(status["zone"]["size"], 3 << 20);
    assert_eq!(
        servers(&status, "orders")[0]["ssl"]["handshakes"],
        1,
        "{status:#}"
    );
    drop((kept, running));
    nginx.finish();
}

/// The JSON of an answer on a connection that is kept.
fn whole(stream: &mut TcpStream) -> Value {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let length = stream.read(&mut part).unwrap();
        assert!(length > 0, "closed: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&part[..length]);
        let Some(start) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        if let Ok(json) = serde_json::from_slice(&bytes[start + 4..]) {
            return json;
        }
    }
}

#[test]
fn what_has_no_room_is_counted_together() {
    let good = healthy();
    let mut config = counting();
    config.http = "upstream_tls_zone zone=tls:32k;\n".to_owned();
    for name in 0..20 {
        config = config
            .http(&block(&format!("orders{name}"), &good))
            .location(
                &format!("= /{name}"),
                &format!("proxy_pass https://orders{name};"),
            );
    }
    let nginx = Nginx::start(config);
    for name in 0..20 {
        get(&nginx, &format!("/{name}"), 200, 2);
    }
    let status = status(&nginx);
    let limit = status["zone"]["servers_limit"].as_u64().unwrap();
    let servers = status["zone"]["servers"].as_u64().unwrap();
    assert!((2..20).contains(&servers) && servers <= limit, "{status:#}");
    let overflows = &status["zone"]["overflows"];
    assert_eq!(*overflows, 40 - 2 * servers);
    assert_eq!(status["other"]["ssl"]["handshakes"], *overflows);
    assert_eq!(server(&nginx, "orders0")["ssl"]["handshakes"], 2);
    nginx.finish();
}

/// A client that names 10,000 hosts takes no place from what is configured.
#[test]
fn hosts_of_clients_starve_no_configured_server() {
    const NAMES: usize = 834;
    let peers: Vec<_> = (0..12).map(|_| refusing()).collect();
    let good = healthy();
    let names: Vec<_> = (0..NAMES).map(|name| format!("n{name}.test")).collect();
    let here: &[Ipv4Addr] = &[Ipv4Addr::LOCALHOST];
    let known: Vec<_> = names.iter().map(|name| (name.as_str(), here)).collect();
    let dns = Dns::start(&known);
    let mut config = counting()
        .http(&block("orders", &good))
        .location("/good", "proxy_pass https://orders;")
        .location("/any", "proxy_pass https://$arg_host:$arg_port;")
        .http(&format!(
            "resolver 127.0.0.1:{} ipv6=off valid=1h;\nupstream_tls_repeat 1h;\n",
            dns.port()
        ));
    config.http = config.http.replace("tls:1m", "tls:64k");
    let nginx = Nginx::start(config);
    let port = nginx.port();
    std::thread::scope(|scope| {
        for part in peers.chunks(3) {
            let ports: Vec<_> = part.iter().map(Peer::port).collect();
            let names = &names;
            scope.spawn(move || {
                for (name, peer) in names
                    .iter()
                    .flat_map(|name| ports.iter().map(move |port| (name, port)))
                {
                    let path = format!("/any?host={name}&port={peer}");
                    assert_eq!(client::get(port, &path).status, 502);
                }
            });
        }
    });
    get(&nginx, "/good", 200, 2);
    assert_eq!(server(&nginx, "orders")["ssl"]["handshakes"], 2);
    let status = status(&nginx);
    let named = servers(&status, "(variable)");
    let limit = status["zone"]["servers_limit"].as_u64().unwrap();
    assert!(
        !named.is_empty() && named.len() as u64 <= limit / 4 + 1,
        "{status:#}"
    );
    let failed = |server: &Value| server["ssl"]["handshakes_failed"].as_u64().unwrap();
    let counted: u64 = named.iter().map(failed).sum();
    let hosts = (NAMES * peers.len()) as u64;
    assert_eq!(counted + failed(&status["other"]), hosts);
    nginx.finish();
}

#[test]
fn another_binary_begins_anew() {
    let good = healthy();
    let config = counting()
        .http(&block("orders", &good))
        .location("/good", "proxy_pass https://orders;");
    let daemon = Daemon::start(config);
    let get = || assert_eq!(client::get(daemon.port(), "/good").status, 200);
    let seen = || {
        let response = client::get(daemon.port(), "/status");
        let status: Value = serde_json::from_slice(&response.body).unwrap();
        status["http"]["upstreams"]["orders"]["peers"][0]["ssl"]["handshakes"].clone()
    };
    get();
    get();
    assert_eq!(seen(), 2);
    let (old, _new) = daemon.upgrade();
    daemon.end(old, libc::SIGQUIT);
    get();
    assert_eq!(seen(), 1);
    daemon.finish();
}
