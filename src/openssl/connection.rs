//! One connection: TCP, the handshake, nginx's two tests of it, and the wait for a late alert.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tlsdiag::capture::Module;
use tlsdiag::nginx_conf::Files;
use tlsdiag::probe::{Established, Outcome, Settings};
use tlsdiag::registry::{CipherSuite, ProtocolVersion};

use super::context::Context;
use super::failure::failure;
use super::request::{ask, Answered};
use super::session::Session;

/// How long a peer may take after our Finished to say that it does not like our certificate: this, or
/// two round trips.
const LATE: Duration = Duration::from_millis(300);

/// When something has to be over.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    pub(super) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    fn within(self, time: Duration) -> Self {
        Self(self.0.min(Instant::now() + time))
    }
}

/// Whom to connect to, and what else is needed for it.
pub(crate) struct Peer<'p> {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where certificates are read from.
    pub(crate) files: &'p dyn Files,
    /// Sends a request for this Host over a handshake that stands.
    pub(crate) request: Option<&'p str>,
}

impl Peer<'_> {
    /// Shakes hands as nginx would with these settings.
    pub(crate) fn connect(&self, settings: &Settings, timeout: Duration) -> Outcome {
        let deadline = Deadline::after(timeout);
        let context = match Context::new(settings, self.files) {
            Ok(context) => context,
            Err(why) => return Outcome::Refused(why),
        };
        let began = Instant::now();
        let stream = match connect(&self.address, deadline) {
            Ok(stream) => stream,
            Err(error) => return Outcome::Unreachable(error.to_string()),
        };
        let late = LATE.max(began.elapsed() * 2);
        let mut session = match Session::new(&context, settings, stream) {
            Ok(session) => session,
            Err(why) => return Outcome::Refused(why),
        };
        let mut ending = session.shake_hands(deadline);
        if ending.is_none() {
            ending = session.rejected_by_nginx(settings);
        }
        if ending.is_none() {
            ending = session.said_late(deadline.within(late));
        }
        let mut answered = Answered::default();
        if let (None, Some(host), Module::Proxy) = (ending, self.request, settings.module) {
            answered = ask(&mut session, host, deadline);
            ending = answered.ending;
        }
        match ending {
            Some(kind) => {
                let mut failure = failure(&session, &context, settings, self, kind);
                failure.recording.response = answered.response;
                Outcome::Fails(Box::new(failure))
            }
            None => {
                session.close();
                let recorder = &session.watch.recorder;
                Outcome::Works(Established {
                    version: ProtocolVersion(recorder.version),
                    cipher: CipherSuite(recorder.cipher),
                    status: answered.status,
                })
            }
        }
    }
}

fn connect(address: &SocketAddr, deadline: Deadline) -> io::Result<TcpStream> {
    let stream =
        TcpStream::connect_timeout(address, deadline.left().max(Duration::from_millis(1)))?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
