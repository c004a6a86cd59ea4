//! From a [`Recorder`] to the handshake of a recording.

use super::{AlertSeen, Bytes, Captured, Direction, Handshake, Kept, MessageSeen, Recorder};
use crate::text::bounded;
use crate::wire::is_hello_retry_request;

impl Recorder {
    /// What crossed the wire until now (CLOCK_MONOTONIC, nanoseconds). The caller adds the certificates and
    /// for whom the session was made: the recorder does not have them.
    pub fn handshake(&self, now_ns: u64) -> Handshake {
        let mut hellos = self.server_hellos.iter().flatten().map(captured);
        let first = hellos.next();
        let (hello_retry_request, server_hello) = match first {
            Some(first) if is_hello_retry_request(&first.bytes.0) => (Some(first), hellos.next()),
            first => (None, first),
        };
        let known = |value: u16| (value != 0).then_some(value);
        let messages = self.messages.iter().take(self.message_count);
        let alerts = self.alerts.iter().flatten();
        let first_bytes = self.first_bytes.iter().take(self.first_bytes_length);
        Handshake {
            client_hellos: self.client_hellos.iter().flatten().map(captured).collect(),
            hello_retry_request,
            server_hello,
            certificate_request: self.certificate_request.as_ref().map(captured),
            messages: messages
                .map(|(sent, kind)| MessageSeen {
                    from: direction(*sent),
                    kind: *kind,
                })
                .collect(),
            alerts: alerts
                .map(|alert| AlertSeen {
                    from: direction(alert.sent),
                    level: alert.level,
                    code: alert.code,
                    after_finished: alert.after_finished,
                })
                .collect(),
            first_bytes: Bytes(first_bytes.copied().collect()),
            bytes_sent: self.bytes_sent,
            bytes_received: self.bytes_received,
            finished: self.finished,
            version: known(self.version),
            cipher: known(self.cipher),
            group: known(self.group),
            alpn: (!self.alpn.is_empty()).then(|| bounded(&self.alpn).into()),
            resumed: self.finished.then_some(self.resumed),
            duration_ns: now_ns.saturating_sub(self.started_ns),
            ..Handshake::default()
        }
    }
}

fn direction(sent: bool) -> Direction {
    match sent {
        true => Direction::Sent,
        false => Direction::Received,
    }
}

fn captured(kept: &Kept) -> Captured {
    Captured {
        bytes: Bytes(kept.bytes.clone()),
        length: u32::try_from(kept.length).unwrap_or(u32::MAX),
    }
}
