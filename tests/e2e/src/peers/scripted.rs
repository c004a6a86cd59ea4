//! Peers scripted to the byte: a few lines over a TCP listener.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use openssl::ssl::{Ssl, SslContext, SslStream};

use super::Peer;
use crate::client::set_deadlines;
use crate::socket::set_option;
use crate::wait;

/// What a scripted peer does with every connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// Speaks HTTP: reads what comes and answers 400, as a web server does with a ClientHello.
    PlainHttp,
    /// Greets as SMTP, SSH or FTP servers do, but only after the ClientHello: when the greeting
    /// comes first, nginx calls it "upstream prematurely sent response" and shakes no hands.
    Banner(&'static [u8]),
    /// Reads everything and never answers.
    Silence,
    /// Closes (FIN) before it has read anything.
    CloseAtOnce,
    /// Reads the ClientHello, then closes (FIN).
    CloseAfterHello,
    /// Reads the ClientHello, then resets (RST).
    ResetAfterHello,
    /// Reads the ClientHello, then sends a fatal alert in a record of this version.
    Alert {
        /// AlertDescription.
        code: u8,
        /// Version in the record header, 0x0301 for instance.
        version: u16,
    },
    /// Reads the ClientHello, then sends these bytes and closes.
    Reply(Vec<u8>),
}

/// Starts a peer that follows `script`.
pub fn start(script: Script) -> Peer {
    let listener = Listener::start(move |stream| play(&script, stream));
    Peer::new(listener.port(), listener)
}

/// Starts a peer that answers every ClientHello with this fatal alert.
pub fn alert(code: u8) -> Peer {
    let version = 0x0303;
    start(Script::Alert { code, version })
}

/// Starts a peer that does with every connection what `serve` says. The stream has deadlines.
pub fn start_with(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Peer {
    let listener = Listener::start(serve);
    Peer::new(listener.port(), listener)
}

/// Holds a peer back.
#[derive(Debug, Default, Clone)]
pub struct Gate {
    came: Arc<AtomicBool>,
    opened: Arc<AtomicBool>,
}

impl Gate {
    /// Waits until a connection stands before it.
    pub fn wait_for_connection(&self) {
        wait::until("the handshake", || {
            self.came.load(Ordering::Acquire).then_some(())
        });
    }

    /// Lets all connections through.
    pub fn open(&self) {
        self.opened.store(true, Ordering::Release);
    }

    fn pass(&self) {
        self.came.store(true, Ordering::Release);
        wait::until("the gate", || {
            self.opened.load(Ordering::Acquire).then_some(())
        });
    }
}

/// Starts a peer as [`start_with`] does, behind a gate.
pub fn start_behind_gate(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> (Peer, Gate) {
    let gate = Gate::default();
    let ours = gate.clone();
    let peer = start_with(move |stream| {
        ours.pass();
        serve(stream);
    });
    (peer, gate)
}

/// Starts a peer that shakes hands, then does what `serve` says. Whoever gives up before is not its business.
pub fn start_tls(
    context: SslContext,
    serve: impl Fn(SslStream<TcpStream>) + Send + Sync + 'static,
) -> Peer {
    start_with(move |stream| {
        if let Ok(tls) = Ssl::new(&context).expect("SSL_new").accept(stream) {
            serve(tls);
        }
    })
}

fn play(script: &Script, mut stream: TcpStream) {
    match script {
        Script::CloseAtOnce => {}
        Script::Banner(banner) => {
            read_record(&mut stream);
            let _ = stream.write_all(banner);
        }
        Script::PlainHttp => {
            read_record(&mut stream);
            let _ = stream.write_all(
                b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
        Script::Silence => {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        Script::CloseAfterHello => {
            read_record(&mut stream);
        }
        Script::ResetAfterHello => {
            read_record(&mut stream);
            return reset(stream);
        }
        Script::Alert { code, version } => {
            read_record(&mut stream);
            let [high, low] = version.to_be_bytes();
            let _ = stream.write_all(&[21, high, low, 0, 2, 2, *code]);
        }
        Script::Reply(bytes) => {
            read_record(&mut stream);
            let _ = stream.write_all(bytes);
        }
    }
    close_gently(&stream);
}

/// Reads one TLS record, header included; shorter when the stream ends.
pub fn read_record(stream: &mut TcpStream) -> Vec<u8> {
    let mut record = vec![0; 5];
    if stream.read_exact(&mut record).is_err() {
        return Vec::new();
    }
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    if stream.read_exact(&mut record[5..]).is_err() {
        record.truncate(5);
    }
    record
}

/// Sends FIN, then reads until the other side is done: closing with unread bytes would send RST
/// and take back what was just written.
pub fn close_gently(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let mut reader = stream;
    let _ = std::io::copy(&mut reader, &mut std::io::sink());
}

/// Closes with RST.
pub fn reset(stream: TcpStream) {
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    set_option(&stream, libc::SO_LINGER, linger);
}

/// Accepts, on 127.0.0.1 unless told otherwise, and serves every connection in a thread; stopped on
/// drop.
pub(super) struct Listener {
    port: u16,
    shared: Arc<Shared>,
    /// Connects once, so that the acceptor sees that it is to stop.
    wake: Box<dyn Fn() + Send + Sync>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    /// Copies of the sockets being served, to end them on drop. Each goes when its service ends,
    /// so that the socket really closes then.
    open: Mutex<HashMap<usize, TcpStream>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<usize, TcpStream>> {
        self.open.lock().expect("not poisoned")
    }
}

impl Listener {
    pub(super) fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").expect("cannot bind to 127.0.0.1");
        Listener::on(listener, serve)
    }

    /// Accepts where `listener` listens.
    pub(super) fn on(
        listener: TcpListener,
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> Listener {
        let address = listener.local_addr().expect("a local address");
        Listener::run(
            address.port(),
            move || listener.accept().ok().map(|(stream, _)| stream),
            Box::new(move || drop(TcpStream::connect(address))),
            serve,
        )
    }

    /// Accepts on a Unix socket. Its streams are handed over as what they can do as well as a
    /// `TcpStream`: read, write, shut down.
    pub(super) fn on_unix(
        path: &Path,
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> Listener {
        let listener = UnixListener::bind(path).expect("cannot bind a Unix socket");
        // nginx's worker drops privileges when the tests run as root.
        std::fs::set_permissions(path, Permissions::from_mode(0o666)).expect("cannot chmod");
        let path = path.to_owned();
        Listener::run(
            0,
            move || {
                let (stream, _) = listener.accept().ok()?;
                Some(TcpStream::from(OwnedFd::from(stream)))
            },
            Box::new(move || drop(UnixStream::connect(&path))),
            serve,
        )
    }

    fn run(
        port: u16,
        accept: impl Fn() -> Option<TcpStream> + Send + 'static,
        wake: Box<dyn Fn() + Send + Sync>,
        serve: impl Fn(TcpStream) + Send + Sync + 'static,
    ) -> Listener {
        let shared = Arc::new(Shared::default());
        let ours = Arc::clone(&shared);
        let serve = Arc::new(serve);
        let acceptor = std::thread::spawn(move || {
            let mut threads = Vec::new();
            for number in 0_usize.. {
                let accepted = accept();
                if ours.stopping.load(Ordering::Acquire) {
                    break;
                }
                let Some(stream) = accepted else { continue };
                set_deadlines(&stream, Duration::from_secs(20));
                let copy = stream.try_clone().expect("duplicate a socket");
                ours.lock().insert(number, copy);
                let (serve, ours) = (Arc::clone(&serve), Arc::clone(&ours));
                threads.push(std::thread::spawn(move || {
                    serve(stream);
                    ours.lock().remove(&number);
                }));
                // A long run must not keep a handle of every connection it has served.
                if threads.len() >= 256 {
                    threads.retain(|thread| !thread.is_finished());
                }
            }
            for thread in threads {
                let _ = thread.join();
            }
        });
        Listener {
            port,
            shared,
            wake,
            acceptor: Some(acceptor),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        // Wakes the acceptor; then ends what still reads.
        (self.wake)();
        for stream in self.shared.lock().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}
