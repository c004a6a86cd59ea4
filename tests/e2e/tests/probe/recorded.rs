//! A peer that keeps the ClientHello of every connection and refuses it.

use std::sync::{Arc, Mutex};

use tlsdiag_e2e::peers::scripted::{close_gently, read_record, start_with};
use tlsdiag_e2e::peers::Peer;

pub(crate) struct Recorded {
    peer: Peer,
    hellos: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Recorded {
    pub(crate) fn start() -> Recorded {
        let hellos = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&hellos);
        let peer = start_with(move |mut stream| {
            let record = read_record(&mut stream);
            kept.lock().unwrap().push(record);
            // handshake_failure
            let _ = std::io::Write::write_all(&mut stream, &[21, 3, 3, 0, 2, 2, 40]);
            close_gently(&stream);
        });
        Recorded { peer, hellos }
    }

    pub(crate) fn port(&self) -> u16 {
        self.peer.port()
    }

    /// The hellos since the last call, whole records.
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.hellos.lock().unwrap())
    }
}

/// A record with a ClientHello, without what is random in it: random, session id, key shares.
pub(crate) fn without_chance(record: &[u8]) -> Vec<u8> {
    /// Record header, handshake header, version.
    const RANDOM: usize = 5 + 4 + 2;
    const KEY_SHARE: [u8; 2] = [0, 51];
    let mut plain = record.to_vec();
    assert_eq!((plain[0], plain[5]), (22, 1), "no ClientHello");
    plain[RANDOM..RANDOM + 32].fill(0);
    let session = RANDOM + 32;
    let length = usize::from(plain[session]);
    plain[session + 1..session + 1 + length].fill(0);
    let number =
        |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let suites = session + 1 + length;
    let compression = suites + 2 + number(&plain, suites);
    let mut at = compression + 1 + usize::from(plain[compression]) + 2;
    while at + 4 <= plain.len() {
        let length = number(&plain, at + 2);
        if plain[at..at + 2] == KEY_SHARE {
            let (mut entry, end) = (at + 6, at + 4 + length);
            while entry < end {
                let key = number(&plain, entry + 2);
                plain[entry + 4..entry + 4 + key].fill(0);
                entry += 4 + key;
            }
        }
        at += 4 + length;
    }
    plain
}
