//! What a peer speaks that does not speak TLS, from its first five bytes.

/// A protocol told by how its servers begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainProtocol {
    /// `HTTP/`
    Http,
    /// `220`: SMTP and FTP greet alike
    MailOrFtp,
    /// `SSH-`
    Ssh,
    /// `+OK`
    Pop3,
    /// `* OK`
    Imap,
    /// `-ERR`
    Redis,
    /// A greeting of MySQL: packet 0 with protocol 10
    MySql,
    /// A one-letter answer of PostgreSQL
    PostgreSql,
    /// no TLS record, and nothing known
    Other,
}

impl PlainProtocol {
    /// `None` for nothing, and for what could be a TLS record (RFC 8446 section 5.1).
    pub(super) fn of(opening: &[u8]) -> Option<Self> {
        Some(match opening {
            [] | [20..=24, 3, ..] => return None,
            [b'H', b'T', b'T', b'P', ..] => Self::Http,
            [b'2', b'2', b'0', ..] => Self::MailOrFtp,
            [b'S', b'S', b'H', ..] => Self::Ssh,
            [b'+', b'O', b'K', ..] => Self::Pop3,
            [b'*', b' ', b'O', b'K', ..] => Self::Imap,
            [b'-', b'E', b'R', b'R', ..] => Self::Redis,
            [_, _, _, 0, 10] => Self::MySql,
            [b'E' | b'N', 0, 0, ..] => Self::PostgreSql,
            _ => Self::Other,
        })
    }

    /// What to call it in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Self::Http => "plain HTTP",
            Self::MailOrFtp => "plain SMTP or FTP",
            Self::Ssh => "SSH",
            Self::Pop3 => "plain POP3",
            Self::Imap => "plain IMAP",
            Self::Redis => "plain Redis",
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
        assert_eq!(PlainProtocol::of(b"HTTP/"), Some(PlainProtocol::Http));
        assert_eq!(PlainProtocol::of(b"220 m"), Some(PlainProtocol::MailOrFtp));
        assert_eq!(PlainProtocol::of(b"SSH-2"), Some(PlainProtocol::Ssh));
        assert_eq!(
            PlainProtocol::of(&[0x4a, 0, 0, 0, 10]),
            Some(PlainProtocol::MySql)
        );
        assert_eq!(PlainProtocol::of(b"<html"), Some(PlainProtocol::Other));
    }
}
