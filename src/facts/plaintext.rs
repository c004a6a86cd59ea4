//! What a peer speaks that does not speak TLS, from its first five bytes.

/// A protocol, recognised by the first bytes its servers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainProtocol {
    /// `HTTP/`, or a page without a status line
    Http,
    /// A SETTINGS frame: HTTP/2 (gRPC, too) without TLS
    Http2,
    /// `220`, `421`, `554`: SMTP and FTP greet alike
    MailOrFtp,
    /// `SSH-`
    Ssh,
    /// `+OK`
    Pop3,
    /// `* OK`
    Imap,
    /// `-ERR`
    Redis,
    /// `ERROR`
    Memcached,
    /// `AMQP`
    Amqp,
    /// A message of LDAP: a sequence that starts with a message number
    Ldap,
    /// A greeting of MySQL: packet 0 with protocol 10, or an error
    MySql,
    /// An error or notice of PostgreSQL, or its `N` to whoever asks for TLS
    PostgreSql,
    /// no TLS record, and nothing known
    Other,
}

impl PlainProtocol {
    /// `None` for nothing, and for what could be (the start of) a TLS record (RFC 8446 section 5.1).
    pub(super) fn of(first_bytes: &[u8]) -> Option<Self> {
        Some(match first_bytes {
            [] | [20..=24] | [20..=24, 3, ..] => return None,
            [b'H', b'T', b'T', b'P', ..] | [b'<', b'h' | b'H' | b'!', ..] => Self::Http,
            // Length 0 to 255 in 24 bits, type SETTINGS, no flags (RFC 9113 section 4.1).
            [0, 0, _, 4, 0] => Self::Http2,
            [b'2', b'2', b'0', ..] | [b'4' | b'5', b'0'..=b'5', b'0'..=b'9', b' ' | b'-', ..] => {
                Self::MailOrFtp
            }
            [b'S', b'S', b'H', b'-', ..] => Self::Ssh,
            [b'+', b'O', b'K', ..] => Self::Pop3,
            [b'*', b' ', b'O', b'K', ..] => Self::Imap,
            [b'-', b'E', b'R', b'R', ..] => Self::Redis,
            [b'E', b'R', b'R', b'O', b'R'] => Self::Memcached,
            [b'A', b'M', b'Q', b'P', ..] => Self::Amqp,
            [0x30, _, 2, 1, _] => Self::Ldap,
            [_, _, 0, 0, 10 | 0xff] => Self::MySql,
            [b'N'] | [b'E' | b'N', 0, 0, ..] | [b'E', b'F', b'A', b'T', b'A'] => Self::PostgreSql,
            _ => Self::Other,
        })
    }

    /// What to call it in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Http => "plain HTTP",
            Self::Http2 => "plain HTTP/2",
            Self::MailOrFtp => "plain SMTP or FTP",
            Self::Ssh => "SSH",
            Self::Pop3 => "plain POP3",
            Self::Imap => "plain IMAP",
            Self::Redis => "plain Redis",
            Self::Memcached => "Memcached",
            Self::Amqp => "AMQP",
            Self::Ldap => "plain LDAP",
            Self::MySql => "MySQL",
            Self::PostgreSql => "PostgreSQL",
            Self::Other => "something that is not TLS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_not_plaintext_and_greetings_are() {
        assert_eq!(PlainProtocol::of(&[]), None);
        assert_eq!(PlainProtocol::of(&[21, 3, 3, 0, 2]), None);
        assert_eq!(
            PlainProtocol::of(&[21, 3, 99, 0, 2]),
            None,
            "odd minor versions exist"
        );
        assert_eq!(PlainProtocol::of(&[22]), None, "the start of a record");
        let known = [
            (&b"HTTP/"[..], PlainProtocol::Http),
            (b"<html", PlainProtocol::Http),
            (b"<!DOC", PlainProtocol::Http),
            (&[0, 0, 18, 4, 0], PlainProtocol::Http2),
            (b"220 m", PlainProtocol::MailOrFtp),
            (b"220-m", PlainProtocol::MailOrFtp),
            (b"421 s", PlainProtocol::MailOrFtp),
            (b"554-n", PlainProtocol::MailOrFtp),
            (b"SSH-2", PlainProtocol::Ssh),
            (b"+OK p", PlainProtocol::Pop3),
            (b"* OK ", PlainProtocol::Imap),
            (b"-ERR ", PlainProtocol::Redis),
            (b"ERROR", PlainProtocol::Memcached),
            (b"AMQP\0", PlainProtocol::Amqp),
            (&[0x30, 0x24, 2, 1, 0], PlainProtocol::Ldap),
            (&[0x4a, 0, 0, 0, 10], PlainProtocol::MySql),
            (&[0x45, 0, 0, 0, 0xff], PlainProtocol::MySql),
            (b"E\0\0\0\x65", PlainProtocol::PostgreSql),
            (b"EFATA", PlainProtocol::PostgreSql),
            (b"5", PlainProtocol::Other),
            (&[22, 2, 0, 0, 1], PlainProtocol::Other),
            (&[0x80, 0x2e, 1, 3, 1], PlainProtocol::Other),
        ];
        for (first_bytes, protocol) in known {
            assert_eq!(
                PlainProtocol::of(first_bytes),
                Some(protocol),
                "{first_bytes:02x?}"
            );
        }
    }
}
