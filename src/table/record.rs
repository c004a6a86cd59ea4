//! The last good handshake of a server, in words that are written and read as one.

use std::sync::atomic::{fence, Ordering};

use super::layout::slot;
use super::words::Words;
use crate::capture::{Offer, OwnCertificate, PeerCertificate, Summary};
use crate::fixed::{Fingerprint, Text};

/// How often a reader tries again while somebody writes. It gives up, because the writer may have died.
const TRIES: usize = 16;

type Packed = [u64; slot::RECORD_WORDS];

/// Reads the record, and the number of its peer's certificate; `None` while there is none, or it is being
/// written.
pub(super) fn read(slot_words: Words<'_>) -> Option<(Summary, u64)> {
    if slot_words.get(slot::RECORD_KEY) == 0 {
        return None;
    }
    for _ in 0..TRIES {
        let before = slot_words.read(slot::SEQUENCE);
        if before % 2 == 1 {
            std::hint::spin_loop();
            continue;
        }
        let mut packed: Packed = [0; slot::RECORD_WORDS];
        for (at, word) in packed.iter_mut().enumerate() {
            *word = slot_words.get(slot::RECORD + at);
        }
        fence(Ordering::Acquire);
        if slot_words.get(slot::SEQUENCE) == before {
            let summary = Summary {
                time_ms: slot_words.get_i64(slot::RECORD_MS),
                ..unpack(&packed)
            };
            return Some((summary, packed.last().copied().unwrap_or(0)));
        }
    }
    None
}

/// Writes the record. The caller holds the lock; whoever held it before may have died here.
pub(super) fn write(slot_words: Words<'_>, summary: &Summary, leaf: u64, key: u64) {
    let sequence = slot_words.get(slot::SEQUENCE) | 1;
    slot_words.set(slot::SEQUENCE, sequence);
    fence(Ordering::Release);
    let mut packed = pack(summary);
    if let Some(last) = packed.last_mut() {
        *last = leaf;
    }
    for (at, word) in packed.into_iter().enumerate() {
        slot_words.set(slot::RECORD + at, word);
    }
    slot_words.set_i64(slot::RECORD_MS, summary.time_ms);
    slot_words.publish(slot::SEQUENCE, sequence.wrapping_add(1));
    slot_words.set(slot::RECORD_KEY, key);
}

const HAS_NAME: u8 = 1;
const HAS_OFFER: u8 = 2;
const HAS_OWN: u8 = 4;
const HAS_ALPN: u8 = 8;
const HAS_CERTIFICATE: u8 = 16;

/// Puts bytes one after the other.
struct Pen {
    packed: Packed,
    at: usize,
}

impl Pen {
    fn put(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(word) = self.packed.get_mut(self.at / 8) {
                *word |= u64::from(*byte) << (self.at % 8 * 8);
            }
            self.at += 1;
        }
    }

    /// A length, then as many bytes; always takes `room` bytes more.
    fn text(&mut self, bytes: &[u8], room: usize) {
        let end = self.at + 1 + room;
        let bytes = bytes.get(..room).unwrap_or(bytes);
        self.put(&[u8::try_from(bytes.len()).unwrap_or(0)]);
        self.put(bytes);
        self.at = end;
    }
}

/// Takes them again.
struct Eye<'a> {
    packed: &'a Packed,
    at: usize,
}

impl Eye<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            let word = self.packed.get(self.at / 8).copied().unwrap_or(0);
            *byte = word.to_le_bytes().get(self.at % 8).copied().unwrap_or(0);
            self.at += 1;
        }
        bytes
    }

    fn text<const N: usize>(&mut self) -> ([u8; N], usize) {
        let [length] = self.take();
        (self.take(), usize::from(length).min(N))
    }

    fn short_text<const N: usize>(&mut self) -> Text<N> {
        let (bytes, length) = self.text::<N>();
        Text::new(bytes.get(..length).unwrap_or_default())
    }

    fn fingerprint<const N: usize>(&mut self) -> Fingerprint<N> {
        let (bytes, length) = self.text::<N>();
        Fingerprint::new(bytes.get(..length).unwrap_or_default())
    }
}

fn pack(summary: &Summary) -> Packed {
    let has = |flag, present: bool| if present { flag } else { 0 };
    let flags = has(HAS_NAME, summary.server_name.is_some())
        | has(HAS_OFFER, summary.offer.is_some())
        | has(HAS_OWN, summary.client_certificate.is_some())
        | has(HAS_ALPN, summary.alpn.is_some())
        | has(HAS_CERTIFICATE, summary.certificate.is_some());
    let mut pen = Pen {
        packed: [0; slot::RECORD_WORDS],
        at: 0,
    };
    pen.put(&[flags]);
    pen.put(&summary.generation.to_le_bytes());
    pen.put(&summary.version.to_le_bytes());
    pen.put(&summary.cipher.to_le_bytes());
    pen.put(&summary.group.to_le_bytes());
    let offer = summary.offer.unwrap_or_default();
    pen.put(&[offer.versions]);
    for digest in [
        offer.ciphers,
        offer.groups,
        offer.signature_algorithms,
        offer.alpn,
    ] {
        pen.put(&digest.to_le_bytes());
    }
    pen.text(summary.location.as_str().as_bytes(), 48);
    pen.text(
        summary.server_name.unwrap_or_default().as_str().as_bytes(),
        64,
    );
    pen.text(summary.alpn.unwrap_or_default().as_str().as_bytes(), 16);
    if let Some(own) = &summary.client_certificate {
        pen.text(own.sha256.as_bytes(), 8);
        pen.put(&own.not_after.to_le_bytes());
    }
    if let Some(peer) = &summary.certificate {
        pen.text(peer.sha256.as_bytes(), 32);
        pen.text(peer.serial.as_bytes(), 20);
        pen.text(peer.issuer.as_str().as_bytes(), 96);
        pen.text(peer.key.as_str().as_bytes(), 16);
        pen.put(&peer.not_before.to_le_bytes());
        pen.put(&peer.not_after.to_le_bytes());
    }
    pen.packed
}

fn unpack(packed: &Packed) -> Summary {
    let mut eye = Eye { packed, at: 0 };
    let [flags] = eye.take();
    let has = |flag: u8| flags & flag != 0;
    let generation = u32::from_le_bytes(eye.take());
    let version = u16::from_le_bytes(eye.take());
    let cipher = u16::from_le_bytes(eye.take());
    let group = u16::from_le_bytes(eye.take());
    let [versions] = eye.take();
    let offer = Offer {
        versions,
        ciphers: u32::from_le_bytes(eye.take()),
        groups: u32::from_le_bytes(eye.take()),
        signature_algorithms: u32::from_le_bytes(eye.take()),
        alpn: u32::from_le_bytes(eye.take()),
    };
    let location = eye.short_text();
    let server_name = eye.short_text();
    let alpn = eye.short_text();
    let client_certificate = has(HAS_OWN).then(|| OwnCertificate {
        sha256: eye.fingerprint(),
        not_after: i64::from_le_bytes(eye.take()),
    });
    let certificate = has(HAS_CERTIFICATE).then(|| PeerCertificate {
        sha256: eye.fingerprint(),
        serial: eye.fingerprint(),
        issuer: eye.short_text(),
        key: eye.short_text(),
        not_before: i64::from_le_bytes(eye.take()),
        not_after: i64::from_le_bytes(eye.take()),
    });
    Summary {
        time_ms: 0,
        generation,
        location,
        server_name: has(HAS_NAME).then_some(server_name),
        offer: has(HAS_OFFER).then_some(offer),
        client_certificate,
        version,
        cipher,
        group,
        alpn: has(HAS_ALPN).then_some(alpn),
        certificate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64};

    /// Everything as long as it may be.
    fn longest() -> Summary {
        let long = "x".repeat(200);
        Summary {
            time_ms: 1_795_000_000_123,
            generation: u32::MAX,
            location: Text::from(long.as_str()),
            server_name: Some(Text::from(long.as_str())),
            offer: Some(Offer {
                versions: 255,
                ciphers: u32::MAX,
                groups: 1,
                signature_algorithms: 2,
                alpn: 3,
            }),
            client_certificate: Some(OwnCertificate {
                sha256: Fingerprint::new(&[7; 8]),
                not_after: -5,
            }),
            version: 0x0304,
            cipher: 0x1302,
            group: 0x11ec,
            alpn: Some(Text::from(long.as_str())),
            certificate: Some(PeerCertificate {
                sha256: Fingerprint::new(&[8; 32]),
                serial: Fingerprint::new(&[9; 20]),
                issuer: Text::from(long.as_str()),
                not_before: i64::MIN,
                not_after: i64::MAX,
                key: Text::from("ECDSA P-256"),
            }),
        }
    }

    fn memory() -> Vec<AtomicU64> {
        (0..256).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn a_summary_survives_in_words() {
        let memory = memory();
        let words = Words(&memory);
        assert_eq!(read(words), None);
        for summary in [longest(), Summary::default()] {
            write(words, &summary, 7, 1);
            assert_eq!(read(words), Some((summary, 7)));
        }
        let mut last = longest();
        last.certificate.as_mut().unwrap().not_after = 0x0102_0304_0506_0708;
        write(words, &last, u64::MAX, 1);
        assert_eq!(
            read(words),
            Some((last, u64::MAX)),
            "the last field is within the record"
        );
    }

    #[test]
    fn a_writer_that_died_blocks_nobody_and_is_followed() {
        let memory = memory();
        let words = Words(&memory);
        write(words, &longest(), 7, 1);
        words.set(slot::SEQUENCE, 3);
        assert_eq!(read(words), None);
        write(words, &Summary::default(), 8, 1);
        assert_eq!(read(words), Some((Summary::default(), 8)));
    }

    /// What is read is always one of the two that are written, never a mixture.
    #[test]
    fn nobody_reads_half_a_record() {
        let memory = memory();
        let words = Words(&memory);
        let (one, other) = (longest(), Summary::default());
        write(words, &one, 7, 1);
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..1_000_000 {
                    write(words, &other, 8, 1);
                    write(words, &one, 7, 1);
                    std::thread::yield_now();
                    if is_done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
            let mut seen = 0;
            for _ in 0..1_000_000 {
                if let Some((read, leaf)) = read(words) {
                    let without_time = |summary| Summary {
                        time_ms: 0,
                        ..summary
                    };
                    let read = without_time(read);
                    let read = (read, leaf);
                    assert!(read == (without_time(one), 7) || read == (other, 8));
                    seen += 1;
                }
                if seen == 1000 {
                    break;
                }
                std::thread::yield_now();
            }
            is_done.store(true, Ordering::Relaxed);
            assert!(seen > 0);
        });
    }
}
