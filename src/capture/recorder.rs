//! The bounded record of a running handshake: what OpenSSL's callbacks report, as they report it.
//!
//! It allocates once for each message kept, never for a record of the wire. Everything is recorded when it
//! happens, because in `SSL_free` the SSL can no longer be read (OpenSSL 3.5 frees its insides before it
//! calls the ex_data callbacks).

use super::{MAX_MESSAGE, MAX_MESSAGES};
use crate::registry::{KeyExchange, ProtocolVersion};
use crate::wire::ServerHello;

/// SSL3_RT_HEADER: a record header goes by.
const RECORD_HEADER: i32 = 256;
/// SSL3_RT_INNER_CONTENT_TYPE: the real type of a TLS 1.3 record.
const INNER_CONTENT_TYPE: i32 = 257;
/// ContentType (RFC 8446 section 5.1).
const ALERT: i32 = 21;
const HANDSHAKE: i32 = 22;
const APPLICATION_DATA: u8 = 23;
/// HandshakeType (RFC 8446 section 4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const NEW_SESSION_TICKET: u8 = 4;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const FINISHED: u8 = 20;
const COMPRESSED_CERTIFICATE: u8 = 25;
/// ECCurveType named_curve (RFC 8422 section 5.4).
const NAMED_CURVE: u8 = 3;
const TLS13: u16 = 0x0304;

/// A message copied, cut at `MAX_MESSAGE`.
#[derive(Default)]
pub struct Kept {
    /// The message from its type byte on.
    pub bytes: Vec<u8>,
    /// Its true length.
    pub length: usize,
}

impl Kept {
    /// Copies what fits; on a failed allocation the bytes stay empty and the length is true.
    fn copy(message: &[u8]) -> Self {
        let part = message.get(..MAX_MESSAGE).unwrap_or(message);
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(part.len()).is_ok() {
            bytes.extend_from_slice(part);
        }
        Self {
            bytes,
            length: message.len(),
        }
    }
}

/// An alert that went by.
#[derive(Clone, Copy)]
pub struct RecordedAlert {
    /// By our side.
    pub sent: bool,
    /// 1 warning, 2 fatal.
    pub level: u8,
    /// AlertDescription.
    pub code: u8,
    /// Our side had finished its handshake.
    pub after_finished: bool,
}

/// How `SSL_do_handshake` failed first.
#[derive(Clone, Copy)]
pub struct HandshakeError {
    /// `SSL_get_error`.
    pub ssl_error: i32,
    /// The error of the queue that says most, 0 for an empty queue.
    pub code: u64,
    /// Its library (`ERR_GET_LIB`).
    pub library: u32,
    /// Its reason (`ERR_GET_REASON`).
    pub reason: u32,
    /// `errno` at that moment.
    pub errno: i32,
}

/// Our answer to a CertificateRequest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificateSent {
    /// No Certificate message was sent.
    Nothing,
    /// An empty one was.
    Empty,
    /// One with a certificate was.
    Certificate,
}

/// What went by, and what the SSL said when the handshake finished or failed. Code points are 0 where
/// none was seen.
pub struct Recorder {
    /// CLOCK_MONOTONIC of the first handshake byte, nanoseconds.
    pub started_ns: u64,
    /// CLOCK_MONOTONIC when our side was done, nanoseconds; 0 before.
    pub finished_ns: u64,
    /// The ClientHello, and the one after a HelloRetryRequest.
    pub client_hellos: [Option<Kept>; 2],
    /// A HelloRetryRequest and a ServerHello are both type 2; the core tells them apart.
    pub server_hellos: [Option<Kept>; 2],
    /// The peer's CertificateRequest.
    pub certificate_request: Option<Kept>,
    /// (sent, HandshakeType) in order.
    pub messages: [(bool, u8); MAX_MESSAGES],
    /// How many of `messages` are set.
    pub message_count: usize,
    /// In order; of too many the last one is kept.
    pub alerts: [Option<RecordedAlert>; 4],
    /// The first bytes received.
    pub first_bytes: [u8; 5],
    /// How many of `first_bytes` came.
    pub first_bytes_length: usize,
    /// Record bytes, headers included.
    pub bytes_sent: u64,
    /// Record bytes, headers included.
    pub bytes_received: u64,
    /// Our answer to a CertificateRequest.
    pub client_certificate: ClientCertificateSent,
    /// The first failure.
    pub error: Option<HandshakeError>,
    /// Our side was done.
    pub finished: bool,
    /// Application data was sent.
    pub sent_data: bool,
    /// Version negotiated.
    pub version: u16,
    /// Suite negotiated.
    pub cipher: u16,
    /// Group of the key exchange.
    pub group: u16,
    /// The session was resumed.
    pub resumed: bool,
    /// Protocol selected; empty for none.
    pub alpn: Vec<u8>,
    /// The SSL is set up for verification: nginx verifies (`*_ssl_verify on`).
    pub verifies: bool,
}

impl Recorder {
    /// An empty one.
    pub fn new(started_ns: u64) -> Self {
        Self {
            started_ns,
            finished_ns: 0,
            client_hellos: [None, None],
            server_hellos: [None, None],
            certificate_request: None,
            messages: [(false, 0); MAX_MESSAGES],
            message_count: 0,
            alerts: [None; 4],
            first_bytes: [0; 5],
            first_bytes_length: 0,
            bytes_sent: 0,
            bytes_received: 0,
            client_certificate: ClientCertificateSent::Nothing,
            error: None,
            finished: false,
            sent_data: false,
            version: 0,
            cipher: 0,
            group: 0,
            resumed: false,
            alpn: Vec::new(),
            verifies: false,
        }
    }

    /// Takes one call of OpenSSL's message callback. True once the first application data has
    /// arrived: then there is nothing left to explain and the recording can go.
    pub fn observe(&mut self, sent: bool, content_type: i32, bytes: &[u8]) -> bool {
        match (content_type, bytes) {
            (HANDSHAKE, message) => self.message(sent, message),
            (ALERT, [level, code, ..]) => self.alert(sent, *level, *code),
            _ => return self.observe_record(sent, content_type, bytes),
        }
        false
    }

    /// The same for what is told of a record: its header, or the type that TLS 1.3 hides in it. Two of
    /// three calls are.
    #[inline]
    pub fn observe_record(&mut self, sent: bool, content_type: i32, bytes: &[u8]) -> bool {
        match (content_type, bytes) {
            (RECORD_HEADER, header) => self.record_header(sent, header),
            (INNER_CONTENT_TYPE, [APPLICATION_DATA, ..]) => {
                self.sent_data |= sent && self.finished;
                self.finished && !sent
            }
            _ => false,
        }
    }

    fn record_header(&mut self, sent: bool, header: &[u8]) -> bool {
        // What is no TLS record has no length either.
        let body = match header {
            [20..=24, 3, _, high, low, ..] => u64::from(u16::from_be_bytes([*high, *low])),
            _ => 0,
        };
        if sent {
            self.bytes_sent += 5 + body;
            let visible = self.finished && self.version < TLS13;
            self.sent_data |= visible && header.first() == Some(&APPLICATION_DATA);
            return false;
        }
        if let (0, Some(first)) = (self.bytes_received, header.first_chunk()) {
            self.first_bytes = *first;
            self.first_bytes_length = first.len();
        }
        self.bytes_received += 5 + body;
        // TLS 1.3 hides everything in records of this type: there the inner type decides.
        self.finished && self.version < TLS13 && header.first() == Some(&APPLICATION_DATA)
    }

    fn message(&mut self, sent: bool, message: &[u8]) {
        let Some(&kind) = message.first() else { return };
        if let Some(slot) = self.messages.get_mut(self.message_count) {
            *slot = (sent, kind);
            self.message_count += 1;
        }
        match (sent, kind) {
            (true, CLIENT_HELLO) => store(&mut self.client_hellos, message),
            (false, SERVER_HELLO) => store(&mut self.server_hellos, message),
            (false, CERTIFICATE_REQUEST) => self.certificate_request = Some(Kept::copy(message)),
            (true, CERTIFICATE | COMPRESSED_CERTIFICATE) => {
                self.client_certificate = client_certificate_sent(message);
            }
            (false, SERVER_KEY_EXCHANGE) => {
                // Finite fields begin with the length of their prime, which may look like a curve.
                if let (true, Some([NAMED_CURVE, high, low])) =
                    (self.exchanges_on_a_curve(), message.get(4..7))
                {
                    self.group = u16::from_be_bytes([*high, *low]);
                }
            }
            _ => {}
        }
    }

    fn alert(&mut self, sent: bool, level: u8, code: u8) {
        let alert = RecordedAlert {
            sent,
            level,
            code,
            after_finished: self.finished,
        };
        let free = self.alerts.iter().position(Option::is_none);
        // Of too many the last one counts: it is the one that ended the connection.
        let index = free.unwrap_or(self.alerts.len() - 1);
        if let Some(slot) = self.alerts.get_mut(index) {
            *slot = Some(alert);
        }
    }

    /// The peer's Certificate message went by.
    pub fn certificate_came(&self) -> bool {
        let mut kept = self.messages.iter().take(self.message_count);
        kept.any(|(sent, kind)| !sent && is_certificate(*kind))
    }

    /// The suite that the peer chose exchanges keys on an elliptic curve.
    fn exchanges_on_a_curve(&self) -> bool {
        let hello = self.server_hellos.iter().flatten().next_back();
        let suite = hello.and_then(|hello| ServerHello::read(&hello.bytes).cipher);
        suite.is_some_and(|suite| suite.key_exchange() == KeyExchange::Ecdhe)
    }

    /// The peer's TLS has judged our answer to its CertificateRequest and went on: a server's Finished
    /// comes after that up to TLS 1.2, its session tickets do in TLS 1.3 (RFC 8446 section 4.6.1).
    pub fn certificate_was_accepted(&self) -> bool {
        let judged = match self.version {
            TLS13.. => NEW_SESSION_TICKET,
            _ => FINISHED,
        };
        let went_by = self.messages.iter().take(self.message_count);
        let after = went_by
            .rev()
            .take_while(|(sent, kind)| !(*sent && is_certificate(*kind)));
        after.copied().any(|message| message == (false, judged))
    }

    /// The version in use: what the library says when the handshake is done, before that what the
    /// peer's hello says.
    pub fn chosen_version(&self) -> Option<ProtocolVersion> {
        if self.version != 0 {
            return Some(ProtocolVersion(self.version));
        }
        let hello = self.server_hellos.iter().flatten().next_back()?;
        ServerHello::read(&hello.bytes).version
    }

    /// The last fatal alert in one direction.
    pub fn fatal_alert(&self, sent: bool) -> Option<RecordedAlert> {
        let version = self.chosen_version();
        let matching = |alert: &&RecordedAlert| alert.sent == sent && alert.is_fatal(version);
        self.alerts.iter().flatten().rev().find(matching).copied()
    }
}

fn store(slots: &mut [Option<Kept>; 2], message: &[u8]) {
    if let Some(slot) = slots.iter_mut().find(|slot| slot.is_none()) {
        *slot = Some(Kept::copy(message));
    }
}

fn is_certificate(kind: u8) -> bool {
    [CERTIFICATE, COMPRESSED_CERTIFICATE].contains(&kind)
}

/// An empty certificate_list is 3 zero bytes, after 1 byte of context in TLS 1.3
/// (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2). Compressed, an algorithm and the length of all that
/// come first (RFC 8879 section 4): OpenSSL from 3.2 on sends it so to a peer that takes it.
fn client_certificate_sent(message: &[u8]) -> ClientCertificateSent {
    match message {
        [CERTIFICATE, _, _, _, 0, 0, 0] | [CERTIFICATE, _, _, _, 0, 0, 0, 0] => {
            ClientCertificateSent::Empty
        }
        [COMPRESSED_CERTIFICATE, _, _, _, _, _, 0, 0, 4, ..] => ClientCertificateSent::Empty,
        _ => ClientCertificateSent::Certificate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(version: u16) -> Recorder {
        let mut recorder = Recorder::new(1);
        recorder.finished = true;
        recorder.version = version;
        recorder
    }

    #[test]
    fn only_the_first_application_data_received_lets_go() {
        let mut running = Recorder::new(1);
        assert!(!running.observe(false, RECORD_HEADER, &[23, 3, 3, 0, 50]));
        let mut tls12 = finished(0x0303);
        assert!(!tls12.observe(true, RECORD_HEADER, &[23, 3, 3, 0, 50]));
        assert!(!tls12.observe(false, RECORD_HEADER, &[21, 3, 3, 0, 2]));
        assert!(tls12.observe(false, RECORD_HEADER, &[23, 3, 3, 0, 50]));
        let mut tls13 = finished(0x0304);
        assert!(!tls13.observe(false, RECORD_HEADER, &[23, 3, 3, 0, 50]));
        assert!(!tls13.observe(false, INNER_CONTENT_TYPE, &[22]));
        assert!(!tls13.observe(true, INNER_CONTENT_TYPE, &[23]));
        assert!(tls13.observe(false, INNER_CONTENT_TYPE, &[23]));
    }

    #[test]
    fn messages_are_cut_and_counted_and_never_overflow() {
        let mut recorder = Recorder::new(1);
        let hello = vec![CLIENT_HELLO; MAX_MESSAGE + 7];
        for _ in 0..100 {
            recorder.observe(true, HANDSHAKE, &hello);
            recorder.observe(false, ALERT, &[1, 112]);
            recorder.observe(false, ALERT, &[1]);
            recorder.observe(false, HANDSHAKE, &[]);
        }
        let kept = recorder.client_hellos[0].as_ref().unwrap();
        assert_eq!(
            (kept.bytes.len(), kept.length),
            (MAX_MESSAGE, MAX_MESSAGE + 7)
        );
        assert_eq!(recorder.message_count, MAX_MESSAGES);
        assert!(!recorder.certificate_came(), "only hellos went by");
        assert_eq!(recorder.alerts.iter().flatten().count(), 4);
    }

    #[test]
    fn empty_client_certificates_of_both_versions_are_seen() {
        assert!(client_certificate_sent(&[11, 0, 0, 3, 0, 0, 0]) == ClientCertificateSent::Empty);
        assert!(
            client_certificate_sent(&[11, 0, 0, 4, 0, 0, 0, 0]) == ClientCertificateSent::Empty
        );
        assert!(
            client_certificate_sent(&[11, 0, 0, 4, 0, 0, 1, 0])
                == ClientCertificateSent::Certificate
        );
    }

    #[test]
    fn a_compressed_certificate_is_one() {
        let compressed = |length: [u8; 3]| {
            let mut message = vec![COMPRESSED_CERTIFICATE, 0, 0, 16, 0, 1];
            message.extend(length);
            message.extend([0, 0, 8, 0x78, 0x9c, 0, 0, 0, 0, 0, 0]);
            let mut recorder = finished(0x0304);
            recorder.observe(true, HANDSHAKE, &message);
            recorder.client_certificate
        };
        assert!(compressed([0, 3, 0x52]) == ClientCertificateSent::Certificate);
        assert!(compressed([0, 0, 4]) == ClientCertificateSent::Empty);
    }

    #[test]
    fn a_prime_is_no_curve() {
        // ServerHello of TLS 1.2 up to its suite, then ServerKeyExchange with `03 00` first: a
        // prime of 768 bytes, or the curve 0x00ff.
        let key_exchange = [12, 0, 0, 9, 3, 0, 0xff, 0, 0, 0, 0, 0, 0];
        for (suite, group) in [([0x00, 0x9e], 0), ([0xc0, 0x2f], 0x00ff)] {
            let mut hello = vec![SERVER_HELLO, 0, 0, 38, 3, 3];
            hello.extend([0; 33]);
            hello.extend(suite);
            hello.push(0);
            let mut recorder = Recorder::new(1);
            recorder.observe(false, HANDSHAKE, &hello);
            recorder.observe(false, HANDSHAKE, &key_exchange);
            assert_eq!(recorder.group, group, "{suite:x?}");
        }
    }

    #[test]
    fn a_certificate_is_accepted_by_what_only_follows_its_check() {
        let seen = |version, messages: &[(bool, u8)]| {
            let mut recorder = finished(version);
            for (sent, kind) in messages {
                recorder.observe(*sent, HANDSHAKE, &[*kind, 0, 0, 0]);
            }
            recorder.certificate_was_accepted()
        };
        let (ours, theirs) = ((true, CERTIFICATE), (false, FINISHED));
        assert!(seen(0x0303, &[ours, (true, FINISHED), theirs]));
        assert!(!seen(0x0303, &[theirs, ours]), "renegotiated");
        assert!(!seen(0x0304, &[theirs, ours, (true, FINISHED)]));
        assert!(seen(0x0304, &[theirs, ours, (false, NEW_SESSION_TICKET)]));
        let ours = (true, COMPRESSED_CERTIFICATE);
        assert!(!seen(0x0304, &[(false, NEW_SESSION_TICKET), ours]));
    }
}
