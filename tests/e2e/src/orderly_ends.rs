//! Connections that end for reasons of their own, of which nobody may be told: clients and upstreams that go
//! away, idle connections that are closed.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use openssl::ssl::{SslStream, SslVersion};

use crate::client;
use crate::lab::{block, tls_server, KEEP, PROTOCOLS};
use crate::nginx::{Config, Finished, Module, Nginx};
use crate::peers::scripted::{self, Script};
use crate::peers::Peer;
use crate::wait;

/// What an upstream says that has nothing against the request.
pub const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// So many clients go while the upstream is silent in the handshake.
pub fn clients_gone_in_the_handshake(clients: usize) -> Finished {
    clients_gone(&scripted::start(Script::Silence), clients)
}

/// So many clients go while nginx waits for the answer.
pub fn clients_gone_after_the_handshake(version: SslVersion, clients: usize) -> Finished {
    let peer = upstream(version, |mut tls| {
        let _ = std::io::copy(&mut tls, &mut std::io::sink());
    });
    clients_gone(&peer, clients)
}

fn clients_gone(peer: &Peer, clients: usize) -> Finished {
    let nginx = Nginx::start(config(peer));
    for _ in 0..clients {
        drop(client::begin(nginx.port(), "/"));
    }
    wait::until("nginx to notice that the clients are gone", || {
        let gone = "client prematurely closed connection";
        (nginx.log().text.matches(gone).count() >= clients).then_some(())
    });
    nginx.finish()
}

/// The upstream's process is gone some time after the handshake: so many requests are answered with an error.
pub fn upstream_exits(
    version: SslVersion,
    before: fn(&mut SslStream<TcpStream>),
    requests: usize,
) -> Finished {
    let peer = upstream(version, move |mut tls| {
        before(&mut tls);
        // No close_notify.
        scripted::close_gently(tls.get_ref());
    });
    let nginx = Nginx::start(config(&peer));
    for _ in 0..requests {
        assert_eq!(client::get(nginx.port(), "/").status, 502);
    }
    nginx.finish()
}

/// How an upstream ends a connection.
pub type End = fn(SslStream<TcpStream>);

/// How an upstream ends one that nginx has kept.
pub const IDLE: [(&str, End); 3] = [
    ("idle connection ended with close_notify", |mut tls| {
        let _ = tls.shutdown();
    }),
    ("idle connection closed without a word", |tls| {
        let _ = tls.get_ref().shutdown(Shutdown::Write);
    }),
    ("idle connection reset", |tls| {
        scripted::reset(tls.get_ref().try_clone().expect("duplicate a socket"));
    }),
];

/// The upstream answers so many requests, and ends each time the connection that nginx has kept.
pub fn idle(version: SslVersion, end: End, requests: usize) -> Finished {
    let peer = upstream(version, move |mut tls| {
        read_request(&mut tls);
        let _ = tls.write_all(ANSWER);
        end(tls);
    });
    let nginx = Nginx::start(kept(&peer));
    for _ in 0..requests {
        // A connection that is found closed when it is used again is nginx's to retry.
        let status = client::get(nginx.port(), "/").status;
        assert!(matches!(status, 200 | 502), "{status}");
    }
    nginx.finish()
}

/// Workers are replaced so often while they hold a kept connection.
pub fn reloads(version: SslVersion, reloads: usize) -> Finished {
    let peer = upstream(version, |mut tls| {
        while read_request(&mut tls) && tls.write_all(ANSWER).is_ok() {}
    });
    let mut nginx = Nginx::start(kept(&peer));
    for _ in 0..reloads {
        assert_eq!(client::get(nginx.port(), "/").status, 200);
        nginx.reload(|_| {}).expect("the same configuration");
    }
    nginx.finish()
}

fn config(peer: &Peer) -> Config {
    let config = Config::new().module(Module::Ours).server(PROTOCOLS);
    config.location("/", &peer.pass())
}

fn kept(peer: &Peer) -> Config {
    let block = block("kept", &[peer.port()], "keepalive 4;");
    let config = Config::new().module(Module::Ours).http(&block);
    config
        .server(PROTOCOLS)
        .location("/", &format!("proxy_pass https://kept; {KEEP}"))
}

fn upstream(
    version: SslVersion,
    serve: impl Fn(SslStream<TcpStream>) + Send + Sync + 'static,
) -> Peer {
    scripted::start_tls(tls_server(Some(version)).build(), serve)
}

/// Reads a request head; whether one came.
pub fn read_request(tls: &mut SslStream<TcpStream>) -> bool {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match tls.read(&mut part) {
            Ok(0) | Err(_) => return false,
            Ok(count) => request.extend_from_slice(&part[..count]),
        }
    }
    true
}
