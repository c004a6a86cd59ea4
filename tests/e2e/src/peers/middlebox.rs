//! A device between nginx and a real upstream that interferes with the handshake.

use std::net::{Shutdown, TcpStream};

use super::scripted::{self, Listener};
use super::Peer;
use crate::client::set_deadlines;
use crate::wait::PATIENCE;

/// What the device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interference {
    /// Damages the first record the upstream sends after its ChangeCipherSpec.
    DamageUpstream,
    /// Damages the first record nginx sends after its ChangeCipherSpec.
    DamageNginx,
    /// Passes this many bytes of the upstream's records, then ends both connections so.
    Cut {
        /// Bytes that still arrive.
        after: usize,
        /// How it ends.
        ending: Ending,
    },
    /// Ends the connection so when the ClientHello has more bytes than fit one segment.
    LargeHello(Ending),
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// FIN.
    Close,
    /// RST.
    Reset,
    /// Not at all: no more bytes come.
    Silence,
}

/// No ClientHello above this size passes [`Interference::LargeHello`].
const ONE_SEGMENT: usize = 1400;

/// Puts the device before `upstream`.
pub fn before(upstream: Peer, interference: Interference) -> Peer {
    let port = upstream.port();
    let listener = Listener::start(move |client| pass(client, port, interference));
    Peer::new(listener.port(), (listener, upstream))
}

fn pass(mut client: TcpStream, port: u16, interference: Interference) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    set_deadlines(&server, PATIENCE);
    let hello = scripted::read_record(&mut client);
    if let Interference::LargeHello(ending) = interference {
        if hello.len() > ONE_SEGMENT {
            return end(client, ending);
        }
    }
    if std::io::Write::write_all(&mut server, &hello).is_err() {
        return;
    }
    let (to_server, from_client) = (copy(&server), copy(&client));
    let mut upwards = Damage::when(interference == Interference::DamageNginx);
    let nginx = std::thread::spawn(move || {
        relay(from_client, to_server, |record| upwards.apply(record));
    });
    let to_client = copy(&client);
    match interference {
        Interference::Cut { after, ending } => {
            if relay_some(&mut server, &to_client, after) {
                let _ = server.shutdown(Shutdown::Both);
                drop(to_client);
                end(client, ending);
                let _ = nginx.join();
                return;
            }
        }
        _ => {
            let mut downwards = Damage::when(interference == Interference::DamageUpstream);
            relay(server, to_client, |record| downwards.apply(record));
        }
    }
    let _ = nginx.join();
}

fn end(client: TcpStream, ending: Ending) {
    match ending {
        Ending::Close => scripted::close_gently(&client),
        Ending::Reset => {
            // The kernel waits for whoever still reads from it.
            let _ = client.shutdown(Shutdown::Read);
            scripted::reset(client);
        }
        Ending::Silence => {
            let mut reader = &client;
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        }
    }
}

fn copy(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("duplicate a socket")
}

/// Passes records on until the stream ends, then says so to the other side.
fn relay(mut from: TcpStream, mut to: TcpStream, mut edit: impl FnMut(&mut Vec<u8>)) {
    loop {
        let mut record = scripted::read_record(&mut from);
        if record.is_empty() {
            break;
        }
        edit(&mut record);
        if std::io::Write::write_all(&mut to, &record).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// Passes the first bytes only; whether there were as many.
fn relay_some(from: &mut TcpStream, mut to: &TcpStream, mut left: usize) -> bool {
    while left > 0 {
        let mut record = scripted::read_record(from);
        if record.is_empty() {
            return false;
        }
        record.truncate(left);
        left -= record.len();
        if std::io::Write::write_all(&mut to, &record).is_err() {
            return false;
        }
    }
    true
}

/// Flips a bit in the record after a ChangeCipherSpec, once.
struct Damage {
    due: bool,
    after_change: bool,
}

impl Damage {
    fn when(due: bool) -> Damage {
        Damage {
            due,
            after_change: false,
        }
    }

    fn apply(&mut self, record: &mut [u8]) {
        const CHANGE_CIPHER_SPEC: u8 = 20;
        if self.due && self.after_change {
            if let Some(last) = record.last_mut() {
                *last ^= 1;
            }
            self.due = false;
        }
        self.after_change |= record.first() == Some(&CHANGE_CIPHER_SPEC);
    }
}
