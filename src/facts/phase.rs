//! How far a handshake came.

use crate::capture::{Direction, Handshake};
use crate::registry::HandshakeType;

/// The last thing that happened on the way through the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// nothing was sent
    Local,
    /// our hello went out, nothing of the peer's came
    ClientHello,
    /// the peer asked for another hello
    HelloRetry,
    /// the peer's hello came
    ServerHello,
    /// the peer's certificate or its request for ours came
    Certificate,
    /// keys were being exchanged (TLS 1.2 and below)
    KeyExchange,
    /// one side sent Finished
    Finished,
    /// our side was done
    Established,
    /// another handshake on an established connection (TLS 1.2 and below)
    Renegotiation,
    /// the upstream answered in HTTP
    Response,
}

impl Phase {
    /// Follows the messages of a handshake.
    pub fn of(handshake: &Handshake) -> Self {
        if handshake.finished {
            let requests = handshake.messages.iter().filter(|message| {
                HandshakeType(message.kind) == HandshakeType::HELLO_REQUEST
                    && message.from == Direction::Received
            });
            return if requests.count() > 0 {
                Self::Renegotiation
            } else {
                Self::Established
            };
        }
        let seen = handshake.messages.iter().map(|message| {
            // Both are of type 2; the recorder told them apart.
            let only_retry =
                handshake.server_hello.is_none() && handshake.hello_retry_request.is_some();
            match HandshakeType(message.kind) {
                HandshakeType::CLIENT_HELLO => Self::ClientHello,
                HandshakeType::SERVER_HELLO if only_retry => Self::HelloRetry,
                HandshakeType::SERVER_HELLO | HandshakeType::ENCRYPTED_EXTENSIONS => {
                    Self::ServerHello
                }
                HandshakeType::CERTIFICATE
                | HandshakeType::COMPRESSED_CERTIFICATE
                | HandshakeType::CERTIFICATE_REQUEST
                | HandshakeType::CERTIFICATE_STATUS
                | HandshakeType::CERTIFICATE_VERIFY => Self::Certificate,
                HandshakeType::SERVER_KEY_EXCHANGE
                | HandshakeType::SERVER_HELLO_DONE
                | HandshakeType::CLIENT_KEY_EXCHANGE => Self::KeyExchange,
                HandshakeType::FINISHED => Self::Finished,
                _ => Self::Local,
            }
        });
        // The messages kept say the least of it, should the list be missing or cut.
        let kept = [
            (!handshake.client_hellos.is_empty(), Self::ClientHello),
            (handshake.hello_retry_request.is_some(), Self::HelloRetry),
            (handshake.server_hello.is_some(), Self::ServerHello),
            (handshake.certificate_request.is_some(), Self::Certificate),
        ];
        let kept = kept
            .into_iter()
            .filter_map(|(there, phase)| there.then_some(phase));
        seen.chain(kept).max().unwrap_or(Self::Local)
    }

    /// The name in reports; a contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::ClientHello => "client_hello",
            Self::HelloRetry => "hello_retry",
            Self::ServerHello => "server_hello",
            Self::Certificate => "certificate",
            Self::KeyExchange => "key_exchange",
            Self::Finished => "finished",
            Self::Established => "established",
            Self::Renegotiation => "renegotiation",
            Self::Response => "response",
        }
    }

    /// Where it stopped, as half a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Local => "before the ClientHello",
            Self::ClientHello => "right after the ClientHello",
            Self::HelloRetry => "after its HelloRetryRequest",
            Self::ServerHello => "after its ServerHello",
            Self::Certificate => "after its certificate",
            Self::KeyExchange => "during the key exchange",
            Self::Finished => "at the end of the handshake",
            Self::Established => "after the handshake",
            Self::Renegotiation => "during a renegotiation",
            Self::Response => "in its answer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Captured, MessageSeen};

    #[test]
    fn the_furthest_message_names_the_phase() {
        let message = |from, kind| MessageSeen { from, kind };
        let mut handshake = Handshake::default();
        assert_eq!(Phase::of(&handshake), Phase::Local);
        handshake.messages.push(message(Direction::Sent, 1));
        assert_eq!(Phase::of(&handshake), Phase::ClientHello);
        handshake.messages.push(message(Direction::Received, 2));
        handshake.hello_retry_request = Some(Captured::default());
        assert_eq!(Phase::of(&handshake), Phase::HelloRetry);
        handshake.server_hello = Some(Captured::default());
        assert_eq!(Phase::of(&handshake), Phase::ServerHello);
        handshake.messages.push(message(Direction::Received, 13));
        handshake.messages.push(message(Direction::Sent, 11));
        assert_eq!(Phase::of(&handshake), Phase::Certificate);
        handshake.finished = true;
        assert_eq!(Phase::of(&handshake), Phase::Established);
        handshake.messages.push(message(Direction::Received, 0));
        assert_eq!(Phase::of(&handshake), Phase::Renegotiation);
    }

    #[test]
    fn what_was_kept_counts_without_a_list_of_messages() {
        let mut handshake = Handshake {
            client_hellos: vec![Captured::default()],
            ..Handshake::default()
        };
        assert_eq!(Phase::of(&handshake), Phase::ClientHello);
        handshake.certificate_request = Some(Captured::default());
        assert_eq!(Phase::of(&handshake), Phase::Certificate);
    }

    #[test]
    fn a_hello_that_was_not_kept_is_no_retry() {
        let from = Direction::Received;
        let mut handshake = Handshake::default();
        handshake.messages.push(MessageSeen { from, kind: 2 });
        assert_eq!(Phase::of(&handshake), Phase::ServerHello);
        handshake.messages.push(MessageSeen { from, kind: 25 });
        assert_eq!(Phase::of(&handshake), Phase::Certificate);
        handshake.messages.push(MessageSeen { from, kind: 12 });
        assert_eq!(Phase::of(&handshake), Phase::KeyExchange);
        handshake.messages.push(MessageSeen { from, kind: 20 });
        assert_eq!(Phase::of(&handshake), Phase::Finished);
        handshake.messages.push(MessageSeen { from, kind: 200 });
        assert_eq!(Phase::of(&handshake), Phase::Finished);
    }
}
