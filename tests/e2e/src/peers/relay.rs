//! Other ways to an upstream: over a Unix socket, over IPv6.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;

use super::scripted::Listener;
use super::Peer;
use crate::client::set_deadlines;
use crate::wait::PATIENCE;

/// What connects to the Unix socket `path` reaches `upstream`. Port 0.
pub fn unix(path: &Path, upstream: Peer) -> Peer {
    let port = upstream.port();
    let listener = Listener::on_unix(path, move |client| pass(client, port));
    Peer::new(listener.port(), (listener, upstream))
}

/// What connects to a port of `[::1]` reaches `upstream`; the error is why this machine cannot.
pub fn ipv6(upstream: Peer) -> std::io::Result<Peer> {
    let port = upstream.port();
    let listener = Listener::on(TcpListener::bind("[::1]:0")?, move |client| {
        pass(client, port);
    });
    Ok(Peer::new(listener.port(), (listener, upstream)))
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
