//! Sessions of stream that only send, or only receive: what a record costs once the handshake is over.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;
use std::sync::mpsc::{sync_channel, Receiver, SyncSender};
use std::sync::Mutex;
use std::time::Duration;

use openssl::ssl::Ssl;

use tlsdiag_e2e::client;
use tlsdiag_e2e::nginx::Config;
use tlsdiag_e2e::peers::scripted;
use tlsdiag_e2e::peers::Peer;
use tlsdiag_e2e::ports::Port;

use crate::case::{Case, Setting};
use crate::scene::{identity, server};

/// Bytes of one record.
const RECORD: [u8; 200] = [b'a'; 200];
/// After that long nothing of the handshake may be kept.
const OVER: Duration = Duration::from_millis(1_500);

/// One record in one direction, in a session that has been there for a while.
pub(crate) fn records() -> Vec<Case> {
    vec![
        one_way("a record sent, nothing was ever received", send),
        one_way("a record received, nothing was ever sent", receive),
    ]
}

/// How a record goes over a session: it has gone when this returns.
type Pass = Box<dyn Fn(&TcpStream)>;

/// What the nginx that is on now has: its upstream, and the session once it is opened.
struct Scene {
    _peer: Peer,
    pass: Pass,
    session: Option<TcpStream>,
}

fn one_way(title: &'static str, start: fn() -> (Peer, Pass)) -> Case {
    let port = Port::reserve();
    let to = port.number();
    let scene: Rc<RefCell<Option<Scene>>> = Rc::default();
    let fresh = Rc::clone(&scene);
    Case {
        title,
        times: 200,
        fails: false,
        limits: vec![(Setting::Document, 0.0)],
        config: Box::new(move || {
            let (peer, pass) = start();
            let server = format!(
                "server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{}; proxy_ssl on; }}",
                peer.port()
            );
            *fresh.borrow_mut() = Some(Scene {
                _peer: peer,
                pass,
                session: None,
            });
            Config::new().stream(&server)
        }),
        ask: Box::new(move |_| {
            let mut scene = scene.borrow_mut();
            let scene = scene.as_mut().expect("an upstream");
            if scene.session.is_none() {
                let session = scene.session.insert(client::connect(to));
                (scene.pass)(session);
                std::thread::sleep(OVER);
            }
            (scene.pass)(scene.session.as_ref().expect("opened"));
        }),
    }
}

/// A peer that only reads, and tells what it has read.
fn send() -> (Peer, Pass) {
    let (tell, told) = sync_channel(1);
    let peer = peer(move |mut stream| {
        let mut record = RECORD;
        while stream.read_exact(&mut record).is_ok() {
            let _ = tell.send(());
        }
    });
    let pass = move |mut stream: &TcpStream| {
        stream.write_all(&RECORD).expect("a session");
        wait_for(&told);
    };
    (peer, Box::new(pass))
}

/// A peer that only writes, when it is told to.
fn receive() -> (Peer, Pass) {
    let (tell, told): (SyncSender<()>, _) = sync_channel(1);
    let told = Mutex::new(told);
    let peer = peer(move |mut stream| {
        let told = told.lock().expect("one session at a time");
        while told.recv_timeout(Duration::from_secs(5)).is_ok() {
            if stream.write_all(&RECORD).is_err() {
                return;
            }
        }
    });
    let pass = move |mut stream: &TcpStream| {
        tell.send(()).expect("a peer");
        stream.read_exact(&mut RECORD.clone()).expect("a record");
    };
    (peer, Box::new(pass))
}

fn wait_for(told: &Receiver<()>) {
    told.recv_timeout(Duration::from_secs(20))
        .expect("a record");
}

/// A peer that shakes hands and leaves the rest to `serve`.
fn peer(serve: impl Fn(openssl::ssl::SslStream<TcpStream>) + Send + Sync + 'static) -> Peer {
    let context = server(&identity()).build();
    scripted::start_with(move |stream| {
        let ssl = Ssl::new(&context).expect("SSL_new");
        if let Ok(stream) = ssl.accept(stream) {
            serve(stream);
        }
    })
}
