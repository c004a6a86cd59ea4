//! A peer that is not who nginx means: whatever it says first, it is after the request, and it writes
//! down all that nginx gives it.

use std::io::{Cursor, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};

use openssl::dh::Dh;
use openssl::ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslVerifyMode, SslVersion};

use super::scripted::{close_gently, read_record, Listener};
use super::upstream::DH_1024;
use crate::certs::{Authority, Identity};
use crate::wait;

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nrogue\n";

/// What it does with a connection.
#[derive(Clone)]
pub enum Face {
    /// Reads the ClientHello, then sends these bytes and closes.
    Reply(Vec<u8>),
    /// Shakes hands with whatever version and suite nginx agrees to.
    Handshake,
    /// As that, but demands a client certificate of an authority with this name.
    Demand(String),
    /// As [`Face::Handshake`], but with a Diffie-Hellman group that is too short.
    ShortDh,
}

/// A running rogue; stopped on drop.
pub struct Rogue {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    identity: Identity,
    face: Mutex<Face>,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    begun: usize,
    ended: usize,
    hellos: Vec<Vec<u8>>,
    requests: Vec<u8>,
}

impl Rogue {
    /// Starts one with this certificate and this face.
    pub fn start(identity: Identity, face: Face) -> Rogue {
        let shared = Arc::new(Shared {
            identity,
            face: Mutex::new(face),
            ledger: Mutex::default(),
        });
        let ours = Arc::clone(&shared);
        let listener = Listener::start(move |stream| {
            ours.note(|ledger| ledger.begun += 1);
            ours.serve(stream);
            ours.note(|ledger| ledger.ended += 1);
        });
        Rogue { listener, shared }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.listener.port()
    }

    /// Shows this face from now on.
    pub fn show(&self, face: Face) {
        *self.shared.face.lock().expect("not poisoned") = face;
    }

    /// The face it shows.
    pub fn face(&self) -> Face {
        self.shared.face.lock().expect("not poisoned").clone()
    }

    /// Every ClientHello so far, as records.
    pub fn hellos(&self) -> Vec<Vec<u8>> {
        self.shared.at_rest(|ledger| ledger.hellos.clone())
    }

    /// All application data so far, decrypted, and everything else that is neither handshake nor alert.
    pub fn requests(&self) -> Vec<u8> {
        self.shared.at_rest(|ledger| ledger.requests.clone())
    }
}

impl Shared {
    fn note(&self, note: impl FnOnce(&mut Ledger)) {
        note(&mut self.ledger.lock().expect("not poisoned"));
    }

    /// Reads the ledger when every connection has ended.
    fn at_rest<T>(&self, read: impl Fn(&Ledger) -> T) -> T {
        wait::until("the rogue's connections to end", || {
            let ledger = self.ledger.lock().expect("not poisoned");
            (ledger.begun == ledger.ended).then(|| read(&ledger))
        })
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut first = [0];
        if !matches!(stream.peek(&mut first), Ok(1)) {
            return;
        }
        if first != [HANDSHAKE] {
            // Not TLS at all: it is the request, in the clear.
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap_or_default();
            self.note(|ledger| ledger.requests.extend(&request[..count]));
            let _ = stream.write_all(ANSWER);
            return close_gently(&stream);
        }
        let hello = read_record(&mut stream);
        self.note(|ledger| ledger.hellos.push(hello.clone()));
        let face = self.face.lock().expect("not poisoned").clone();
        let mut context = self.context();
        match face {
            Face::Reply(bytes) => return self.reply(&bytes, stream),
            Face::Handshake => {}
            Face::ShortDh => {
                let group = Dh::params_from_pem(DH_1024).expect("PEM");
                context.set_tmp_dh(&group).expect("DH group");
                context
                    .set_cipher_list("kDHE:@SECLEVEL=0")
                    .expect("cipher list");
                let tls12 = Some(SslVersion::TLS1_2);
                context.set_max_proto_version(tls12).expect("version");
            }
            Face::Demand(name) => {
                let authority = Authority::root(&name);
                context
                    .add_client_ca(authority.certificate())
                    .expect("CA name");
                context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
            }
        }
        self.shake(&context.build(), hello, stream);
    }

    fn reply(&self, bytes: &[u8], mut stream: TcpStream) {
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        loop {
            let record = read_record(&mut stream);
            match record.first() {
                None => break,
                Some(&ALERT) => {}
                Some(_) => self.note(|ledger| ledger.requests.extend(&record)),
            }
        }
    }

    fn shake(&self, context: &SslContext, hello: Vec<u8>, stream: TcpStream) {
        let copy = stream.try_clone().expect("duplicate a socket");
        let replay = Replay {
            hello: Cursor::new(hello),
            stream,
        };
        if let Ok(mut tls) = Ssl::new(context).expect("SSL_new").accept(replay) {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = tls.read(&mut part) {
                self.note(|ledger| ledger.requests.extend(&part[..count]));
                let _ = tls.write_all(ANSWER);
                let _ = tls.shutdown();
            }
        }
        close_gently(&copy);
    }

    /// Takes everything: no client shall go away for want of a common parameter.
    fn context(&self) -> SslContextBuilder {
        let mut context = SslContext::builder(SslMethod::tls_server()).expect("SSL_CTX_new");
        context
            .set_cipher_list("ALL:@SECLEVEL=0")
            .expect("cipher list");
        context.set_min_proto_version(None).expect("any version");
        context
            .set_certificate(&self.identity.certificate)
            .expect("certificate");
        context.set_private_key(&self.identity.key).expect("key");
        for certificate in &self.identity.chain {
            context
                .add_extra_chain_cert(certificate.clone())
                .expect("chain");
        }
        context.set_alpn_select_callback(|_, offered| {
            let first = offered.split_first();
            let first = first.and_then(|(length, rest)| rest.get(..usize::from(*length)));
            first.ok_or(openssl::ssl::AlpnError::NOACK)
        });
        context
    }
}

/// A connection whose ClientHello was read already.
struct Replay {
    hello: Cursor<Vec<u8>>,
    stream: TcpStream,
}

impl Read for Replay {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.hello.read(buffer)? {
            0 => self.stream.read(buffer),
            count => Ok(count),
        }
    }
}

impl Write for Replay {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}
