//! Whether two handshakes went alike, without a diagnosis of either.

use super::{ClientCertificateSent, Kept, RecordedAlert, Recorder};

/// Numbers of a handshake that take part.
const NUMBERS: usize = 15;
/// Where a ServerHello's random begins and ends (RFC 8446 section 4.1.3, after the message's header).
const RANDOM: core::ops::Range<usize> = 6..38;

impl Recorder {
    /// A number that differs, for all that matters, where two handshakes with one configuration went
    /// differently: of what was negotiated, which messages and alerts went by, what the peer said in its
    /// hello and asked for, and the error. Of our own hello only the length takes part: the configuration
    /// and the name that it was made with are the caller's to compare. `digest` makes one number of bytes.
    pub fn likeness(&self, digest: impl Fn(&[&[u8]]) -> u64) -> u64 {
        let numbers = self.numbers().map(u64::to_le_bytes);
        let mut messages = [0; 2 * super::MAX_MESSAGES];
        let count = self.message_count.min(super::MAX_MESSAGES);
        let went_by = self.messages.iter().take(count);
        for (to, (sent, kind)) in messages.chunks_exact_mut(2).zip(went_by) {
            to.copy_from_slice(&[u8::from(*sent), *kind]);
        }
        let mut alerts = [0; 16];
        for (to, alert) in alerts.chunks_exact_mut(4).zip(self.alerts) {
            to.copy_from_slice(&alert.map_or([0; 4], alert_bytes));
        }
        let [first, second] = &self.server_hellos;
        let request = self.certificate_request.as_ref();
        digest(&[
            numbers.as_flattened(),
            messages.get(..2 * count).unwrap_or_default(),
            &alerts,
            lasting(first.as_ref()),
            lasting(second.as_ref()),
            request.map_or(&[][..], |request| &request.bytes),
            &self.alpn,
        ])
    }

    fn numbers(&self) -> [u64; NUMBERS] {
        let length = |kept: &Option<Kept>| kept.as_ref().map_or(0, |kept| kept.length as u64 + 1);
        let [hello, again] = &self.client_hellos;
        let [theirs, second] = &self.server_hellos;
        let [a, b, c, d, e] = self.first_bytes;
        let [version, cipher, group] = [self.version, self.cipher, self.group].map(u64::from);
        let flags = [self.finished, self.sent_data, self.resumed, self.verifies];
        let flags = flags
            .iter()
            .fold(0, |bits, flag| bits << 1 | u64::from(*flag));
        let error = self.error.as_ref();
        [
            version,
            cipher,
            group,
            flags,
            match self.client_certificate {
                ClientCertificateSent::Nothing => 0,
                ClientCertificateSent::Empty => 1,
                ClientCertificateSent::Certificate => 2,
            },
            self.message_count as u64,
            u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]),
            self.first_bytes_length as u64,
            length(hello),
            length(again),
            length(theirs),
            length(second),
            length(&self.certificate_request),
            error.map_or(0, |error| error.code),
            error.map_or(0, |error| {
                let word = |number: i32| u64::from(u32::from_le_bytes(number.to_le_bytes()));
                word(error.ssl_error) << 32 | word(error.errno) | 1 << 63
            }),
        ]
    }
}

fn alert_bytes(alert: RecordedAlert) -> [u8; 4] {
    let flags = u8::from(alert.sent) << 1 | u8::from(alert.after_finished) << 2 | 1;
    [flags, alert.level, alert.code, 0]
}

/// What a hello says after its random.
fn lasting(hello: Option<&Kept>) -> &[u8] {
    let bytes = hello.map_or(&[][..], |hello| &hello.bytes);
    bytes.get(RANDOM.end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::HandshakeError;

    fn kept(bytes: &[u8]) -> Option<Kept> {
        Some(Kept {
            bytes: bytes.to_vec(),
            length: bytes.len(),
        })
    }

    fn recorder() -> Recorder {
        let mut recorder = Recorder::new(7);
        recorder.server_hellos = [kept(&[2; 60]), None];
        recorder
    }

    /// Keeps all bytes apart.
    fn likeness(recorder: &Recorder) -> u64 {
        recorder.likeness(|parts| {
            let bytes = parts
                .iter()
                .flat_map(|part| part.iter().copied().chain([1]));
            bytes.fold(7, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        })
    }

    #[test]
    fn whatever_differs_is_seen() {
        let alert = RecordedAlert {
            sent: false,
            level: 2,
            code: 40,
            after_finished: false,
        };
        let error = HandshakeError {
            ssl_error: 1,
            code: 0x0a00_0410,
            library: 20,
            reason: 1040,
            errno: 0,
        };
        let changes: [fn(&mut Recorder, RecordedAlert, HandshakeError); 18] = [
            |one, _, _| one.version = 0x0303,
            |one, _, _| one.cipher = 0x1301,
            |one, _, _| one.group = 29,
            |one, _, _| one.finished = true,
            |one, _, _| one.sent_data = true,
            |one, _, _| one.resumed = true,
            |one, _, _| one.verifies = true,
            |one, _, _| one.client_certificate = ClientCertificateSent::Empty,
            |one, _, _| one.message_count = 1,
            |one, _, _| one.first_bytes_length = 5,
            |one, _, _| one.first_bytes = *b"HTTP/",
            |one, _, _| one.client_hellos = [kept(&[1; 99]), None],
            |one, _, _| one.server_hellos = [kept(&[2; 61]), None],
            |one, _, _| one.certificate_request = kept(&[13; 9]),
            |one, _, _| one.alpn = b"h2".to_vec(),
            |one, alert, _| one.alerts = [Some(alert), None, None, None],
            |one, alert, _| {
                one.alerts = [
                    Some(RecordedAlert {
                        sent: true,
                        ..alert
                    }),
                    None,
                    None,
                    None,
                ]
            },
            |one, _, error| one.error = Some(error),
        ];
        let mut seen = vec![likeness(&recorder())];
        for (place, change) in changes.iter().enumerate() {
            let mut changed = recorder();
            change(&mut changed, alert, error);
            let number = likeness(&changed);
            assert!(!seen.contains(&number), "change {place}");
            seen.push(number);
        }
    }

    #[test]
    fn what_is_drawn_anew_each_time_does_not_count() {
        let mut other = recorder();
        other.started_ns = 8;
        other.bytes_received = 77;
        let mut bytes = [2; 60];
        bytes[RANDOM].fill(9);
        other.server_hellos = [kept(&bytes), None];
        assert_eq!(likeness(&other), likeness(&recorder()));
        bytes[RANDOM.end] = 9;
        other.server_hellos = [kept(&bytes), None];
        assert_ne!(likeness(&other), likeness(&recorder()));
    }
}
