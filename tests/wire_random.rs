//! No bytes and no recording, however broken, stop the reader: a worker of nginx runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails should stop"
)]

mod messages;

use messages::{message, names};
use tlsdiag::capture::{AlertSeen, Bytes, Captured, Direction, EndingKind, MessageSeen, Recording};
use tlsdiag::facts::Facts;
use tlsdiag::wire::{
    distinguished_name, is_hello_retry_request, CertificateRequest, ClientHello, ServerHello,
};

/// xorshift64: the same numbers in every run, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[1]
    }

    fn bytes(&mut self, longest: usize) -> Vec<u8> {
        (0..self.below(longest)).map(|_| self.byte()).collect()
    }

    /// A real message with a few bytes changed, inserted, removed, repeated or cut off.
    fn broken(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.byte()),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 => bytes.extend_from_within(at..),
                // Lengths live on the extremes.
                4 if at < bytes.len() => bytes[at] = [0, 0xff, 0x80, 0x7f][self.below(4)],
                _ if at < bytes.len() => bytes[at] = self.byte(),
                _ => {}
            }
            bytes.truncate(20_000);
        }
        bytes
    }
}

fn corpus() -> Vec<Vec<u8>> {
    names("").iter().map(|name| message(name)).collect()
}

fn read_all(bytes: &[u8]) {
    let hello = ClientHello::read(bytes);
    assert!(hello.ciphers.len() <= bytes.len() / 2);
    assert!(hello.alpn.len() <= bytes.len() / 2);
    ServerHello::read(bytes);
    is_hello_retry_request(bytes);
    for tls13 in [false, true] {
        let request = CertificateRequest::read(bytes, tls13);
        assert!(request.authorities.len() <= 256);
        for name in request.authorities {
            shown(name);
        }
    }
    shown(bytes);
}

/// A name is at most 8 attributes of 64 bytes and their labels.
fn shown(der: &[u8]) {
    let name = distinguished_name(der).unwrap_or_default();
    assert!(name.len() <= 8 * 800, "{} bytes", name.len());
}

#[test]
fn no_bytes_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let corpus = corpus();
    for _ in 0..20_000 {
        read_all(&random.broken(&corpus));
        read_all(&random.bytes(300));
    }
}

#[test]
fn no_name_panics() {
    // One attribute: SEQUENCE { SET { SEQUENCE { OID 2.5.4.3, UTF8String "ab" } } }
    let name = vec![
        0x30, 0x0d, 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x02, 0x61, 0x62,
    ];
    assert_eq!(distinguished_name(&name).as_deref(), Some("CN=ab"));
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let corpus = [name];
    for _ in 0..50_000 {
        shown(&random.broken(&corpus));
    }
}

/// Nesting costs nothing: the parser looks at a fixed number of levels.
#[test]
fn deep_nesting_is_refused_at_once() {
    let mut der = vec![0x0c, 0x00];
    for _ in 0..3000 {
        let [high, low] = u16::try_from(der.len()).unwrap().to_be_bytes();
        der = [&[0x30, 0x82, high, low], der.as_slice()].concat();
    }
    assert_eq!(distinguished_name(&der), None);
}

#[test]
fn no_recording_panics_and_every_line_keeps_its_bounds() {
    const ENDINGS: [EndingKind; 8] = [
        EndingKind::Error,
        EndingKind::Eof,
        EndingKind::Reset,
        EndingKind::Timeout,
        EndingKind::ChainRejected,
        EndingKind::NameRejected,
        EndingKind::LateAlert,
        EndingKind::LateClose,
    ];
    let mut random = Random(0xd1b5_4a32_d192_ed03);
    let corpus = corpus();
    let blank = r#"{"format":1,"environment":{"nginx":1022001,"openssl":805306672,"time_ms":0,
        "pid":1},"ending":{"kind":"error"}}"#;
    for _ in 0..4000 {
        let mut recording = Recording::from_json(blank).unwrap();
        let direction = |random: &mut Random| match random.below(2) {
            0 => Direction::Sent,
            _ => Direction::Received,
        };
        let captured = |random: &mut Random| {
            let bytes = random.broken(&corpus);
            Captured {
                length: u32::try_from(bytes.len()).unwrap(),
                bytes: Bytes(bytes),
            }
        };
        let handshake = &mut recording.handshake;
        let hellos = random.below(3);
        handshake.client_hellos = (0..hellos).map(|_| captured(&mut random)).collect();
        handshake.server_hello = (random.below(2) == 0).then(|| captured(&mut random));
        handshake.hello_retry_request = (random.below(4) == 0).then(|| captured(&mut random));
        handshake.certificate_request = (random.below(3) == 0).then(|| captured(&mut random));
        for _ in 0..random.below(8) {
            handshake.messages.push(MessageSeen {
                from: direction(&mut random),
                kind: random.byte() % 30,
            });
        }
        for _ in 0..random.below(4) {
            handshake.alerts.push(AlertSeen {
                from: direction(&mut random),
                level: random.byte() % 3,
                code: random.byte() % 128,
                after_finished: random.below(2) == 0,
            });
        }
        handshake.opening = Bytes(random.bytes(6));
        handshake.finished = random.below(2) == 0;
        handshake.version = (random.below(2) == 0).then(|| 0x0300 | u16::from(random.byte() % 6));
        recording.ending.kind = ENDINGS[random.below(ENDINGS.len())];
        let hostile = random.bytes(80);
        recording.context.upstream = Some(String::from_utf8_lossy(&hostile).into_owned().into());
        recording.settings.upstream_block = [None, Some(false), Some(true)][random.below(3)];

        let facts = Facts::of(&recording);
        let diagnosis = tlsdiag::diagnose(&facts);
        let line = tlsdiag::report::line(&diagnosis, &facts);
        assert!(line.len() <= 900, "{line}");
        assert!(
            line.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{line}"
        );
        // The recording's own text is the same after a round trip.
        let text = serde_json::to_string(&recording).unwrap();
        assert_eq!(Recording::from_json(&text).unwrap(), recording);
    }
}
