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
            match (HandshakeType(message.kind), message.from) {
                (HandshakeType::CLIENT_HELLO, _) => Self::ClientHello,
                (HandshakeType::SERVER_HELLO, _) if handshake.server_hello.is_none() => {
                    Self::HelloRetry
                }
                (HandshakeType::SERVER_HELLO | HandshakeType::ENCRYPTED_EXTENSIONS, _) => {
                    Self::ServerHello
                }
                (HandshakeType::CERTIFICATE | HandshakeType::CERTIFICATE_REQUEST, _) => {
                    Self::Certificate
                }
                (
                    HandshakeType::SERVER_KEY_EXCHANGE
                    | HandshakeType::SERVER_HELLO_DONE
                    | HandshakeType::CLIENT_KEY_EXCHANGE,
                    _,
                ) => Self::KeyExchange,
                (HandshakeType::FINISHED, _) => Self::Finished,
                _ => Self::Local,
            }
        });
        seen.max().unwrap_or(Self::Local)
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
}
