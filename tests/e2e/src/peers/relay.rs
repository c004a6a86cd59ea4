//! Other ways to an upstream: over a Unix socket, over IPv6.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use super::scripted::{close_gently, Listener};
use super::Peer;
use crate::client::set_deadlines;
use crate::wait::PATIENCE;

/// What connects to the Unix socket `path` reaches `upstream`. Port 0.
pub fn unix(path: &Path, upstream: Peer) -> Peer {
    let port = upstream.port();
    let listener = Listener::on_unix(path, move |client| pass(client, port));
    Peer::new(listener.port(), (listener, upstream))
}

/// What connects to a port of `[::1]` reaches `upstream`.
pub fn ipv6(upstream: Peer) -> Peer {
    let port = upstream.port();
    let listener = TcpListener::bind("[::1]:0").expect("IPv6's loopback is needed, [::1]");
    let listener = Listener::on(listener, move |client| pass(client, port));
    Peer::new(listener.port(), (listener, upstream))
}

/// A router that looks at the server name and nothing else: whoever sends this one reaches `upstream`, on
/// everybody else it closes.
pub fn by_name(name: &'static str, upstream: Peer) -> Peer {
    let port = upstream.port();
    let listener = Listener::start(move |client| {
        let mut hello = [0; 4096];
        let Ok(length) = client.peek(&mut hello) else {
            return;
        };
        let mut parts = hello[..length].windows(name.len());
        if parts.any(|part| part == name.as_bytes()) {
            pass(client, port);
        } else {
            close_gently(&client);
        }
    });
    Peer::new(listener.port(), (listener, upstream))
}

/// One address, behind which upstreams change.
pub struct Switch {
    target: Arc<AtomicU16>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    listener: Listener,
}

impl Switch {
    /// What connects reaches `peer`.
    pub fn to(peer: &Peer) -> Switch {
        let target = Arc::new(AtomicU16::new(peer.port()));
        let current = Arc::clone(&target);
        let open = Arc::new(Mutex::new(Vec::new()));
        let clients = Arc::clone(&open);
        let listener = Listener::start(move |client| {
            let copy = client.try_clone().expect("duplicate a socket");
            clients.lock().unwrap().push(copy);
            pass(client, current.load(Ordering::Acquire));
        });
        Switch {
            target,
            open,
            listener,
        }
    }

    /// From now on it reaches `peer`; what was kept alive is gone.
    pub fn set(&self, peer: &Peer) {
        self.target.store(peer.port(), Ordering::Release);
        for client in self.open.lock().unwrap().drain(..) {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// The port of the peer that it reaches.
    pub fn target(&self) -> u16 {
        self.target.load(Ordering::Acquire)
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.listener.port()
    }
}

fn pass(client: TcpStream, port: u16) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    set_deadlines(&server, PATIENCE);
    let copy = |stream: &TcpStream| stream.try_clone().expect("duplicate a socket");
    let (from, to) = (copy(&client), copy(&server));
    let upwards = std::thread::spawn(move || pipe(from, to));
    pipe(server, client);
    let _ = upwards.join();
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
